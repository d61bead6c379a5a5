"""Working days by nation: legal days use the zone and the calendar of the nation whose provision counts them.

The calendars are data in one table. What each one is, and how far to trust it, stands in its row:
* USA: the legal public holidays of federal employees (5 U.S.C. 6103) with their observed days; Saturday and Sunday off.
* IND: public holidays of the central government (gazetted), five-day week. The dates of holidays that follow the moon
  (Diwali, Holi, Eid and others) are approximate, differ by place, and are unconfirmed: the authority's notified list
  decides. The row ends where the library's dates end; a later date is refused, not guessed.

Dates come from the `holidays` library and zones from the `tzdata` package (never from the machine), so that a decision
can be replayed with the versions recorded beside it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation

TZ_DATABASE_VERSION: Final[str] = importlib.import_module("tzdata").IANA_VERSION  # the package has no type stubs
HOLIDAYS_VERSION: Final[str] = importlib.metadata.version("holidays")
MAX_WORKING_DAYS = 5000
_SATURDAY, _SUNDAY = 5, 6
_ZONE_PART: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}")


@dataclass(frozen=True, slots=True)
class NationalCalendar:
    """Which list, which zone, which weekly days off (Monday is 0), which years, and how well known."""

    code: str
    zone: str
    library_country: str
    weekly_days_off: frozenset[int]
    first_year: int
    last_year: int
    source: str
    evidence: str
    confirmed: bool


CALENDARS: Final[Mapping[Nation, NationalCalendar]] = MappingProxyType(
    {
        Nation("USA"): NationalCalendar(
            code="usa.federal",
            zone="America/New_York",
            library_country="US",
            weekly_days_off=frozenset({_SATURDAY, _SUNDAY}),
            first_year=2000,
            last_year=2099,
            source="5 U.S.C. 6103, as the holidays library computes it",
            evidence="secondary",
            confirmed=False,
        ),
        Nation("IND"): NationalCalendar(
            code="ind.central",
            zone="Asia/Kolkata",
            library_country="IN",
            weekly_days_off=frozenset({_SATURDAY, _SUNDAY}),
            first_year=2001,
            last_year=2035,
            source="Central public holidays as the holidays library lists them; lunar dates are approximate",
            evidence="secondary",
            confirmed=False,
        ),
    }
)


def calendar_of(nation: Nation) -> NationalCalendar:
    """The nation's calendar. Raises UnknownValue when none is loaded: another nation's is never used instead."""
    found = CALENDARS.get(nation)
    if found is None:
        raise UnknownValue("calendar", field="nation", found=nation, expected=", ".join(sorted(CALENDARS)))
    return found


def zone_of(nation: Nation) -> ZoneInfo:
    """The zone in which the nation's legal days begin and end. Raises UnknownValue."""
    return _zone(calendar_of(nation).zone)


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA name, such as Asia/Kolkata. Raises UnknownValue("calendar.zone")."""
    parts = name.split("/")
    if not all(_ZONE_PART.fullmatch(part) for part in parts):
        raise UnknownValue("calendar.zone", field="zone", expected="an IANA zone such as Asia/Kolkata")
    try:
        return _zone(name)
    except (OSError, ValueError) as error:
        raise UnknownValue("calendar.zone", field="zone", expected="an IANA zone such as Asia/Kolkata") from error


def local_date(moment: Instant, nation: Nation) -> date:
    """The nation's date at that instant. Raises MalformedInput for a naive instant, UnknownValue for the nation."""
    if moment.tzinfo is None:
        raise MalformedInput("instant.zone", field="instant", expected="an aware datetime")
    return moment.astimezone(zone_of(nation)).date()


def holiday_codes(day: date, nation: Nation) -> tuple[str, ...]:
    """Codes of the holidays on that date, such as `usa.thanksgiving-day`; empty when none. Raises UnknownValue."""
    calendar = calendar_of(nation)
    if not calendar.first_year <= day.year <= calendar.last_year:
        expected = f"a year from {calendar.first_year} to {calendar.last_year} for {nation}"
        raise UnknownValue("calendar.year", field="date", found=day.year, expected=expected)
    return _holidays(nation, day.year).get(day, ())


def is_working_day(day: date, nation: Nation) -> bool:
    """True when neither the weekly days off nor a holiday fall on that date. Raises UnknownValue."""
    return not holiday_codes(day, nation) and day.weekday() not in calendar_of(nation).weekly_days_off


def working_days_between(start: Instant, end: Instant, nation: Nation) -> int:
    """Working days after the nation's date of `start`, up to and including that of `end`; negative backwards.

    The day of the event itself is not counted. Raises UnknownValue outside the calendar's years.
    """
    first, last = local_date(start, nation), local_date(end, nation)
    if last < first:
        return -working_days_between(end, start, nation)
    if last == first:
        return 0
    after = first + timedelta(days=1)
    found = 0
    for year in range(after.year, last.year + 1):
        counted = _working_days_until(nation, year)
        before = after.timetuple().tm_yday - 1 if year == after.year else 0
        until = last.timetuple().tm_yday if year == last.year else -1
        found += counted[until] - counted[before]
    return found


@lru_cache(maxsize=256)
def _working_days_until(nation: Nation, year: int) -> tuple[int, ...]:
    """How many working days the year has until each of its days, by the day's number; 0 before the first."""
    day, until = date(year, 1, 1), [0]
    while day.year == year:
        until.append(until[-1] + is_working_day(day, nation))
        day += timedelta(days=1)
    return tuple(until)


def add_working_days(start: Instant, count: int, nation: Nation) -> Instant:
    """The deadline `count` (1 or more) working days after `start`: the last second of that day in the nation's zone.

    Raises MalformedInput for a count outside 1 to 5000, UnknownValue outside the calendar's years.
    """
    if not 1 <= count <= MAX_WORKING_DAYS:
        raise MalformedInput("calendar.count", field="count", found=count, expected=f"1 to {MAX_WORKING_DAYS}")
    day = local_date(start, nation)
    left = count
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day, nation)
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone_of(nation)).astimezone(UTC)


@lru_cache(maxsize=256)
def _holidays(nation: Nation, year: int) -> Mapping[date, tuple[str, ...]]:
    calendar = calendar_of(nation)
    listed = holidays.country_holidays(calendar.library_country, years=year, expand=False, language="en_US")
    return {
        day: tuple(f"{nation.lower()}.{_slug(name)}" for name in sorted(names.split("; ")))
        for day, names in listed.items()
        if day.year == year
    }


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    """From the tzdata package itself: `ZoneInfo(name)` would prefer the machine's files, of an unknown version."""
    with importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("(estimated)", "").replace("'", "")).strip("-")
