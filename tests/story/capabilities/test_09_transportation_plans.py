"""Capability 9 (domain.md section 9): two-key approval of transportation plans."""

from __future__ import annotations

import pytest

from relto.base.errors import Conflict, Refused
from relto.base.nations import Nation
from relto.services.dossiers import StepStopped
from tests.support.crossing_stories import (
    PACKED,
    TAKEN_OVER,
    approved_plan,
    at,
    item,
    on_its_way,
    parties,
    plan_form,
    staff,
)
from tests.support.houses import IND, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])


@BOTH_WAYS
def test_a_plan_with_one_approval_stays_unusable_and_a_forwarder_entered_as_representative_is_refused(
    two: TwoHouses, sender: Nation
) -> None:
    """A plan approved by the sender's authority only stays unusable; a forwarder entered as DGR is refused."""
    staff(two)
    thing, other = item(two, sender), OTHER[sender]
    firm = {
        "forwarder": True,
        "forwarder_name": "A forwarding firm",
        "forwarder_contract": True,
        "forwarder_custody": False,
    }
    as_representative = plan_form(two, sender, thing, **firm, sender_representative_office="A Forwarding Firm")
    view = two.begin(sender, "security_officer", "freight", as_representative)
    with pytest.raises(StepStopped) as refused:
        two.take(sender, "security_officer", view.number, "submit")
    (found,) = [one for one in refused.value.weighed if one.finding.code == "freight.forwarder_is_representative"]
    assert found.stops
    assert "ISA-37" in found.finding.rules

    two.write(sender, "security_officer", view.number, plan_form(two, sender, thing, **firm))
    two.take(sender, "security_officer", view.number, "submit")
    two.told(sender, "release_officer", view.number, "approve_sender")
    assert (two.state(sender, view.number), two.state(other, view.number)) == ("approved_by_sender",) * 2
    with pytest.raises(Conflict):
        two.take(sender, "representative", view.number, "accept", answers=PACKED)
    with pytest.raises(Refused):
        two.take(sender, "release_officer", view.number, "approve_recipient", answers={})

    representative = two.nodes[other].people["representative"]
    firm_there = {"recipient_representative": representative, "recipient_representative_office": "a forwarding  firm"}
    with pytest.raises(StepStopped) as refused:
        two.take(other, "release_officer", view.number, "approve_recipient", answers=firm_there)
    assert "freight.forwarder_is_representative" in {one.finding.code for one in refused.value.weighed if one.stops}
    no_role = {"recipient_representative": two.nodes[other].people["registrar"], "recipient_representative_office": "O"}
    with pytest.raises(StepStopped) as refused:
        two.take(other, "release_officer", view.number, "approve_recipient", answers=no_role)
    assert "freight.representative_role" in {one.finding.code for one in refused.value.weighed}

    named = {"recipient_representative": representative, "recipient_representative_office": "Office of the authority"}
    two.told(other, "release_officer", view.number, "approve_recipient", answers=named)
    assert two.state(sender, view.number) == "approved"
    assert two.detail(sender, "security_officer", view.number).answers["recipient_representative"] == representative
    on_its_way(two, sender, view.number)
    assert two.state(other, view.number) == "in_transit"


def test_repeated_shipments_go_under_notices_of_their_own(two: TwoHouses) -> None:
    """A plan for repeated shipments carries none itself; a notice under it runs through both governments' hands."""
    staff(two)
    thing = item(two, IND)
    plan = approved_plan(two, IND, thing, kind="repeated")
    with pytest.raises(StepStopped) as refused:
        two.take(IND, "representative", plan, "accept", answers=PACKED)
    found = {one.finding.code for one in refused.value.weighed}
    assert "freight.repeated_needs_notice" in found

    notice = {**parties(two, IND, thing), "plan": plan, "carrier": "The carrier, 117"}
    number = two.begin(IND, "security_officer", "consignment", notice).number
    assert two.detail(IND, "security_officer", number).view.parent == plan
    two.take(IND, "security_officer", number, "submit")
    two.told(IND, "release_officer", number, "give_notice")
    assert two.state(USA, number) == "noticed"
    on_its_way(two, IND, number)
    two.told(USA, "representative", number, "receive", answers=TAKEN_OVER)
    received = {"contents_agree": "agree", "receipt_signed_on": at(31)[:10]}
    two.told(USA, "security_officer", number, "deliver", answers=received)
    assert two.state(IND, number) == "delivered"

    outside = {**notice, "departure": at(150), "arrival": at(151)}
    late = two.begin(IND, "security_officer", "consignment", outside).number
    with pytest.raises(StepStopped) as refused:
        two.take(IND, "security_officer", late, "submit")
    assert "consignment.outside_plan_period" in {one.finding.code for one in refused.value.weighed}


def test_an_approval_taken_back_stops_the_plan(two: TwoHouses) -> None:
    """What narrows wins: the recipient's authority takes its approval back, and nothing starts from the plan."""
    staff(two)
    plan = approved_plan(two, USA, item(two, USA))
    two.told(IND, "release_officer", plan, "revoke_recipient", answers={"why": "The representative is ill"})
    assert two.state(USA, plan) == "withdrawn"
    with pytest.raises(Conflict):
        two.take(USA, "representative", plan, "accept", answers=PACKED)
