"""The shared record: lines are chains, order does not matter, nothing said is lost, nobody is preferred."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relto.alignment.divergences import IN_REVIEW, OPEN, SETTLED, WITHDRAWN, standing
from relto.alignment.shared_record import Said, entries, next_version
from relto.base.errors import Conflict
from relto.base.nations import Nation

USA, IND = Nation("USA"), Nation("IND")
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
ENTRY = "ale_" + "a" * 24


def said(nation: Nation, number: int, *, days: int = 0, word: str = "", previous: str = "", **body: object) -> Said:
    """A version whose digest names nation, number and word."""
    digest = f"{nation}{number}{word}"
    at = START + timedelta(days=days)
    return Said(ENTRY, "divergence", nation, number, previous, digest, at, {**_body(), **body})


def _body() -> dict[str, object]:
    return {"question": "q", "topic": "equivalence", "provisions": ["A"], "owner": "IND", "options": [], "state": OPEN}


LINES = [
    said(USA, 1),
    said(USA, 2, days=2, previous="USA1"),
    said(IND, 1, days=1),
    said(IND, 2, days=3, previous="IND1"),
]


@given(some.permutations(LINES), some.lists(some.sampled_from(LINES)))
def test_the_record_is_the_same_in_whatever_order_and_however_often_the_versions_came(
    order: list[Said], again: list[Said]
) -> None:
    assert entries([*order, *again]) == entries(LINES)
    found = entries(LINES)[ENTRY]
    assert [one.number for one in found.lines[USA]] == [1, 2]
    assert (found.opened_by, found.opened, found.changed) == (USA, START, START + timedelta(days=3))


def test_a_version_follows_the_one_before_it_and_is_taken_once() -> None:
    line = LINES[:1]
    assert next_version(line, LINES[1])
    assert not next_version(LINES[:2], LINES[1])
    with pytest.raises(Conflict, match="order"):
        next_version((), LINES[1])
    with pytest.raises(Conflict, match="order"):
        next_version(line, said(USA, 2, previous="another"))


def test_two_versions_under_one_number_are_evidence_and_not_a_record() -> None:
    with pytest.raises(Conflict, match="contradicted"):
        next_version(LINES[:2], said(USA, 1, word="other"))


def test_a_divergence_is_settled_when_both_say_so_and_not_before() -> None:
    def stands(*versions: Said) -> str:
        return standing(entries(versions)[ENTRY], [IND, USA], START + timedelta(days=40)).state

    assert stands(said(USA, 1)) == OPEN
    assert stands(said(USA, 1, state=SETTLED)) == OPEN
    assert stands(said(USA, 1), said(IND, 1, state=SETTLED)) == IN_REVIEW
    assert stands(said(USA, 1, state=SETTLED), said(IND, 1, state=SETTLED)) == SETTLED
    assert stands(said(USA, 1, state=WITHDRAWN)) == WITHDRAWN


def test_its_age_counts_from_the_first_word_and_its_owner_from_both() -> None:
    one = standing(
        entries([said(USA, 1), said(IND, 1, days=1, owner="USA")])[ENTRY], [IND, USA], START + timedelta(days=40)
    )
    assert (one.days, one.owner, one.disputed) == (40, None, True)
