"""Days of a visit: the last day to ask, and the longest a visit may last.

Rules enforced here (domain.md section 7, clock rules; needs.md N-08, U-13):
 1. A number comes from a nation's own limit; a nation without one has no day: None, "no rule loaded".
 2. Working days are counted on the calendars of both nations, and a notice is given only when it is long enough on
    each of them: a day on which one of the two authorities is closed helps nobody.
 3. The day of the event itself is not counted, as in `relto.base.calendars`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from relto.base.calendars import is_working_day
from relto.base.errors import UnknownValue
from relto.base.nations import Nation
from relto.procedures.limits import ProcedureLimit

_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class LeadTime:
    """One nation's lead time for a visit that begins on a day.

    `last_day`: the last day on which the request can still be in time, None where no rule is loaded or a calendar does
    not reach so far. `left`: nation -> working days after today up to and including it, on that nation's calendar.
    `late`: today is after it.
    """

    nation: Nation
    limit: ProcedureLimit | None
    last_day: date | None
    left: Mapping[Nation, int]
    late: bool


def lead_time(
    first_day: date, today: date, limit: ProcedureLimit | None, nation: Nation, nations: Iterable[Nation]
) -> LeadTime:
    """The lead time that `nation` sets, counted for the calendars of `nations` (the two concerned)."""
    every = tuple(nations)
    if limit is None:
        return LeadTime(nation, None, None, {}, late=False)
    try:
        last = latest_day_before(first_day, limit, every)
        left = {one: working_days(today, last, one) for one in every}
    except UnknownValue:
        return LeadTime(nation, limit, None, {}, late=False)
    return LeadTime(nation, limit, last, left, today > last)


def latest_day_before(day: date, limit: ProcedureLimit, nations: Iterable[Nation]) -> date:
    """The last day that lies the limit's length before `day`; working days must be reached on every calendar.

    Raises UnknownValue for a unit that is no length of time, or outside a calendar's years.
    """
    if limit.unit != "working_day":
        return added(day, -limit.value, limit.unit)
    latest = day
    for nation in nations:
        last, left = day, int(limit.value)
        while left:
            left -= is_working_day(last, nation)
            last -= _days(1)
        latest = min(latest, last)
    return latest


def longest_last_day(first_day: date, limit: ProcedureLimit) -> date:
    """The last day of the longest visit that begins on `first_day`, which is its first day. Raises UnknownValue."""
    return added(first_day, limit.value, limit.unit) - _days(1)


def added(day: date, amount: int, unit: str) -> date:
    """`amount` days, weeks, months or years after `day` (before, when negative); the last of a shorter month.

    Raises UnknownValue for another unit.
    """
    if unit == "day":
        return day + _days(amount)
    if unit == "week":
        return day + timedelta(weeks=amount)
    months = _MONTHS.get(unit)
    if months is None:
        raise UnknownValue("limit.unit", field="unit", found=unit, expected="day, week, month, year, working_day")
    year, month = divmod(day.year * 12 + day.month - 1 + amount * months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + _days(day.day - 1), following - _days(1))


def working_days(after: date, until: date, nation: Nation) -> int:
    """Working days of the nation after `after` up to and including `until`; negative backwards. Raises UnknownValue."""
    if until < after:
        return -working_days(until, after, nation)
    days = (after + _days(number) for number in range(1, (until - after).days + 1))
    return sum(is_working_day(day, nation) for day in days)


def _days(count: int) -> timedelta:
    return timedelta(days=count)
