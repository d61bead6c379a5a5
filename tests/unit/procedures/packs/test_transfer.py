"""Transfers through government channels: the exact item, who overrides what, every hop, the chase."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.base.errors import Conflict
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.procedures.packs import custody
from relto.procedures.packs.exact_items import overridden_lines, uncovered_lines
from relto.procedures.packs.transfer import PROCEDURE, TABLE
from relto.procedures.procedure import Dossier, Taken
from relto.procedures.table import advance
from tests.support.crossing_forms import ITEM, LICENCE
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.transfer import transfer
from tests.support.known import IND, NOW, USA

BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])
HOPS = ("accept", "dispatch", "receive", "deliver", "return_receipt")
BEFORE = ("cleared", custody.DGR_ACCEPTED, custody.IN_TRANSIT, custody.DGR_RECEIVED, custody.DELIVERED)


def codes(filed: Filed, *, stopping: bool = True) -> set[str]:
    return {one.finding.code.partition(".")[2] for one in judge(filed) if one.stops or not stopping}


def taken(step: str, **answers: Any) -> Taken:
    return Taken(step, "submitted", NOW, "asking", "prs_a", answers)


def cleared(filed: Filed, *steps: Taken, **cover: bool) -> Filed:
    """The release check on the first line, which a release or its class covers as `cover` says."""
    covers = {ITEM: replace(filed.known.covers[ITEM], **cover)}  # type: ignore[arg-type]
    return replace(filed.with_known(covers=covers), step="clear", steps=steps)


@BOTH_WAYS
def test_a_class_is_no_cover_and_two_people_take_a_line_on_themselves(sender: Nation) -> None:
    filed = transfer(seeded(1), sender, "government_courier")
    filed = filed.with_answers(items=filed.answers["items"][:1])
    assert codes(cleared(filed, exact=True)) == set()
    assert codes(cleared(filed, exact=False)) == {"class_cover"}
    override = taken("override", lines=[{"line": 1}], why="It is the one that is meant")
    assert codes(cleared(filed, taken("submit"), override, exact=False)) == set()
    # What was sent back and submitted again is looked at again.
    again = cleared(filed, taken("submit"), override, taken("send_back"), taken("submit"), exact=False)
    assert codes(again) == {"class_cover"}
    other_line = taken("override", lines=[{"line": 2}], why="It is the one that is meant")
    assert codes(cleared(filed, other_line, exact=False)) == {"class_cover"}
    assert PROCEDURE.step("override").persons == 2


def test_what_nothing_covers_stops_and_is_not_overridable() -> None:
    filed = transfer(seeded(1), USA, "government_courier")
    override = taken("override", lines=[{"line": 1}], why="urgent")
    nothing = cleared(filed, override, exact=False, by_class=False)
    assert codes(nothing) == {"not_covered"}
    asking = replace(nothing, step="override", step_answers={"lines": [{"line": 1}], "why": "urgent"}, steps=())
    assert codes(asking) == {"not_overridable"}


def test_a_line_of_a_licence_counts_when_the_licence_stands_and_its_scope_is_certified() -> None:
    filed = transfer(seeded(1), USA, "government_courier")
    line = {**filed.answers["items"][0], "cover": "licence_line", "authorisation": LICENCE, "licence_line": "Line 4"}
    line.pop("item")
    filed = filed.with_answers(items=[line])
    assert codes(replace(filed, step="clear")) == set()
    assert codes(filed.with_answers(certified_on=None)) == {"scope_not_certified"}
    ended = replace(
        filed.known.authorisations[LICENCE], valid=replace(filed.known.authorisations[LICENCE].valid, end=NOW)
    )
    late = filed.with_known(authorisations={LICENCE: ended})
    assert codes(late) == {"authorisation_not_valid"}
    assert uncovered_lines(late.answers, late.known) == {1: "not_covered"}


def test_a_line_stated_as_class_is_told_while_the_form_is_written() -> None:
    filed = transfer(seeded(1), USA, "government_courier")
    line = {**filed.answers["items"][0], "cover": "class", "authorisation": LICENCE}
    line.pop("item")
    filed = filed.with_answers(items=[line])
    assert "class_cover_ahead" in codes(filed, stopping=False)
    assert codes(filed) == set()
    assert codes(replace(filed, step="clear")) == {"class_cover"}


@given(st.lists(st.sampled_from(["submit", "override", "clear", "send_back"]), max_size=8))
def test_overrides_count_only_since_the_form_was_last_submitted(names: list[str]) -> None:
    steps = [taken(name, lines=[{"line": number}]) for number, name in enumerate(names, start=1)]
    filed = transfer(seeded(1), USA)
    dossier = Dossier("TRF-2026-0001", "transfer", "submitted", "asking", filed.answers, NOW, steps)
    since = max((number for number, name in enumerate(names) if name == "submit"), default=-1)
    expected = {number for number, name in enumerate(names, start=1) if name == "override" and number > since + 1}
    assert overridden_lines(dossier) == expected


@BOTH_WAYS
def test_no_hop_can_be_left_out(sender: Nation) -> None:
    for number, step in enumerate(HOPS):
        transition = TABLE.transition(step)
        actor = Actor("prs_a", sender, "C", None, transition.roles, frozenset())
        for state in TABLE.states:
            if state == BEFORE[number]:
                assert advance(TABLE, state, step, actor=actor, held=transition.guards, side=transition.side)
                continue
            with pytest.raises(Conflict):
                advance(TABLE, state, step, actor=actor, held=transition.guards, side=transition.side)
    chain = [TABLE.transition(step) for step in HOPS]
    assert all(before.target in after.sources for before, after in pairwise(chain))
    assert [one.side for one in chain] == ["asking", "asking", "answering", "answering", "asking"]
    assert {str(role) for one in chain[:3] for role in one.roles} == {"government_representative"}


def test_day_46_is_the_first_day_of_the_follow_up_and_india_has_no_such_day_loaded() -> None:
    for sender in (USA, IND):
        filed = transfer(seeded(1), sender, "government_courier")
        for days, stops in ((45, True), (46, False)):
            sent = filed.with_answers(dispatched=instant_text(NOW - timedelta(days=days)))
            asked = replace(sent, step="follow_up", step_answers={"asked": "recipient"})
            found = codes(asked, stopping=False)
            assert ("receipt_not_overdue" in codes(asked)) == (stops and sender == USA)
            assert ("no_receipt_limit_loaded" in found) == (sender == IND)


def test_electronically_only_under_a_plan_of_both_authorities() -> None:
    filed = transfer(seeded(1), IND, "electronic")
    assert codes(filed) == set()
    assert codes(filed.with_answers(plan_approved_sender=None)) == {"plan_not_approved"}
    assert codes(filed.with_answers(plan_approved_sender="2027-01-01")) == {"plan_approved_ahead"}
    assert "form.empty" in {one.finding.code for one in judge(filed.with_answers(way="government_pouch"))}


def test_storage_is_asked_again_when_it_is_delivered() -> None:
    filed = replace(transfer(seeded(1), USA, "government_courier"), side="answering")
    given_ = {"contents_agree": "agree", "receipt_signed_on": str(NOW.date())}
    delivering = replace(filed, step="deliver", step_answers=given_)
    assert codes(delivering) == set()
    code = filed.answers["recipient_facility"]
    without = {**filed.known.facilities, code: replace(filed.known.facilities[code], safeguarding="")}
    assert "recipient_no_storage" in codes(delivering.with_known(facilities=without))


@pytest.mark.parametrize("state", sorted(custody.SUSPENSE))
def test_a_wrong_item_is_stopped_wherever_it_is_found(state: str) -> None:
    names = {one.name for one in TABLE.transitions if state in one.sources and one.target == "wrong_item"}
    assert "recall_wrong_item" in names
    assert ("report_wrong_item" in names) == (state != custody.IN_TRANSIT)


def test_a_nation_is_not_told_which_item_or_licence_of_the_register_it_is() -> None:
    hidden = {"item", "authorisation", "licence_line", "cover"}
    lines = PROCEDURE.form.field("items")
    assert not {one.code for one in lines.fields if one.shared} & hidden
    assert not PROCEDURE.form.field("certified_by").shared


def test_the_nation_is_a_code_like_any_other() -> None:
    """A party that is neither of the two is no partner before the agreement has it."""
    filed = transfer(seeded(1), USA, "government_courier")
    assert "partner_no_party" in codes(filed.with_answers(partner=Nation("FRA")))


def test_what_a_later_step_fills_in_is_not_written_beforehand_and_the_recipient_reads_it() -> None:
    filed = transfer(seeded(1), USA, "government_courier").with_answers(dispatched=instant_text(NOW))
    assert codes(filed) == {"filled_in_later"}
    there = filed.with_known(side="answering", nation=IND, partner=USA, at=NOW + timedelta(days=100))
    assert not codes(there) & {"filled_in_later", "departure_past"}
