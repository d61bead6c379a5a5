"""Comparability visits: planned by two, reported topic by topic, without anything sensitive (GSO-32)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.base.errors import Conflict, Refused
from relto.procedures.packs.consultation_visit import PROCEDURE
from relto.procedures.table import follow, waits_on
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.consultation_visit import CLEAN, reported

SEEDS = range(20)


def stopping(filed: Filed) -> set[str]:
    return {one.finding.code for one in judge(filed) if one.stops}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_and_its_report_pass(seed: int) -> None:
    filed = CLEAN(seeded(seed))
    assert stopping(filed) == set()
    assert stopping(reported(filed)) == set()


def test_days_may_be_offered_back_and_forth_until_one_side_agrees() -> None:
    state = "draft"
    told = [
        ("propose", "asking"),
        ("offer_other_days", "answering"),
        ("propose_again", "asking"),
        ("offer_other_days", "answering"),
        ("accept_days", "asking"),
    ]
    for step, side in told:
        state = follow(PROCEDURE.table, state, step, side=side)
    assert state == "agreed"
    with pytest.raises(Refused, match="side"):
        follow(PROCEDURE.table, "proposed", "agree", side="asking")


def test_days_that_are_offered_lie_ahead() -> None:
    filed = CLEAN(seeded(1))
    host = filed.answers["host_nation"]
    facts = replace(filed.known, nation=host, partner=filed.known.nation, side="answering", roster={})
    days = {"first_day": "2026-11-02", "last_day": "2026-11-03", "why": "Another visit is there"}
    offered = replace(
        filed, step="offer_other_days", state="proposed", side="answering", step_answers=days, known=facts
    )
    assert stopping(offered) == {"consultation_visit.in_the_past"}


def test_a_report_is_of_what_was_held_and_the_visited_side_has_the_last_word() -> None:
    filed = reported(CLEAN(seeded(2)))
    assert stopping(filed.with_step_answers(held_until="2026-12-24")) == {"consultation_visit.not_yet"}
    assert follow(PROCEDURE.table, "reported", "send_back", side="answering") == "agreed"
    assert waits_on(PROCEDURE.table, "reported") == {"co_chair"}
    with pytest.raises(Conflict):
        follow(PROCEDURE.table, "closed", "cancel", side="asking")


def test_no_name_of_a_delegate_crosses() -> None:
    rows = PROCEDURE.form.field("delegates").fields
    assert [row.code for row in rows if not row.shared] == ["name"]
