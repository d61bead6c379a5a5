"""Counts and days of procedures, by quarter: what can be shown without saying whose case it was (capability 20).

Promises (design brief, sections 7 and 9.3):
 1. Nothing goes in but codes of procedures, states, steps and sides, with instants: no title, name, facility, number or
    text can come out.
 2. A count that is so small that it would name a case is not shown, nor a median made of so few; and where the one
    hidden part of a total could be found by subtracting the other parts, a second part is hidden with it.
 3. Days are whole days, counted up: "within 3 days". The median and the ninth of ten are values that occurred.
 4. A dossier passed at first when it left the hands of its writer and was never returned to be mended.

A dossier counts in the quarter of the own nation in which it was opened, and a step in that in which it was taken.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from relto.base.calendars import CALENDARS, local_date
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.procedure import Procedure
from relto.procedures.table import STAYS

FEWEST: Final = 3
"""The smallest count that is shown; fewer cases than these could be recognised by who knows one of them."""
_NINE_OF_TEN: Final = 9, 10
_QUARTERS: Final = 4


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step as statistics see it: what, from which state to which, when, and on which side."""

    step: str
    before: str
    state: str
    at: Instant
    side: str


@dataclass(frozen=True, slots=True)
class Run:
    """A dossier as statistics see it. `steps`: those with effect, in order; `state`: where it stands now."""

    procedure: str
    opened: Instant
    state: str
    steps: Sequence[StepTaken]


@dataclass(frozen=True, slots=True)
class Count:
    """How many. `shown` None: 1 to `FEWEST` - 1, or hidden so that such a count cannot be worked out."""

    shown: int | None

    @property
    def hidden(self) -> bool:
        """Whether it is not shown."""
        return self.shown is None


@dataclass(frozen=True, slots=True)
class Days:
    """How long a step was waited for on a side. `median`, `nine_of_ten`: whole days, None where too few were taken."""

    step: str
    side: str
    taken: Count
    median: int | None
    nine_of_ten: int | None


@dataclass(frozen=True, slots=True)
class QuarterOfProcedure:
    """One procedure in one quarter ("2026-Q4").

    `opened`: dossiers opened in it; `states`: state -> how many of these stand there now; `sent`: of these, how many
    left their writer's hands, and `passed_first` how many of those were never returned to be mended.
    """

    quarter: str
    procedure: str
    opened: Count
    states: Mapping[str, Count]
    sent: Count
    passed_first: Count
    days: Sequence[Days]


@dataclass
class _Gathered:
    opened: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sent: int = 0
    passed: int = 0
    waits: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))


def quarter_of(at: Instant, nation: Nation) -> str:
    """The calendar quarter of an instant on the nation's calendar (UTC without one): "2026-Q4"."""
    day = local_date(at, nation) if nation in CALENDARS else at.date()
    return f"{day.year:04d}-Q{math.ceil(day.month * _QUARTERS / 12)}"


def statistics(
    runs: Iterable[Run], procedures: Mapping[str, Procedure], nation: Nation, *, since: str = ""
) -> tuple[QuarterOfProcedure, ...]:
    """The quarters from `since` ("2026-Q1") on, the newest first; procedures that are not known are left out."""
    gathered: dict[tuple[str, str], _Gathered] = defaultdict(_Gathered)
    for run in runs:
        procedure = procedures.get(run.procedure)
        if procedure is not None:
            _gather(run, procedure, nation, gathered)
    order = {code: number for number, code in enumerate(procedures)}
    keys = sorted((key for key in gathered if key[0] >= since), key=lambda key: order[key[1]])
    keys.sort(key=lambda key: key[0], reverse=True)
    return tuple(_told(quarter, code, procedures[code], gathered[quarter, code]) for quarter, code in keys)


def _gather(run: Run, procedure: Procedure, nation: Nation, gathered: dict[tuple[str, str], _Gathered]) -> None:
    begun = gathered[quarter_of(run.opened, nation), run.procedure]
    begun.opened += 1
    begun.states[run.state] += 1
    written = procedure.editable or {procedure.table.start}
    changed = [one for one in run.steps if one.before != one.state]
    left = any(one.before in written and one.state not in written for one in changed)
    returned = any(one.before not in written and one.state in written for one in changed)
    begun.sent += left
    begun.passed += left and not returned
    before = run.opened
    for one in changed:
        waits = gathered[quarter_of(one.at, nation), run.procedure].waits
        waits[one.step, one.side].append(_whole_days(before, one.at))
        before = one.at


def _told(quarter: str, code: str, procedure: Procedure, found: _Gathered) -> QuarterOfProcedure:
    states = [state for state in procedure.table.states if found.states.get(state)]
    counts = hidden_where_few([found.states[state] for state in states])
    order = {one.name: number for number, one in enumerate(procedure.table.transitions) if one.target != STAYS}
    steps = sorted((key for key in found.waits if key[0] in order), key=lambda key: (order[key[0]], key[1]))
    returned = found.sent - found.passed
    first_pass = hidden_where_few([found.passed, returned])[0]
    return QuarterOfProcedure(
        quarter=quarter,
        procedure=code,
        opened=_count(found.opened),
        states=dict(zip(states, counts, strict=True)),
        sent=hidden_where_few([found.sent, found.opened - found.sent])[0],
        passed_first=first_pass,
        days=tuple(_days(step, side, found.waits[step, side]) for step, side in steps),
    )


def hidden_where_few(counts: Sequence[int]) -> list[Count]:
    """Counts whose total is shown: none that names a case, and never a single hidden one, which a subtraction shows."""
    hidden = {number for number, count in enumerate(counts) if 0 < count < FEWEST}
    if len(hidden) == 1:
        others = [number for number, count in enumerate(counts) if count and number not in hidden]
        hidden |= {min(others, key=lambda number: counts[number])} if others else set()
    return [Count(None if number in hidden else count) for number, count in enumerate(counts)]


def _count(count: int) -> Count:
    return Count(None if 0 < count < FEWEST else count)


def _days(step: str, side: str, waits: list[int]) -> Days:
    if len(waits) < FEWEST:
        return Days(step, side, _count(len(waits)), None, None)
    ordered = sorted(waits)
    part, whole = _NINE_OF_TEN
    return Days(
        step,
        side,
        _count(len(ordered)),
        ordered[(len(ordered) - 1) // 2],
        ordered[math.ceil(len(ordered) * part / whole) - 1],
    )


def _whole_days(begun: Instant, ended: Instant) -> int:
    length = ended - begun
    return max(0, length.days + bool(length.seconds or length.microseconds))
