"""The checks of a programme security instruction and of its list of cleared facilities.

Rules enforced here:
 1. A facility is listed at what its authority assured and no higher, storage apart from clearance, and no longer than
    the assurance holds; nothing known of it means nothing verified it.
 2. Sections of the practised layout that are missing are told; no provision of either nation demands them.
 3. Information belongs to the nations of the programme, within its highest level; foreground has its marking rules.
 4. Work shares add up, and go to listed facilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from relto.base.calendars import local_date
from relto.base.nations import Nation
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import FacilityKnown, Known
from relto.procedures.packs.cleared_facilities import IN_FORCE, PROGRAMME_SECURITY, list_difference
from relto.procedures.procedure import Dossier

Answers = Mapping[str, Any]
PRACTISED: Final = (
    "scope",
    "responsibilities",
    "glossary",
    "handling",
    "marking_foreground",
    "classification_guide",
    "access",
    "storage",
    "information_assurance",
    "transmission",
    "meetings",
    "exchange_within",
    "exchange_between",
    "freight",
    "hand_carriage",
    "electronic",
)
"""The sections that the contents page which was read names; the others are known by hearsay only."""
STANDING: Final = frozenset({"valid", "final", "limited", "interim"})
_WHOLE: Final = 100


def check(answers: Answers, known: Known) -> list[Finding]:
    """Everything that can be told of the form as it stands."""
    return [
        *_programme(answers, known),
        *_replaced(answers, known),
        *_sections(answers),
        *_facilities(answers, known),
        *_against_bundle(answers, known),
        *_information(answers, known),
        *_shares(answers, known),
    ]


def _found(what: str, path: str, **values: Any) -> Finding:
    return founded(PROGRAMME_SECURITY).found(what, path, **values)


def _programme(answers: Answers, known: Known) -> Iterator[Finding]:
    if "in_force_from" in answers and answers.get("in_force_until", "9999") < answers["in_force_from"]:
        yield _found("ends_before_start", "in_force_until")
    partner, programme = answers.get("partner"), answers.get("programme")
    if partner == known.nation and known.side != "answering":
        yield _found("partner_is_own", "partner")
    nations = known.programmes.get(programme or "")
    if programme and (nations is None or (partner is not None and Nation(partner) not in nations)):
        yield _found("programme_without_partner", "programme", programme=programme)
    if "highest_level" in answers and not known.levels.known(answers["highest_level"]):
        yield _found("unknown_level", "highest_level", level=answers["highest_level"])
    if "guide" in answers:
        guide = known.dossiers.get(answers["guide"])
        if guide is None or guide.procedure != "classification_guide" or guide.state != IN_FORCE:
            yield _found("guide_unknown", "guide", guide=answers["guide"])


def _replaced(answers: Answers, known: Known) -> Iterator[Finding]:
    if "replaces" not in answers:
        return
    last = known.dossiers.get(answers["replaces"])
    of_this = last is not None and last.data.get("programme") == answers.get("programme", "")
    if last is None or last.procedure != PROGRAMME_SECURITY or last.state not in {IN_FORCE, "returned"} or not of_this:
        yield _found("replaced_unknown", "replaces", dossier=answers["replaces"])
        return
    for field in ("edition", "list_version"):
        before = last.data.get(field, 0)
        if field in answers and answers[field] < before + (field == "edition"):
            yield _found("version_order", field, last=before)


def _sections(answers: Answers) -> Iterator[Finding]:
    rows = answers.get("sections", ())
    written = [(row.get("section"), row.get("level")) for row in rows]
    names = {section for section, _ in written}
    for section in PRACTISED:
        if section not in names:
            yield _found("section_missing", "sections", section=section)
    for number, one in enumerate(written):
        if one in written[:number]:
            yield _found("section_twice", f"sections/{number}/section", section=one[0] or "-")


def _facilities(answers: Answers, known: Known) -> Iterator[Finding]:
    today, seen = known.today(known.nation).isoformat(), set()
    for number, row in enumerate(answers.get("facilities", ())):
        path, code = f"facilities/{number}/", row.get("facility")
        if code in seen:
            yield _found("facility_twice", path + "facility", facility=code)
        if code is None:
            continue
        seen.add(code)
        if row.get("verified_on", "") > today:
            yield _found("verified_later", path + "verified_on")
        if row.get("expires_on", "9999") < today:
            yield _found("entry_expired", path + "expires_on", expires=row["expires_on"])
        facility = known.facilities.get(code)
        if facility is None or not facility.level:
            yield _found("facility_not_verified", path + "facility", facility=code)
            continue
        yield from _listed_as_assured(row, facility, path, known)


def _against_bundle(answers: Answers, known: Known) -> Iterator[Finding]:
    """Where the next bundle's list would differ from the one that is enforced now."""
    enforced = known.enforced.get(answers.get("programme", ""))
    if enforced is None or "facilities" not in answers:
        return
    added, dropped = list_difference(answers, enforced)
    for number, row in enumerate(answers["facilities"]):
        if row.get("facility") in added:
            yield _found("not_in_bundle", f"facilities/{number}/facility", facility=row["facility"])
    for facility in sorted(dropped):
        yield _found("dropped_from_bundle", "facilities", facility=facility)


def _listed_as_assured(row: Answers, facility: FacilityKnown, path: str, known: Known) -> Iterator[Finding]:
    nations = {str(facility.nation)}
    if facility.state not in STANDING:
        state = facility.state or "-"
        yield _found(
            "clearance_does_not_stand", path + "facility", nations=nations, facility=facility.code, state=state
        )
    for field, held, what in (
        ("level", facility.level, "listed_above_clearance"),
        ("storage_level", facility.safeguarding, "listed_above_storage"),
    ):
        listed = row.get(field)
        if listed and not known.levels.covers(held, listed):
            yield _found(
                what, path + field, nations=nations, facility=facility.code, listed=listed, assured=held or "-"
            )
    ends = facility.valid.end if facility.valid is not None else None
    if ends is not None and row.get("expires_on", "") > local_date(ends, facility.nation).isoformat():
        assured = local_date(ends, facility.nation).isoformat()
        yield _found(
            "outlives_assurance", path + "expires_on", nations=nations, expires=row["expires_on"], assured=assured
        )


def _information(answers: Answers, known: Known) -> Iterator[Finding]:
    rows, highest = answers.get("information", ()), answers.get("highest_level")
    if any(row.get("kind") == "foreground" for row in rows) and not any(
        row.get("section") == "marking_foreground" for row in answers.get("sections", ())
    ):
        yield _found("foreground_marking_missing", "sections")
    for number, row in enumerate(rows):
        for field in ("owner", "other_owner"):
            if field in row and Nation(row[field]) not in known.parties:
                yield _found("owner_no_party", f"information/{number}/{field}", owner=row[field])
        level = row.get("class")
        if level and highest and not known.levels.covers(highest, level):
            yield _found("above_programme", f"information/{number}/class", level=level, highest=highest)


def _shares(answers: Answers, known: Known) -> Iterator[Finding]:
    rows = answers.get("shares", ())
    if not rows:
        return
    total = sum(row.get("percent", 0) for row in rows)
    if total != _WHOLE:
        yield _found("shares_do_not_add_up", "shares", sum=total)
    listed = {row.get("facility") for row in answers.get("facilities", ())}
    for number, row in enumerate(rows):
        if "place" in row and row["place"] not in listed:
            yield _found("share_unlisted", f"shares/{number}/place", facility=row["place"])
    with_share = {row.get("nation") for row in rows}
    for nation in sorted({str(known.nation), *([answers["partner"]] if "partner" in answers else [])} - with_share):
        yield _found("nation_without_share", "shares", nation=nation)


def both_parts_approved(_dossier: Dossier, step: Answers, _known: Known) -> Sequence[Finding]:
    """Instruction and list stand or fall together."""
    return [] if step.get("approves_list") is True else [_found("list_not_approved", "approves_list")]


def own_facilities_stand(dossier: Dossier, _step: Answers, known: Known) -> Sequence[Finding]:
    """Of the approving authority's own facilities the list says what the own register says."""
    return [
        finding
        for number, row in enumerate(dossier.answers.get("facilities", ()))
        if (facility := known.facilities.get(row.get("facility", ""))) is not None and facility.nation == known.nation
        for finding in _listed_as_assured(row, facility, f"facilities/{number}/", known)
    ]


def successor_in_force(dossier: Dossier, step: Answers, known: Known) -> Sequence[Finding]:
    """A later version of the same programme is in force."""
    later = known.dossiers.get(step.get("successor", ""))
    if (
        later is not None
        and later.procedure == PROGRAMME_SECURITY
        and later.state == IN_FORCE
        and later.data.get("programme") == dossier.answers.get("programme")
        and later.data.get("edition", 0) > dossier.answers.get("edition", 0)
    ):
        return []
    return [_found("successor_not_in_force", "successor", dossier=step.get("successor", "-"))]
