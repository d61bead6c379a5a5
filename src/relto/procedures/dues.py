"""When the clocks of a procedure run out: limits of each nation's own provisions, on each nation's own calendar.

Rules enforced here (domain.md 0.4, 10; design.md section 3 "Wire"):
 1. A clock has a due instant for each nation whose limit counts; a nation without a rule has none, and that is said.
 2. A number of days ends with the last second of the legal day in the zone of the nation whose limit it is; the day of
    the event itself is not counted. Working days are that nation's.
 3. Working hours are the hours of working days.
 4. Notice "before" a date is late when fewer days than the limit lie between the day on which it is given and that
    date: it is due by the end of the last day that leaves as many.
 5. A clock without a limit runs out with the day that an official wrote into the form.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from relto.base.calendars import add_working_days, is_working_day, local_date, zone_of
from relto.base.errors import ReltoError
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.procedures.limits import ProcedureLimit, ProcedureLimits
from relto.procedures.procedure import Clock, Procedure
from relto.procedures.table import ANSWERING, ASKING

_MONTHS_OF = {"month": 1, "year": 12}
_DAYS_OF = {"day": 1, "week": 7}
_HOURS = frozenset({"hour", "minute"})
_TWELVE = 12
_DAY_ENDS = time(23, 59, 59)


@dataclass(frozen=True, slots=True)
class DueInstant:
    """When a clock runs out for one nation. `at` None: no rule is loaded, or its calendar does not reach so far."""

    clock: str
    limit: str
    nation: str
    at: Instant | None
    provision: str = ""
    confirmed: bool = False


def due_instants(
    procedure: Procedure,
    state: str,
    since: Instant,
    answers: Mapping[str, Any],
    limits: ProcedureLimits,
    *,
    sides: Mapping[str, Nation],
) -> list[DueInstant]:
    """The due instants of every clock that runs in `state`.

    `since`: when the state was reached; `sides`: "asking" and, where there is a partner, "answering" -> nation.
    """
    return [
        due
        for clock in procedure.clocks
        if state in clock.states and (clock.when is None or clock.when.holds(answers))
        for nation in _nations(clock, sides)
        if (due := _due(clock, nation, since, answers, limits)) is not None
    ]


def _nations(clock: Clock, sides: Mapping[str, Nation]) -> list[Nation]:
    wanted = (clock.side,) if clock.side else (ASKING, ANSWERING)
    return [sides[side] for side in wanted if side in sides]


def _due(
    clock: Clock, nation: Nation, since: Instant, answers: Mapping[str, Any], limits: ProcedureLimits
) -> DueInstant | None:
    start = _start(answers.get(clock.counts_from), nation) if clock.counts_from else since
    if start is None:
        return None
    if not clock.limit:
        return DueInstant(clock.code, "", nation, _end_of(local_date(start, nation), nation), confirmed=True)
    limit = limits.limit(clock.limit, nation)
    if limit is None:
        return DueInstant(clock.code, clock.limit, nation, None)
    at = reckoned(start, limit, nation, before=clock.before)
    return DueInstant(clock.code, clock.limit, nation, at, limit.provision, limit.confirmed)


def _start(given: Any, nation: Nation) -> Instant | None:
    """A date means its first second in the nation's zone."""
    if not isinstance(given, str) or not given:
        return None
    try:
        if "T" in given:
            return read_instant(given)
        return datetime.combine(date.fromisoformat(given), time(), tzinfo=zone_of(nation)).astimezone(UTC)
    except (ReltoError, ValueError):
        return None


def reckoned(start: Instant, limit: ProcedureLimit, nation: Nation, *, before: bool) -> Instant | None:
    """`start` plus or minus the limit; None where the unit is no length of time or the calendar ends."""
    value = limit.value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    try:
        if limit.unit in _HOURS:
            span = timedelta(**{f"{limit.unit}s": value})
            return start - span if before else start + span
        if limit.unit == "working_day":
            return _working_days(start, value, nation, before=before)
        if limit.unit == "working_hour":
            return _working_hours(start, timedelta(hours=value), nation, before=before)
        day = _days(local_date(start, nation), -value if before else value, limit.unit)
    except (ReltoError, OverflowError, ValueError):
        return None
    return None if day is None else _end_of(day, nation)


def _days(day: date, count: int, unit: str) -> date | None:
    """The day so many days, weeks, months or years later; None for another unit."""
    if unit in _DAYS_OF:
        return day + timedelta(days=count * _DAYS_OF[unit])
    return _months_later(day, count * _MONTHS_OF[unit]) if unit in _MONTHS_OF else None


def _working_days(start: Instant, count: int, nation: Nation, *, before: bool) -> Instant:
    if not before and count:
        return add_working_days(start, count, nation)
    day = local_date(start, nation)
    while count:
        count -= is_working_day(day, nation)
        day -= timedelta(days=1)
    return _end_of(day, nation)


def _working_hours(start: Instant, left: timedelta, nation: Nation, *, before: bool) -> Instant:
    """Hours of working days; no provision says when such a day begins and ends, so the whole day counts."""
    zone, at, day = zone_of(nation), start, local_date(start, nation)
    while True:
        begins = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
        bound = begins if before else ends
        if is_working_day(day, nation):
            there = abs(bound - at)
            if there >= left:
                return at - left if before else at + left
            left -= there
        at = bound
        day = day - timedelta(days=1) if before else day + timedelta(days=1)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.year * _TWELVE + day.month - 1 + months, _TWELVE)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, last))


def _end_of(day: date, nation: Nation) -> Instant:
    return datetime.combine(day, _DAY_ENDS, tzinfo=zone_of(nation)).astimezone(UTC)


def looking_instants(answers: Mapping[str, Any], zones: Collection[Nation], after: Instant) -> list[Instant]:
    """When a date or instant of a form is reached and when it has passed, in each nation's zone, later than `after`.

    That is when the node looks whether a step of its own is due.
    """
    found: set[Instant] = set()
    for value in answers.values():
        for nation in zones:
            start = _start(value, nation)
            if start is None:
                continue
            found.add(start)
            if "T" not in value:
                found.add(start + timedelta(days=1))
    return sorted(one for one in found if one > after)
