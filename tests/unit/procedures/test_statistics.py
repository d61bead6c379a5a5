"""Statistics without sensitive content: what a reader may count, and what nobody may work out from it."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relto.base.nations import Nation
from relto.procedures.packs.registry import procedures
from relto.procedures.statistics import (
    FEWEST,
    QuarterOfProcedure,
    Run,
    StepTaken,
    hidden_where_few,
    quarter_of,
    statistics,
)

USA, IND = Nation("USA"), Nation("IND")
OPENED = datetime(2026, 10, 5, 12, tzinfo=UTC)
PACKS = {"visit": procedures()["visit"]}


def run(*days: int, returned: bool = False, state: str = "approved") -> Run:
    """A visit that was submitted, forwarded and approved, each so many days after the step before."""
    at = OPENED
    steps = []
    path = [("submit", "draft", "submitted", "asking")]
    if returned:
        path += [("return", "submitted", "returned", "asking"), ("submit", "returned", "submitted", "asking")]
    path += [("forward", "submitted", "forwarded", "asking"), ("approve", "forwarded", "approved", "answering")]
    for number, (step, before, after, side) in enumerate(path):
        at += timedelta(days=days[number] if number < len(days) else 1)
        steps.append(StepTaken(step, before, after, at, side))
    return Run("visit", OPENED, state, steps)


def only(*runs: Run) -> QuarterOfProcedure:
    found = statistics(runs, PACKS, USA)
    return found[0]


def test_turnaround_is_told_for_each_step_and_side() -> None:
    found = only(*(run(1, 2, wait) for wait in (3, 4, 5, 6, 7, 8, 9, 10, 11, 40)))
    days = {(one.step, one.side): (one.taken.shown, one.median, one.nine_of_ten) for one in found.days}
    assert days == {
        ("submit", "asking"): (10, 1, 1),
        ("forward", "asking"): (10, 2, 2),
        ("approve", "answering"): (10, 7, 11),
    }
    assert (found.quarter, found.opened.shown, found.states["approved"].shown) == ("2026-Q4", 10, 10)


def test_first_pass_is_what_was_never_returned() -> None:
    found = only(*(run() for _ in range(7)), *(run(returned=True) for _ in range(4)))
    assert (found.sent.shown, found.passed_first.shown) == (11, 7)


def test_a_single_returned_request_is_not_named_by_subtraction() -> None:
    found = only(*(run() for _ in range(7)), run(returned=True))
    assert (found.sent.shown, found.passed_first.hidden) == (8, True)


def test_days_of_few_cases_are_not_shown() -> None:
    found = only(run(), run())
    assert found.opened.hidden
    assert all(one.taken.hidden and one.median is None and one.nine_of_ten is None for one in found.days)


@given(st.lists(st.integers(0, 50), max_size=12))
def test_no_count_that_names_a_case_can_be_worked_out(counts: list[int]) -> None:
    told = hidden_where_few(counts)
    hidden = [count for count, one in zip(counts, told, strict=True) if one.hidden]
    assert all(one.hidden for count, one in zip(counts, told, strict=True) if 0 < count < FEWEST)
    assert all(one.shown == count for count, one in zip(counts, told, strict=True) if not one.hidden)
    if len([count for count in counts if count]) > 1:
        assert len(hidden) != 1


def test_quarters_are_the_own_nations_and_the_newest_comes_first() -> None:
    at = datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert (quarter_of(at, USA), quarter_of(at, IND), quarter_of(at, Nation("FRA"))) == (
        "2026-Q4",
        "2027-Q1",
        "2026-Q4",
    )
    late = run(1, 2, 120)
    assert [one.quarter for one in statistics([late], PACKS, USA)] == ["2027-Q1", "2026-Q4"]
    assert [one.quarter for one in statistics([late], PACKS, USA, since="2027-Q1")] == ["2027-Q1"]
    assert statistics([Run("no_such", OPENED, "x", [])], PACKS, USA) == ()


def test_nothing_goes_in_that_could_name_an_item_or_a_person() -> None:
    """Capability 20: no item title or person name can appear, for none can be given."""
    assert {one.name for one in fields(Run)} == {"procedure", "opened", "state", "steps"}
    assert {one.name for one in fields(StepTaken)} == {"step", "before", "state", "at", "side"}
