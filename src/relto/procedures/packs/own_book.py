"""What the procedures of one nation alone share: findings on the own nation's book, and whom they look up.

Rules kept here: only the own nation's provisions (and what binds both) found a finding of a procedure that does not
cross the border; of several dossiers on one subject the newest counts; what is not known is not there.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from relto.base.errors import Shown
from relto.procedures.findings import Finding
from relto.procedures.founded import founded
from relto.procedures.known import DossierKnown, Known
from relto.procedures.limits import ProcedureLimit

SENIOR: Final = frozenset({"senior_manager", "chief_executive"})
"""Positions of those who answer for a firm and sign its declarations."""

_TWELVE: Final = 12
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "year": _TWELVE}


@dataclass(frozen=True, slots=True)
class OwnBook:
    """The findings of one procedure, on the book of the node's own nation."""

    procedure: str

    def found(self, known: Known, what: str, path: str = "", **values: Shown) -> Finding:
        """The finding `<procedure>.<what>`. Raises MalformedInput for one that the data does not list."""
        return founded(self.procedure).found(what, path, nations={known.nation}, **values)


def newest(dossiers: Collection[DossierKnown], *, without: Collection[str] = ()) -> DossierKnown | None:
    """The dossier that was opened last, of those that are not in a state of `without`; None when there is none."""
    return max((one for one in dossiers if one.state not in without), key=lambda one: one.opened, default=None)


def rows(answers: Mapping[str, Any], code: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each row of a field with its path: ("officials/0/", row)."""
    for number, row in enumerate(answers.get(code, ())):
        yield f"{code}/{number}/", row


def names_as_registered(book: OwnBook, answers: Mapping[str, Any], known: Known, *fields: str) -> Iterator[Finding]:
    """People of these row fields who are unknown, or whose name is not the one of the own register."""
    for code in fields:
        for path, row in rows(answers, code):
            person = row.get("person")
            if person is None:
                continue
            if person not in known.people and person not in known.roster:
                yield book.found(known, "person_unknown", path + "person", person=person)
            registered = known.roster.get(person)
            written = row.get("name")
            if registered is not None and written is not None and _plain(written) != _plain(registered):
                yield book.found(known, "name_not_as_registered", path + "name", person=person)


def signed_in_future(book: OwnBook, answers: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """A signature that is dated after today."""
    signed = answers.get("signed_on")
    if signed is not None and date.fromisoformat(signed) > known.today(known.nation):
        yield book.found(known, "signed_in_future", "signed_on", date=signed)


def covers(known: Known, held: str, needed: str) -> bool:
    """Whether a level is at least another; False where no equivalent is known."""
    return bool(held) and known.levels.covers(held, needed) is True


def due_after(day: date, limit: ProcedureLimit) -> date | None:
    """The day that lies the limit's length after `day`; None where its unit is neither days, months nor years."""
    if limit.unit == "day":
        return day + timedelta(days=limit.value)
    if limit.unit not in _MONTHS:
        return None
    year, month = divmod(day.year * _TWELVE + day.month - 1 + limit.value * _MONTHS[limit.unit], _TWELVE)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
