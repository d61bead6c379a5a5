"""How the working group's loop does, in counts and days: right for a hand-made year, and silent about small numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relto.alignment.measures import (
    AGES,
    DECIDED_TO_ENFORCED,
    DRAFT,
    GIVEN_TO_DONE,
    QUESTION,
    RAISED_TO_ANSWERED,
    RAISED_TO_DECIDED,
    RAISED_TO_ENFORCED,
    TASK,
    Decided,
    Measures,
    Thing,
    measures,
)
from relto.base.nations import Nation
from relto.procedures.statistics import FEWEST

USA, IND = Nation("USA"), Nation("IND")
END = datetime(2026, 12, 31, tzinfo=UTC)
BEGIN = END - timedelta(days=365)


def at(days: int) -> datetime:
    return BEGIN + timedelta(days=days)


def question(opened: int, answered: int | None, decided: int | None, enforced: int | None) -> Thing:
    """A divergence of the USA, by the days at which things happened."""
    return Thing(
        kind=QUESTION,
        opened_by=USA,
        opened=at(opened),
        answered={} if answered is None else {IND: at(answered)},
        decided=None if decided is None else at(decided),
        enforced=None if enforced is None else at(enforced),
        is_open=decided is None,
    )


def measured(things: list[Thing], decided: list[Decided] | None = None) -> Measures:
    return measures(things, decided or [], [IND, USA], BEGIN, END)


def spans(found: Measures) -> dict[tuple[str, str], tuple[int | None, int | None, int | None]]:
    return {(one.code, one.side): (one.ended.shown, one.median, one.nine_of_ten) for one in found.spans}


def test_days_from_raised_to_decided_to_enforced() -> None:
    found = measured([question(day, day + 3, day + 40 + day, day + 100) for day in (0, 10, 20)])
    assert spans(found) == {
        (RAISED_TO_ANSWERED, "IND"): (3, 3, 3),
        (RAISED_TO_DECIDED, ""): (3, 50, 60),
        (RAISED_TO_ENFORCED, ""): (3, 100, 100),
    }


def test_what_began_before_the_period_counts_whole_and_what_ended_outside_it_does_not() -> None:
    old = [question(-400, None, 10, None)] * FEWEST
    found = measured([*old, question(0, None, 500, None)])
    assert spans(found)[RAISED_TO_DECIDED, ""] == (3, 410, 410)


def test_a_stretch_that_few_went_through_shows_neither_count_nor_days() -> None:
    found = measured([question(0, 5, 40, None), question(0, 6, 41, None)])
    assert set(spans(found).values()) == {(None, None, None)}


def test_proposals_and_actions_have_their_own_stretches() -> None:
    drafts = [Thing(DRAFT, IND, at(0), {USA: at(2)}, at(30), at(45), is_open=False)] * FEWEST
    tasks = [Thing(TASK, IND, at(0), {}, None, at(21), is_open=False)] * FEWEST
    found = spans(measured([*drafts, *tasks]))
    assert found[DECIDED_TO_ENFORCED, ""] == (3, 15, 15)
    assert found[GIVEN_TO_DONE, ""] == (3, 21, 21)


def test_what_is_open_stands_by_its_age_and_a_single_hidden_part_is_hidden_with_another() -> None:
    ages = [1] * 5 + [60] * 4 + [200]
    found = measured([question(365 - days, None, None, None) for days in ages])
    ageing = next(one for one in found.ageing if one.kind == QUESTION)
    assert ageing.open.shown == 10
    shown = {age: count.shown for age, count in ageing.ages.items()}
    assert shown == {"month": 5, "quarter": None, "half_year": 0, "year": None, "older": 0}


def test_refusals_are_counted_by_rule_and_shares_as_counts() -> None:
    refused = [Decided(permitted=False, refused_by=("R1", "R2"), rested_on_unconfirmed=True)] * 4
    rare = [Decided(permitted=False, refused_by=("R3",), rested_on_unconfirmed=False)] * 2
    fine = [Decided(permitted=True, refused_by=(), rested_on_unconfirmed=False)] * 10
    found = measured([], [*refused, *rare, *fine]).refusals
    assert (found.weighed, found.refused.shown, found.on_unconfirmed.shown) == (16, 6, 4)
    assert {rule: count.shown for rule, count in found.by_rule.items()} == {"R1": 4, "R2": 4, "R3": None}


@given(st.lists(st.integers(min_value=0, max_value=800), max_size=30))
def test_no_count_that_would_name_a_case_is_ever_shown(ages: list[int]) -> None:
    found = measured([question(365 - days, None, None, None) for days in ages])
    for one in found.ageing:
        shown = [count.shown for count in (one.open, *one.ages.values())]
        assert all(count is None or count == 0 or count >= FEWEST for count in shown)
        hidden = [count for count in one.ages.values() if count.hidden]
        assert one.open.hidden or len(hidden) != 1 or sum(c.shown or 0 for c in one.ages.values()) == 0
    assert {age for _, age in AGES} == set(found.ageing[0].ages)
