"""Working days are counted in the nation's own zone and calendar, and never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.calendars import (
    CALENDARS,
    TZ_DATABASE_VERSION,
    add_working_days,
    holiday_codes,
    is_working_day,
    local_date,
    working_days_between,
)
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation

USA, IND = Nation("USA"), Nation("IND")


def at(text: str) -> Instant:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_each_nation_has_its_own_holidays() -> None:
    assert holiday_codes(date(2026, 11, 26), USA) == ("usa.thanksgiving-day",)
    assert not is_working_day(date(2026, 11, 26), USA)
    assert is_working_day(date(2026, 11, 26), IND)
    assert not is_working_day(date(2026, 1, 26), IND)
    assert not is_working_day(date(2026, 11, 28), USA)
    assert not is_working_day(date(2026, 7, 3), USA)


def test_the_date_is_the_nation_s_own() -> None:
    moment = at("2026-11-24T20:00:00+00:00")
    assert local_date(moment, USA) == date(2026, 11, 24)
    assert local_date(moment, IND) == date(2026, 11, 25)


def test_a_deadline_is_the_end_of_the_last_working_day() -> None:
    wednesday = at("2026-11-25T15:00:00-05:00")
    assert add_working_days(wednesday, 1, USA) == at("2026-11-27T23:59:59-05:00")
    # It is Thursday in Delhi already, so the next working day there is Friday.
    assert add_working_days(wednesday, 1, IND) == at("2026-11-27T23:59:59+05:30")
    assert working_days_between(wednesday, at("2026-11-30T09:00:00-05:00"), USA) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 60),
    st.sampled_from([USA, IND]),
)
def test_adding_and_counting_agree(start: Instant, count: int, nation: Nation) -> None:
    deadline = add_working_days(start, count, nation)
    assert working_days_between(start, deadline, nation) == count
    assert working_days_between(deadline, start, nation) == -working_days_between(start, deadline, nation)
    assert is_working_day(local_date(deadline, nation), nation)


def test_no_calendar_and_no_year_is_made_up() -> None:
    with pytest.raises(UnknownValue):
        is_working_day(date(2026, 1, 2), Nation("FRA"))
    with pytest.raises(UnknownValue):
        is_working_day(date(2040, 1, 2), IND)
    with pytest.raises(UnknownValue):
        add_working_days(at("2035-12-30T00:00:00+00:00"), 5, IND)
    for count in (0, -1, 5001):
        with pytest.raises(MalformedInput):
            add_working_days(at("2026-01-01T00:00:00+00:00"), count, USA)
    with pytest.raises(MalformedInput):
        local_date(datetime(2026, 1, 1), USA)  # noqa: DTZ001  the naive instant is the fault


def test_what_is_not_confirmed_is_said_and_versions_can_be_recorded() -> None:
    assert not any(calendar.confirmed for calendar in CALENDARS.values())
    assert TZ_DATABASE_VERSION[:4].isdigit()
