"""The checks of a clearance package, across its fields, the register and the declaration of ownership.

The faults that send packages back (domain.md needs N-01, N-02): no sponsor, officials or key managers that do not fit
the roster, a signature of the wrong person, answers that contradict the declaration of ownership.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relto.procedures.findings import Finding
from relto.procedures.known import Known
from relto.procedures.packs.facility_clearance.people import check_people
from relto.procedures.packs.own_book import OwnBook, covers, newest, signed_in_future

BOOK = OwnBook("facility_clearance")


def check(answers: Mapping[str, Any], known: Known) -> Sequence[Finding]:
    """Everything wrong with a package, whole or in part."""
    return [
        *check_sponsor(answers, known),
        *_check_subject(answers, known),
        *check_levels(answers, known),
        *_check_firm(answers, known),
        *check_people(answers, known),
        *_check_ownership(answers, known),
        *signed_in_future(BOOK, answers, known),
    ]


def check_sponsor(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """No sponsor, the firm itself as sponsor, or one that is not known here."""
    kind = answers.get("sponsor_kind")
    if kind is None or (kind == "contracting_activity" and not answers.get("sponsor_office")):
        yield BOOK.found(known, "sponsor_missing", "sponsor_kind" if kind is None else "sponsor_office")
    if kind != "cleared_contractor":
        return
    sponsor = answers.get("sponsor_facility")
    if sponsor is None:
        yield BOOK.found(known, "sponsor_missing", "sponsor_facility")
        return
    facility = known.facilities.get(sponsor)
    own = facility is not None and facility.nation == known.nation and facility.company == answers.get("company")
    if sponsor == answers.get("facility") or own:
        yield BOOK.found(known, "self_sponsored", "sponsor_facility", sponsor=sponsor)
    elif facility is None:
        yield BOOK.found(known, "sponsor_unknown", "sponsor_facility", sponsor=sponsor)


def sponsor_holds(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """A sponsoring prime whose own clearance is below what it asks for."""
    sponsor = known.facilities.get(answers.get("sponsor_facility", ""))
    level = answers.get("level")
    if sponsor is not None and level is not None and not _holds(known, sponsor.code, level):
        held = sponsor.level or "-"
        yield BOOK.found(known, "sponsor_below", "sponsor_facility", held=held, level=level)


def check_levels(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Levels that are not the own nation's, above the need, or safeguarding above the clearance."""
    for code in ("needed_level", "level", "safeguarding_level"):
        found = answers.get(code)
        if found is not None and not (found.startswith(f"{known.nation}:") and known.levels.known(found)):
            yield BOOK.found(known, "level_not_own", code, level=found)
    level, needed = answers.get("level"), answers.get("needed_level")
    if level is not None and needed is not None and known.levels.covers(needed, level) is False:
        yield BOOK.found(known, "level_above_need", "level", level=level, needed=needed)
    yield from safeguarding_within(level, answers.get("safeguarding_level"), known)


def safeguarding_within(level: str | None, safeguarding: str | None, known: Known) -> Iterator[Finding]:
    """Safeguarding above the clearance."""
    if level and safeguarding and known.levels.covers(level, safeguarding) is False:
        yield BOOK.found(
            known, "safeguarding_above_clearance", "safeguarding_level", safeguarding=safeguarding, level=level
        )


def _check_subject(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    facility = known.facilities.get(answers.get("facility", ""))
    if facility is None:
        return  # a firm that is not registered yet: the grant registers its facility
    if facility.nation != known.nation:
        yield BOOK.found(known, "facility_of_other_nation", "facility", facility=facility.code)
    elif "company" in answers and facility.company != answers["company"]:
        yield BOOK.found(known, "company_mismatch", "company", facility=facility.code)


def _check_firm(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    country = answers.get("organised_in")
    if country is not None and country != known.nation:
        yield BOOK.found(known, "organised_elsewhere", "organised_in", country=country)
    if answers.get("legal_entity") is False:
        yield BOOK.found(known, "venture_no_entity", "legal_entity")
    level = answers.get("level")
    if answers.get("has_parent") and answers.get("parent_excluded") is False and level is not None:
        parent = known.facilities.get(answers.get("parent_facility", ""))
        if parent is None or not _holds(known, parent.code, level):
            held = parent.level if parent is not None and parent.level else "-"
            yield BOOK.found(known, "parent_below", "parent_facility", held=held, level=level)


def _check_ownership(answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    declared = newest(known.related.get("ownership", ()), without={"closed"})
    if declared is None:
        if "facility" in answers:
            yield BOOK.found(known, "ownership_missing", "foreign_interest")
        return
    said, here = declared.data.get("foreign_interest"), answers.get("foreign_interest")
    if said is not None and here is not None and said != here:
        yield BOOK.found(known, "ownership_conflict", "foreign_interest", dossier=declared.number)


def _holds(known: Known, facility: str, level: str) -> bool:
    found = known.facilities[facility]
    in_date = found.valid is not None and found.valid.holds_at(known.at)
    return in_date and found.state not in {"suspended", "invalidated", "revoked"} and covers(known, found.level, level)
