"""The checks of a declaration of ownership: shares, foreign interests, instruments and the licence category.

Laid out after the practice of a certificate of foreign interests; what an instrument needs: 32 CFR 117.11(d),(g)-(i).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.own_book import SENIOR, OwnBook, due_after, newest, rows, signed_in_future
from relto.procedures.packs.ownership.licence import check_licence

BOOK: Final = OwnBook("ownership")
_WHOLE: Final = 100  # percent
_UNDER_COMMITTEE: Final = frozenset(
    {"security_control_agreement", "special_security_agreement", "voting_trust", "proxy_agreement"}
)
_ABROAD: Final = ("foreign_board", "foreign_debt", "foreign_income")


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Everything wrong with a declaration, whole or in part."""
    return [
        *_subject(answers, known),
        *_shares(answers, known),
        *_control(answers, known),
        *_instrument(answers, known),
        *_review(answers, known),
        *check_licence(answers, known),
        *_signature(answers, known),
        *_other_papers(answers, known),
    ]


def foreign_owners(answers: Mapping[str, Any], known: Known) -> list[tuple[str, Mapping[str, Any]]]:
    """The rows of owners of another country than the firm's, with their paths."""
    return [(path, row) for path, row in rows(answers, "owners") if row.get("country") not in {None, known.nation}]


def _subject(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    facility = known.facilities.get(answers.get("facility", ""))
    if facility is None:
        return
    if facility.nation != known.nation:
        yield BOOK.found(known, "facility_of_other_nation", "facility", facility=facility.code)
    elif "company" in answers and facility.company != answers["company"]:
        yield BOOK.found(known, "company_mismatch", "company", facility=facility.code)


def _shares(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    every = answers.get("owners", ())
    shares = [int(row["percent"]) for row in every if "percent" in row]
    if every and len(shares) == len(every) and sum(shares) != _WHOLE:
        yield BOOK.found(known, "percent_sum", "owners", sum=sum(shares))
    declared = answers.get("foreign_interest")
    if declared is None or "owners" not in answers:
        return
    abroad = bool(foreign_owners(answers, known)) or any(answers.get(code) for code in _ABROAD)
    if declared and not abroad and all(code in answers for code in _ABROAD):
        yield BOOK.found(known, "foreign_rows_missing", "foreign_interest")
    if abroad and not declared:
        yield BOOK.found(known, "foreign_undeclared", "foreign_interest")


def _control(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    owners = foreign_owners(answers, known)
    control = answers.get("foreign_control")
    if control and answers.get("foreign_interest") is False:
        yield BOOK.found(known, "control_without_interest", "foreign_control")
    country = answers.get("controlling_country")
    if country is not None and "owners" in answers and country not in {row.get("country") for _, row in owners}:
        yield BOOK.found(known, "controller_not_owner", "controlling_country", country=country)
    for path, row in owners:
        if row.get("holder_kind") == "government" and answers.get("foreign_government") is False:
            yield BOOK.found(known, "government_undeclared", "foreign_government", country=row["country"])
        if control is False and row.get("percent", 0) * 2 > _WHOLE:
            yield BOOK.found(known, "control_undeclared", path + "percent", country=row["country"])


def _instrument(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    instrument = answers.get("instrument", "none")
    if instrument == "none":
        return
    if answers.get("foreign_interest") is False:
        yield BOOK.found(known, "instrument_without_interest", "instrument")
        return
    if known.limits.limit("foci.review", known.nation) is None:
        yield BOOK.found(known, "instrument_not_loaded", "instrument")
    elects = any(row.get("elects_board") for _, row in foreign_owners(answers, known))
    if instrument == "board_resolution" and elects:
        yield BOOK.found(known, "board_resolution_not_enough", "instrument")
    if instrument in {"board_resolution", "security_control_agreement"} and answers.get("foreign_control"):
        yield BOOK.found(known, "control_agreement_not_enough", "instrument")
    least = known.limits.limit("foci.outside_directors", known.nation)
    directors = answers.get("outside_directors")
    if least is not None and directors is not None and directors < least.value:
        yield BOOK.found(known, "outside_directors_missing", "outside_directors", count=directors, least=least.value)
    if answers.get("proscribed") and answers.get("national_interest_determination") is False:
        yield BOOK.found(known, "determination_missing", "national_interest_determination")
    for code in ("security_committee", "technology_control_plan", "communications_plan"):
        if instrument in _UNDER_COMMITTEE and answers.get(code) is False:
            yield BOOK.found(known, "committee_or_plan_missing", code, field=code)


def _review(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    certified = answers.get("last_certified") or answers.get("instrument_date")
    limit = known.limits.limit("foci.review", known.nation)
    if certified is None or limit is None:
        return
    due = due_after(date.fromisoformat(certified), limit)
    if due is not None and due < known.today(known.nation):
        path = "last_certified" if "last_certified" in answers else "instrument_date"
        yield BOOK.found(known, "review_expired", path, date=certified, due=due.isoformat())


def _signature(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    signatory, position = answers.get("signatory"), answers.get("signatory_position")
    if signatory is not None and signatory not in known.people and signatory not in known.roster:
        yield BOOK.found(known, "person_unknown", "signatory", person=signatory)
    if position is not None and position not in SENIOR:
        yield BOOK.found(known, "signatory_position", "signatory_position")
    yield from signed_in_future(BOOK, answers, known)


def _other_papers(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """What the clearance package of the same facility says of a foreign interest."""
    package = newest(known.related.get("facility_clearance", ()), without={"draft", "returned", "terminated"})
    here = answers.get("foreign_interest")
    said = package.data.get("foreign_interest") if package is not None else None
    reported = answers.get("reason") in {"significant_change", "negotiation"}
    if package is not None and said is not None and here is not None and said != here and not reported:
        yield BOOK.found(known, "clearance_conflict", "foreign_interest", dossier=package.number)
