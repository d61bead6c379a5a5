"""The visitors of a request: each once, by the name and clearance of the own register, cleared for long enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from relto.base.calendars import CALENDARS
from relto.procedures.findings import Finding
from relto.procedures.known import DossierKnown, Known, PersonKnown
from relto.procedures.packs.visit.concerned import (
    NOT_CLASSIFIED,
    Concerned,
    day_of,
    holds_through,
    level_name,
)
from relto.procedures.packs.visit.table import IN_PROCESS, STANDING, SUBMITTED
from relto.procedures.table import ANSWERING

_OPEN: Final = frozenset({SUBMITTED}) | IN_PROCESS | STANDING


def check_visitors(answers: Mapping[str, Any], known: Known, who: Concerned) -> Iterator[Finding]:
    """Each visitor by herself and beside the others.

    On the answering node only what crossed is there: what its own book says of citizenship is checked there too, and
    clearances by the guards of the approval, against the partner's assurances.
    """
    people: set[str] = set()
    names: set[str] = set()
    for number, row in enumerate(answers.get("visitors", ())):
        path = f"visitors/{number}/"
        name = _folded(row.get("name", ""))
        if row.get("person") in people:
            yield who.found("visitor_twice", f"{path}person", row=number + 1)
        elif name and name in names:
            yield who.found("visitor_twice", f"{path}name", row=number + 1)
        people |= {row["person"]} if "person" in row else set()
        names |= {name} if name else set()
        yield from _citizenship(row, path, who)
        if known.side != ANSWERING:
            yield from _name(row, path, known, who)
            yield from _at_home(answers, row, path, known, who)
    if known.side != ANSWERING:
        yield from _overlaps(answers, known, who, people)


def _name(row: Mapping[str, Any], path: str, known: Known, who: Concerned) -> Iterator[Finding]:
    name = row.get("name")
    registered = known.roster.get(str(row.get("person")))
    if name is not None and registered is not None and _folded(name) != _folded(registered):
        yield who.found("name_differs", f"{path}name")
    if name is not None and name != name.upper():
        yield who.found("block_letters", f"{path}name")
    born = day_of(row, "birth_date")
    if born is not None and who.asking in CALENDARS and born >= known.today(who.asking):
        yield who.found("birth_date", f"{path}birth_date")


def _at_home(
    answers: Mapping[str, Any], row: Mapping[str, Any], path: str, known: Known, who: Concerned
) -> Iterator[Finding]:
    pseudonym = row.get("person")
    if pseudonym is None:
        return
    person = known.people.get(pseudonym)
    if person is None or person.nation != who.asking:
        yield who.found("visitor_unknown", f"{path}person")
        return
    wrong = _employer(answers, row, person, known)
    if wrong is not None:
        yield who.found(wrong[0], f"{path}employer", facility=wrong[1])
    stated, level = row.get("clearance"), answers.get("highest_level")
    if level is None or level_name(level) in NOT_CLASSIFIED:
        return
    if not person.level:
        yield who.found("not_cleared", f"{path}person")
        return
    if stated is not None and stated != person.level:
        yield who.found("clearance_differs", f"{path}clearance", held=person.level)
    yield from _cleared(answers, path, person, known, who)


def _cleared(
    answers: Mapping[str, Any], path: str, person: PersonKnown, known: Known, who: Concerned
) -> Iterator[Finding]:
    level = answers["highest_level"]
    covers = known.levels.covers(person.level, level)
    if covers is None:
        yield who.found("no_equivalent", f"{path}clearance", held=person.level, level=level)
    elif not covers:
        yield who.found("clearance_low", f"{path}clearance", held=person.level, level=level)
    if person.suspended:
        yield who.found("clearance_suspended", f"{path}person")
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    if first is not None and last is not None and not holds_through(person.valid, first, last):
        yield who.found("clearance_ends", f"{path}person", **_until(person))


def _employer(
    answers: Mapping[str, Any], row: Mapping[str, Any], person: PersonKnown, known: Known
) -> tuple[str, str] | None:
    """What is wrong with the employer, and of which facility: her own is that which asks, or the form names it."""
    requester, employer = answers.get("requesting_facility"), row.get("employer")
    if employer is not None and employer not in known.facilities:
        return "employer_unknown", employer
    if requester is not None and person.facility and person.facility != (employer or requester):
        return "employer_differs", employer or requester
    return None


def _citizenship(row: Mapping[str, Any], path: str, who: Concerned) -> Iterator[Finding]:
    citizenship = row.get("citizenship")
    if citizenship is None or who.host is None or citizenship == who.asking:
        return
    if citizenship != who.host and not row.get("consent"):
        yield who.found("third_country", f"{path}citizenship", citizenship=citizenship)
    else:
        yield who.found_of(who.asking, "non_citizen", f"{path}citizenship", citizenship=citizenship)


def _overlaps(answers: Mapping[str, Any], known: Known, who: Concerned, people: set[str]) -> Iterator[Finding]:
    first, last = day_of(answers, "first_day"), day_of(answers, "last_day")
    if first is None or last is None:
        return
    for other in known.related.get("visit", ()):
        if other.number != answers.get("amends") and _meets(other, answers, first, last):
            for number, row in enumerate(answers.get("visitors", ())):
                if row.get("person") in people & _people(other):
                    yield who.found("overlapping", f"visitors/{number}/person", other=other.number)


def _meets(other: DossierKnown, answers: Mapping[str, Any], first: date, last: date) -> bool:
    begins, ends = day_of(other.data, "first_day"), day_of(other.data, "last_day")
    if other.state not in _OPEN or begins is None or ends is None:
        return False
    return other.data.get("host_nation") == answers.get("host_nation") and begins <= last and first <= ends


def _people(other: DossierKnown) -> set[str]:
    return {row["person"] for row in other.data.get("visitors", ()) if "person" in row}


def _until(person: PersonKnown) -> dict[str, str]:
    ends = person.valid.end if person.valid is not None else None
    return {"until": str(ends.date()) if ends is not None else ""}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
