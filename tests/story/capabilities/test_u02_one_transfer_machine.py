"""U-02 (needs.md): one machine for a transfer between two governments.

A signed receipt at each hop, a clock, an exact check of the item; and what happens when the wrong one went (N-10).
"""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, Refused
from relto.base.nations import Nation
from relto.services.dossiers import StepStopped
from relto.store.models import LedgerEntry
from tests.support.crossing_stories import PACKED, TAKEN_OVER, at, item, on_its_way, staff, transfer_form
from tests.support.houses import IND, USA
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services.stories import seal_item

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])


def submitted(two: TwoHouses, sender: Nation, item_id: str) -> str:
    view = two.begin(sender, "security_officer", "transfer", transfer_form(two, sender, item_id))
    two.take(sender, "security_officer", view.number, "submit")
    return view.number


@BOTH_WAYS
def test_no_representative_is_skipped_day_46_raises_a_follow_up_and_an_override_needs_a_second_person(
    two: TwoHouses, sender: Nation
) -> None:
    """Skipping a DGR is impossible; day 46 raises a follow-up; an override without a second person is refused."""
    staff(two)
    other = OTHER[sender]
    number = submitted(two, sender, item(two, sender, exactly=False))
    with pytest.raises(StepStopped) as stopped:
        two.take(sender, "release_officer", number, "clear")
    assert [one.finding.code for one in stopped.value.weighed if one.stops] == ["transfer.class_cover"]

    override = {"lines": [{"line": 1}], "why": "The item is the one that the licence means"}
    two.take(sender, "release_officer", number, "override", answers=override)
    with pytest.raises(Conflict):
        two.take(sender, "release_officer", number, "override", answers=override)
    with pytest.raises(StepStopped):
        two.take(sender, "release_officer", number, "clear")
    done = two.take(sender, "second_officer", number, "override")
    step = done.steps[-1]
    assert (step.step, step.answers["why"]) == ("override", override["why"])
    two.told(sender, "release_officer", number, "clear")

    with pytest.raises(Conflict):
        two.take(sender, "representative", number, "dispatch", answers={"dispatched": at(0)})
    with pytest.raises(Refused):
        two.take(sender, "security_officer", number, "accept", answers=PACKED)
    with pytest.raises(Conflict):
        two.take(other, "security_officer", number, "deliver", answers={})
    on_its_way(two, sender, number)
    with pytest.raises(Refused):
        two.take(other, "security_officer", number, "receive", answers=TAKEN_OVER)
    with pytest.raises(Refused):
        two.take(sender, "representative", number, "receive", answers=TAKEN_OVER)

    asked = {"asked": "own_authority"}
    two.forward(days=45)
    if sender == USA:
        with pytest.raises(StepStopped) as stopped:
            two.take(sender, "security_officer", number, "follow_up", answers=asked)
        assert "transfer.receipt_not_overdue" in {one.finding.code for one in stopped.value.weighed}
    two.forward(days=1)
    (due,) = [one for one in two.detail(sender, "security_officer", number).view.due if one.clock == "receipt"]
    # India has no such limit loaded: no due day is made up, and the follow-up says so.
    assert (due.overdue, due.gap) == ((True, False) if sender == USA else (False, True))
    two.told(sender, "security_officer", number, "follow_up", answers=asked)
    two.told(other, "representative", number, "receive", answers=TAKEN_OVER)
    assert two.state(sender, number) == "dgr_received"


def test_a_wrong_item_is_held_ordered_back_confirmed_by_two_and_learned_from(two: TwoHouses) -> None:
    """The recovery that nobody had: each step by the right side, on both ledgers."""
    staff(two)
    number = submitted(two, USA, item(two, USA))
    two.told(USA, "release_officer", number, "clear")
    on_its_way(two, USA, number)
    two.told(IND, "representative", number, "receive", answers=TAKEN_OVER)
    wrong = {"line": 1, "what": "Another serial than the list says", "opened": False, "held": "sealed_away"}
    two.told(IND, "security_officer", number, "report_wrong_item", answers=wrong)
    with pytest.raises(Conflict):
        two.take(IND, "security_officer", number, "deliver", answers={})
    order = {"order": "return", "reference": "Letter 9", "do_by": at(10)[:10]}
    two.told(USA, "release_officer", number, "order_recovery", answers=order)
    done = {"done_on": at(0)[:10], "who_had_access": 0, "certificate": "Receipt 4"}
    two.told(IND, "security_officer", number, "confirm_recovery", answers=done)
    assert two.state(IND, number) == "recovering"
    two.told(IND, "representative", number, "confirm_recovery")
    lessons = {"cause": "mispacked", "change": "Two people compare serial numbers while packing"}
    two.told(USA, "release_officer", number, "close", answers=lessons)
    assert (two.state(USA, number), two.state(IND, number)) == ("closed", "closed")
    for nation in (USA, IND):
        with two.at(nation):
            assert LedgerEntry.objects.filter(event__startswith="dossier").count() >= 8


def test_what_nothing_covers_is_overridden_by_nobody(two: TwoHouses) -> None:
    """An override takes class cover on itself; it makes no cover where there is none."""
    staff(two)
    with two.at(USA) as node:
        thing = seal_item(node).id
    number = submitted(two, USA, thing)
    with pytest.raises(StepStopped) as stopped:
        two.take(USA, "release_officer", number, "override", answers={"lines": [{"line": 1}], "why": "urgent"})
    assert "transfer.not_overridable" in {one.finding.code for one in stopped.value.weighed}
