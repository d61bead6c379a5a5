"""Clocks of procedures: each nation's own limit on its own calendar, and a gap where no rule is loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.dues import due_instants, looking_instants
from relto.procedures.forms.form import When
from relto.procedures.limits import ProcedureLimits
from relto.procedures.procedure import Clock
from relto.rules.provisions import Provision
from tests.unit.services.dossiers.request import PROCEDURE

USA, IND = Nation("USA"), Nation("IND")
SIDES = {"asking": USA, "answering": IND}
LIMIT = "visit.lead_time"


def provision(nation: str, value: Any, unit: str, *, confirmed: bool = True) -> Provision:
    record = {"parameters": {LIMIT: {"value": value, "unit": unit}}}
    return Provision(f"{nation}-rule", nation, "visit", "", "", None, None, "read", confirmed, "direct", record)


def dues(since: datetime, answers: dict[str, Any], *rules: Provision, **clock: Any) -> dict[str, Any]:
    """Nation -> when the clock runs out, in its zone's own words."""
    one = Clock("notice", LIMIT, frozenset({"draft"}), **clock)
    limits = ProcedureLimits({rule.id: rule for rule in rules})
    found = due_instants(replace(PROCEDURE, clocks=(one,)), "draft", since, answers, limits, sides=SIDES)
    return {due.nation: due.at for due in found}


def test_working_days_skip_diwali_in_india_and_thanksgiving_in_the_usa() -> None:
    both = (provision("USA", 2, "working_day"), provision("IND", 2, "working_day"))
    # Thursday 28 October 2027; Diwali is the Friday after.
    assert dues(datetime(2027, 10, 28, 9, tzinfo=UTC), {}, *both) == {
        "USA": datetime(2027, 11, 2, 3, 59, 59, tzinfo=UTC),
        "IND": datetime(2027, 11, 2, 18, 29, 59, tzinfo=UTC),
    }
    # Wednesday 24 November 2027; Thanksgiving is the Thursday after.
    assert dues(datetime(2027, 11, 24, 15, tzinfo=UTC), {}, *both) == {
        "USA": datetime(2027, 11, 30, 4, 59, 59, tzinfo=UTC),
        "IND": datetime(2027, 11, 26, 18, 29, 59, tzinfo=UTC),
    }


def test_notice_before_a_date_leaves_the_whole_limit() -> None:
    both = (provision("USA", 5, "working_day"), provision("IND", 1, "week"))
    found = dues(datetime(2027, 1, 4, tzinfo=UTC), {"begins": "2027-11-29"}, *both, counts_from="begins", before=True)
    assert found == {
        # The end of Sunday the 21st: 22, 23, 24, 26 and 29 are left.
        "USA": datetime(2027, 11, 22, 4, 59, 59, tzinfo=UTC),
        "IND": datetime(2027, 11, 22, 18, 29, 59, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("value", "unit", "ends"),
    [
        (24, "hour", datetime(2027, 1, 9, 12, tzinfo=UTC)),
        (1, "month", datetime(2027, 2, 9, 4, 59, 59, tzinfo=UTC)),
        (1, "year", datetime(2028, 1, 9, 4, 59, 59, tzinfo=UTC)),
        (3, "day", datetime(2027, 1, 12, 4, 59, 59, tzinfo=UTC)),
        (24, "working_hour", datetime(2027, 1, 11, 12, tzinfo=UTC)),  # over a weekend
        (2, "layer", None),
        ("SECRET", "level", None),
        (400, "month", datetime(2060, 5, 9, 3, 59, 59, tzinfo=UTC)),
    ],
)
def test_each_unit_is_counted_in_the_nations_own_days(value: Any, unit: str, ends: datetime | None) -> None:
    found = dues(datetime(2027, 1, 8, 12, tzinfo=UTC), {}, provision("USA", value, unit), side="asking")
    assert found == {"USA": ends}


def test_where_the_calendar_ends_nothing_is_guessed() -> None:
    assert dues(datetime(2035, 12, 20, tzinfo=UTC), {}, provision("IND", 30, "working_day"), side="answering") == {
        "IND": None
    }


def test_working_hours_of_notice_end_before_the_weekend() -> None:
    found = dues(
        datetime(2027, 1, 4, tzinfo=UTC), {"begins": "2027-01-11T15:00:00Z"}, provision("USA", 24, "working_hour"),
        counts_from="begins", before=True, side="asking",
    )  # fmt: skip
    assert found == {"USA": datetime(2027, 1, 8, 15, tzinfo=UTC)}


def test_a_nation_without_a_rule_is_a_gap_and_never_borrows() -> None:
    assert dues(datetime(2027, 1, 8, tzinfo=UTC), {}, provision("IND", 6, "week")) == {
        "USA": None,
        "IND": datetime(2027, 2, 19, 18, 29, 59, tzinfo=UTC),
    }


def test_a_clock_runs_only_where_its_answers_say_so() -> None:
    since, rule = datetime(2027, 1, 8, tzinfo=UTC), provision("USA", 1, "day")
    when = When("recurring", (True,))
    assert dues(since, {}, rule, when=when) == {}
    assert set(dues(since, {"recurring": True}, rule, when=when)) == {"USA", "IND"}
    assert dues(since, {}, rule, counts_from="begins") == {}
    assert dues(since, {"begins": "no date"}, rule, counts_from="begins") == {}


def test_the_node_looks_when_a_day_begins_and_when_it_has_passed() -> None:
    after = datetime(2027, 1, 1, tzinfo=UTC)
    assert looking_instants({"ends": "2027-03-05", "begins": "2026-12-01", "level": "SECRET"}, [IND], after) == [
        datetime(2027, 3, 4, 18, 30, tzinfo=UTC),
        datetime(2027, 3, 5, 18, 30, tzinfo=UTC),
    ]
