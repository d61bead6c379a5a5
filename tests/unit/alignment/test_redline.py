"""The redline gives either text back, and compares clauses by their codes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relto.alignment.clauses import Clause
from relto.alignment.redline import (
    ADDED,
    CHANGED,
    DELETED,
    INSERTED,
    KEPT,
    REMOVED,
    SAME,
    Run,
    newer,
    older,
    redline,
    runs,
)

MOST_SECONDS = 10
TEXTS = some.text("ab .,\nक्षि\u200d\u0301", max_size=60)
CODES = some.lists(some.sampled_from(["1", "2", "2.1", "3", "annex-a"]), unique=True, max_size=5)


@given(TEXTS, TEXTS)
def test_the_runs_give_either_text_back(old: str, new: str) -> None:
    found = runs(old, new)
    assert (older(found), newer(found)) == (old, new)
    assert all(run.text for run in found)
    if old == new:
        assert {run.kind for run in found} <= {KEPT}


@given(CODES, CODES)
def test_every_clause_of_either_version_stands_once_in_the_order_of_the_newer(old: list[str], new: list[str]) -> None:
    found = redline([clause(code) for code in old], [clause(code) for code in new])
    assert sorted(one.code for one in found) == sorted({*old, *new})
    assert [one.code for one in found if one.code in new] == new
    assert {one.code for one in found if one.change == REMOVED} == {*old} - {*new}
    assert {one.code for one in found if one.change == ADDED} == {*new} - {*old}


def clause(code: str, heading: str = "Scope", **text: str) -> Clause:
    return Clause(code, heading, text or {"en": f"Clause {code} holds."})


def test_words_are_compared_in_each_language() -> None:
    old = [clause("1", en="Items are kept.", hi="मदें रखी जाती हैं।"), clause("2")]
    new = [clause("1", en="Items are kept and counted.", hi="मदें रखी जाती हैं।"), clause("2")]
    first, second = redline(old, new)
    assert (first.change, second.change) == (CHANGED, SAME)
    texts = dict(first.texts)
    assert texts["en"] == (Run(KEPT, "Items are kept"), Run(INSERTED, " and counted"), Run(KEPT, "."))
    assert {run.kind for run in texts["hi"]} == {KEPT}


def test_a_language_that_is_taken_away_is_deleted_whole() -> None:
    (found,) = redline([clause("1", en="Kept.", hi="रखा।")], [clause("1", en="Kept.")])
    assert found.change == CHANGED
    assert dict(found.texts)["hi"] == (Run(DELETED, "रखा।"),)


@pytest.mark.parametrize(
    "text", ["x y " * 1000, ". " * 2000, "".join(f"{n % 100} " for n in range(1300)), "y x x " * 660]
)
def test_texts_made_to_be_slow_are_compared_in_no_time(text: str) -> None:
    """Whoever wrote them: a partner's proposal must not keep the reader's node busy."""
    old = [clause(f"{n}", en=text[:4000]) for n in range(40)]
    new = [clause(f"{n}", en=("x " + text[::-1])[:4000]) for n in range(40)]
    started = time.process_time()
    found = redline(old, new)
    assert time.process_time() - started < MOST_SECONDS
    assert [(older(runs), newer(runs)) for one in found for _, runs in one.texts] == [
        (was.text["en"], now.text["en"]) for was, now in zip(old, new, strict=True)
    ]
