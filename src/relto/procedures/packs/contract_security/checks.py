"""The checks of a contract security specification: its items against each other, the register, the prime contract.

Rules enforced here (needs.md N-05; 32 CFR 117.9(a), 117.13(d), 117.17, 117.19(b)(5)):
 1. The clearance asked for is the level of the work, no lower and no higher; safeguarding is at most the clearance;
    what the contractor will do agrees with whether it keeps material.
 2. Each facility is known to its authority, cleared for the work where access comes before the award, and may store
    what is kept there.
 3. A contract with a contractor abroad, or with foreign information, carries every clause of its clause set, with the
    blank on disposition filled. The books of the nations concerned decide; the other nation's rule never stops it.
 4. Foreign information reaches a third country, or a contractor under a third country's control, only with the
    originating government's written consent.
 5. A subcontract is compared with its prime contract (`flow_down`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import DossierKnown, Known
from relto.procedures.packs.contract_security.clauses import DISPOSITION, ClauseSets, shipped_clause_sets
from relto.procedures.packs.contract_security.flow_down import flow_down_difference

Answers = Mapping[str, Any]
CODE: Final = "contract_security"
FOREIGN: Final = "foreign_government_information"
RESTRICTED: Final = "restricted"
LETS_SUBCONTRACTS: Final = frozenset({"pre_contract", "awarded", "performance"})
KEEPS: Final = ("receive", "generate", "fabricate")
SIGNS: Final = frozenset({Role.SECURITY_OFFICER, Role.RELEASE_OFFICER})


def check(answers: Answers, known: Known) -> list[Finding]:
    """Everything that can be told of the form as it stands."""
    return check_under(answers, known, shipped_clause_sets())


def check_under(answers: Answers, known: Known, sets: ClauseSets) -> list[Finding]:
    """The same under other clause sets than those that ship."""
    return [
        *_dates(answers, known),
        *_levels(answers, known),
        *_work(answers),
        *_parties(answers, known),
        *_facilities(answers, known),
        *_consent(answers, known),
        *_guidance(answers, known),
        *_clauses(answers, known, sets),
        *_signature(answers, known),
        *_prime(answers, known, sets),
    ]


def concerned(answers: Answers, known: Known) -> frozenset[str]:
    """The nations whose rule books count: the own one, and the contractor's where it is a party."""
    partner = answers.get("partner")
    return frozenset({str(known.nation), *([str(partner)] if partner else [])})


def facilities_of(answers: Answers) -> Iterator[tuple[str, str, bool]]:
    """(path, facility, whether material is kept there): the contractor's, then each place of performance."""
    if "contractor" in answers:
        yield "contractor", answers["contractor"], False
    for number, row in enumerate(answers.get("places", ())):
        if "facility" in row:
            yield f"places/{number}/facility", row["facility"], row.get("kept_there", False)


def is_elsewhere(answers: Answers, known: Known) -> bool:
    """Whether the contractor is in a country that is no party."""
    country = answers.get("contractor_country")
    return country is not None and Nation(country) not in known.parties


def _found(what: str, path: str, **values: Any) -> Finding:
    return founded(CODE).found(what, path, **values)


def _dates(answers: Answers, known: Known) -> Iterator[Finding]:
    if "starts_on" in answers and answers.get("ends_on", answers["starts_on"]) < answers["starts_on"]:
        yield _found("ends_before_start", "ends_on")
    if answers.get("consented_on", "") > known.today(known.nation).isoformat():
        yield _found("consent_later", "consented_on")
    if answers.get("dealings_outside") and "dealings_reported_on" not in answers:
        yield _found("dealings_not_reported", "dealings_reported_on", nations=concerned(answers, known))


def _levels(answers: Answers, known: Known) -> Iterator[Finding]:
    given = {
        code: answers[code] for code in ("level_needed", "clearance_needed", "safeguarding_needed") if code in answers
    }
    unknown = [code for code, level in given.items() if not known.levels.known(level)]
    for code in unknown:
        yield _found("unknown_level", code, level=given[code])
    if unknown:
        return
    needed, asked = given.get("level_needed"), given.get("clearance_needed")
    if needed and asked:
        if not known.levels.covers(asked, needed):
            yield _found("clearance_below_need", "clearance_needed", asked=asked, needed=needed)
        elif not known.levels.covers(needed, asked):
            yield _found("clearance_above_need", "clearance_needed", asked=asked, needed=needed)
    stored = given.get("safeguarding_needed")
    if stored and asked and not known.levels.covers(asked, stored):
        yield _found("safeguarding_above_clearance", "safeguarding_needed", safeguarding=stored, clearance=asked)


def _work(answers: Answers) -> Iterator[Finding]:
    performance = answers.get("performance", ())
    stores, keeping = answers.get("stores"), [work for work in KEEPS if work in performance]
    if stores is False and keeping:
        yield _found("work_needs_storage", "performance", work=keeping[0])
    if stores and performance and set(performance) <= {"access_elsewhere", "services_only"}:
        yield _found("storage_without_work", "stores")
    if "services_only" in performance and len(performance) > 1:
        yield _found("services_and_more", "performance")
    places = answers.get("places", ())
    if stores and places and not any(row.get("kept_there") for row in places):
        yield _found("no_place_stores", "places")
    for number, row in enumerate(places):
        if row.get("facility") in [earlier.get("facility") for earlier in places[:number]]:
            yield _found("place_twice", f"places/{number}/facility", facility=row.get("facility", "-"))


def _parties(answers: Answers, known: Known) -> Iterator[Finding]:
    country, partner = answers.get("contractor_country"), answers.get("partner")
    if country is None:
        return
    if partner is None and country != known.nation and Nation(country) in known.parties:
        yield _found("country_without_partner", "partner", country=country)
    elif partner is not None and partner != country:
        yield _found("contractor_elsewhere", "contractor_country", country=partner)
    facility = known.facilities.get(answers.get("contractor", ""))
    if facility is not None and facility.nation != country:
        yield _found("contractor_elsewhere", "contractor", country=country)
    programme = known.programmes.get(answers.get("programme", ""))
    if partner is not None and programme is not None and Nation(partner) not in programme:
        yield _found("programme_without_partner", "programme", nation=partner)


def _facilities(answers: Answers, known: Known) -> Iterator[Finding]:
    """What its authority says of each; a facility of a third country has none here."""
    if is_elsewhere(answers, known):
        return
    needed, stored = answers.get("level_needed"), answers.get("safeguarding_needed")
    for path, code, keeps in facilities_of(answers):
        facility = known.facilities.get(code)
        if facility is None:
            yield _found("facility_unknown", path, nations=concerned(answers, known), facility=code)
            continue
        nations = {str(facility.nation)}
        if needed and answers.get("access_before_award") and not known.levels.covers(facility.level, needed):
            yield _found("facility_not_cleared", path, nations=nations, facility=code, needed=needed)
        if keeps and stored and not known.levels.covers(facility.safeguarding, stored):
            yield _found("facility_cannot_store", path, nations=nations, facility=code, needed=stored)


def _consent(answers: Answers, known: Known) -> Iterator[Finding]:
    access = answers.get("access", ())
    if {FOREIGN, RESTRICTED} & set(access) and not answers.get("owners"):
        yield _found("owner_missing", "owners")
    nations = concerned(answers, known)
    if RESTRICTED in access and "restricted_rules" not in answers:
        yield _found("restricted_rules_missing", "restricted_rules", nations=nations)
    third = answers.get("third_country_control") or (
        answers.get("contractor_country") if is_elsewhere(answers, known) else None
    )
    consented = "consent_reference" in answers and "consented_on" in answers
    if third is not None and FOREIGN in access and not consented:
        yield _found("third_country_without_consent", "consent_reference", nations=nations, country=third)


def _guidance(answers: Answers, known: Known) -> Iterator[Finding]:
    nations, guide = concerned(answers, known), answers.get("guide")
    if guide is None and "guidance" not in answers:
        yield _found("guidance_missing", "guidance", nations=nations)
    if guide is not None:
        dossier = known.dossiers.get(guide)
        if dossier is None or dossier.procedure != "classification_guide" or dossier.state != "in_force":
            yield _found("guide_unknown", "guide", guide=guide)
    if "distribution" in answers and "own_authority" not in answers["distribution"]:
        yield _found("authority_not_on_distribution", "distribution", nations=nations)


def _clauses(answers: Answers, known: Known, sets: ClauseSets) -> Iterator[Finding]:
    needed = answers.get("partner") is not None or FOREIGN in answers.get("access", ())
    version, given = answers.get("clause_set"), answers.get("clauses", ())
    nations = concerned(answers, known)
    if not needed and not given:
        return
    chosen = sets.get(version) if version is not None else None
    if chosen is None:
        yield _found("clause_set_unknown", "clause_set", version=version or 0)
        return
    for clause in chosen.missing(given) if needed else ():
        finding = _found("clause_missing", "clauses", nations=nations, clause=clause.code, version=chosen.version)
        # Of the set's nation the one provision behind this clause stands for the eight.
        others = tuple(rule for rule in finding.rules if not any(rule in one.provisions for one in chosen.clauses))
        own = clause.provisions if chosen.nation in nations else ()
        yield replace(finding, rules=(*own, *others))
    if DISPOSITION in given and "disposition" not in answers:
        yield _found("disposition_blank", "disposition", nations=nations)


def _signature(answers: Answers, known: Known) -> Iterator[Finding]:
    if "signatory" not in answers:
        return
    person = known.people.get(answers["signatory"])
    if person is None or person.nation != known.nation:
        yield _found("signatory_unknown", "signatory")
    elif not person.roles & SIGNS:
        yield _found("signatory_role", "signatory")


def _prime(answers: Answers, known: Known, sets: ClauseSets) -> Iterator[Finding]:
    if "prime" not in answers:
        return
    prime = known.dossiers.get(answers["prime"])
    if prime is None or prime.procedure != CODE:
        yield _found("prime_unknown", "prime", prime=answers["prime"])
        return
    if prime.state not in LETS_SUBCONTRACTS:
        yield _found("prime_not_running", "prime", prime=prime.number, state=prime.state)
    yield from flow_down_difference(
        prime.data,
        answers,
        is_foreign(prime, answers),
        levels=known.levels,
        nations=concerned(answers, known),
        sets=sets,
    )


def is_foreign(prime: DossierKnown, answers: Answers) -> bool:
    """Whether the subcontractor is in another country than the prime contractor."""
    return answers.get("contractor_country") not in (None, prime.data.get("contractor_country"))
