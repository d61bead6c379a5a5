"""Capability 4 (domain.md section 9): the outgoing transfer pack: plan or certificate, labels, receipts, suspense."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from relto.base.errors import Conflict, Refused
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.packs import custody
from relto.services import assurances, dossiers
from relto.services.dossiers import StepStopped
from relto.services.dossiers.papers import paper
from tests.support.crossing_stories import (
    PACKED,
    TAKEN_OVER,
    at,
    hand_carriage_form,
    item,
    on_its_way,
    staff,
    transfer_form,
)
from tests.support.houses import IND, START, USA, YEAR, add_company
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("sender", [USA, IND])


def issued(two: TwoHouses, sender: Nation, item_id: str, **changes: object) -> dossiers.DossierDetail:
    view = two.begin(sender, "security_officer", "hand_carriage", hand_carriage_form(two, sender, item_id, **changes))
    two.take(sender, "security_officer", view.number, "submit")
    return two.told(sender, "release_officer", view.number, "issue")


def handed_to_courier(two: TwoHouses, sender: Nation, number: str) -> None:
    initialled = {"notes_initialled": True, "declaration_signed": True}
    two.take(sender, "security_officer", number, "initial", answers=initialled)
    two.take(sender, "representative", number, "seal", answers={**PACKED, "wraps": 2})
    handed = {"courier_receipt_signed": True, "dispatched": instant_text(two.nodes[sender].clock.now())}
    two.told(sender, "security_officer", number, "depart", answers=handed)


@BOTH_WAYS
def test_top_secret_by_hand_is_refused_secret_gets_the_next_certificate_and_day_46_raises_a_follow_up(
    two: TwoHouses, sender: Nation
) -> None:
    """Hand carriage of TOP SECRET refused; SECRET issues certificate n+1; day 46 without receipt raises a follow-up."""
    staff(two)
    thing, other = item(two, sender), OTHER[sender]

    above = hand_carriage_form(two, sender, thing, level=f"{sender}:TOP SECRET")
    above["items"] = [{**above["items"][0], "line_level": f"{sender}:TOP SECRET"}]
    view = two.begin(sender, "security_officer", "hand_carriage", above)
    with pytest.raises(StepStopped) as refused:
        two.take(sender, "security_officer", view.number, "submit")
    (limit,) = [one for one in refused.value.weighed if one.finding.code == "hand_carriage.above_limit"]
    assert limit.stops
    assert "ISA-39" in limit.finding.rules
    assert two.state(sender, view.number) == "draft"

    first = issued(two, sender, thing)
    later = {"departure": at(50), "arrival": at(51), "return": at(54)}
    second = issued(two, sender, thing, **later)
    assert (first.answers["certificate"], second.answers["certificate"]) == (1, 2)
    known_there = two.detail(other, "registrar", second.view.number)
    assert known_there.answers["certificate"] == 2
    assert "courier_name" not in known_there.answers
    assert "travel_document" not in known_there.answers

    number = first.view.number
    two.forward(days=29)
    handed_to_courier(two, sender, number)
    assert two.state(other, number) == "travelling"
    two.forward(days=45)
    asked = {"asked": "representative"}
    if sender == USA:
        with pytest.raises(StepStopped):
            two.take(sender, "security_officer", number, "follow_up", answers=asked)
    two.forward(days=1)
    if sender == USA:
        (due,) = [one for one in two.detail(sender, "security_officer", number).view.due if one.clock == "receipt"]
        assert due.overdue
    after = two.told(sender, "security_officer", number, "follow_up", answers=asked)
    assert after.view.state == "travelling"
    assert "follow_up" in [one.step for one in two.detail(other, "registrar", number).steps]


def test_a_journey_from_the_notes_to_the_voided_certificate(two: TwoHouses) -> None:
    """One journey: sealed before the representative, taken over by the other, delivered, returned, voided."""
    staff(two)
    sender, other = USA, IND
    number = issued(two, sender, item(two, sender)).view.number
    with pytest.raises(Conflict):
        two.take(sender, "representative", number, "seal", answers={**PACKED, "wraps": 2})
    unread = {"notes_initialled": False, "declaration_signed": True}
    with pytest.raises(StepStopped):
        two.take(sender, "security_officer", number, "initial", answers=unread)
    two.forward(days=29)
    handed_to_courier(two, sender, number)

    two.forward(days=3)
    two.told(
        other, "security_officer", number, "alert", answers={"told_at": instant_text(two.nodes[other].clock.now())}
    )
    assert two.state(sender, number) == "overdue"
    given = {**TAKEN_OVER, "seals": [{"number": "A 117"}, {"number": "B 9"}]}
    with pytest.raises(StepStopped) as stopped:
        two.take(other, "representative", number, "take_over", answers=given)
    assert "hand_carriage.seals_differ" in {one.finding.code for one in stopped.value.weighed}
    with pytest.raises(Refused):
        two.take(other, "security_officer", number, "take_over", answers=TAKEN_OVER)
    two.told(other, "representative", number, "take_over", answers=TAKEN_OVER)
    received = {"contents_agree": "agree", "receipt_signed_on": at(32)[:10]}
    two.told(other, "security_officer", number, "deliver", answers=received)
    back = {"certificate_returned": True, "inner_receipt_signed": True, "returned_on": at(34)[:10]}
    two.told(sender, "security_officer", number, "return", answers=back)
    two.told(sender, "release_officer", number, "void")
    assert (two.state(sender, number), two.state(other, number)) == ("voided", "voided")


def test_a_facility_assured_without_storage_gets_nothing(two: TwoHouses) -> None:
    """Clearance says nothing of storage: a facility whose assured storage is below the level receives nothing."""
    staff(two)
    sender, other = IND, USA
    thing = item(two, sender)
    with two.at(other) as node:
        add_company(node, f"{other}-C099", f"{other}-F099", safeguarding_level="UNCLASSIFIED")
        assurances.give_assurance(
            node.house,
            node.actor("registrar"),
            recipient=sender,
            subject_kind="facility",
            subject=f"{other}-F099",
            valid_until=START + YEAR / 2,
        )
    two.deliver()
    form = transfer_form(two, sender, thing, recipient_facility=f"{other}-F099")
    view = two.begin(sender, "security_officer", "transfer", form)
    with pytest.raises(StepStopped) as stopped:
        two.take(sender, "security_officer", view.number, "submit")
    assert "transfer.recipient_no_storage" in {one.finding.code for one in stopped.value.weighed if one.stops}


def test_the_pack_says_to_customs_what_they_may_know_and_to_the_receiver_what_it_is_told(two: TwoHouses) -> None:
    """The certificate names the bearer and no level; three receipts travel and name nothing of the own register."""
    staff(two)
    thing = item(two, USA)
    address = {"inner_address": "Both security offices", "outer_address": "The representative, New Delhi"}
    number = issued(two, USA, thing, **address).view.number
    initialled = {"notes_initialled": True, "declaration_signed": True}
    two.take(USA, "security_officer", number, "initial", answers=initialled)
    two.take(USA, "representative", number, "seal", answers={**PACKED, "wraps": 2})
    pack = {"certificate", "notes", "declaration", "receipt", "inventory", "customs", "inner_label", "outer_label"}
    assert set(two.detail(USA, "security_officer", number).papers) == pack
    certificate = words(two, number, "certificate")
    assert "NAME OF ENGINEER" in certificate
    assert "A 117" in certificate
    assert "SECRET" not in certificate
    assert f"{USA}:SECRET" in words(two, number, "inner_label")
    assert "SECRET" not in words(two, number, "outer_label")
    receipt = words(two, number, "receipt")
    assert receipt.count("Copy 1 / 3") == receipt.count("Copy 3 / 3")
    assert "Copy 3 / 3" in receipt
    assert "TRG-117" in receipt
    assert thing[-12:] not in receipt
    assert "NAME OF ENGINEER" not in receipt


def words(two: TwoHouses, number: str, code: str) -> str:
    file = two.do(USA, "security_officer", paper, number, code)
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages)


def test_what_is_on_its_way_stands_in_suspense(two: TwoHouses) -> None:
    """The suspense record stays open until the signed inner receipt is back, on both nodes."""
    staff(two)
    form = transfer_form(two, USA, item(two, USA))
    number = two.begin(USA, "security_officer", "transfer", form).number
    two.take(USA, "security_officer", number, "submit")
    two.take(USA, "release_officer", number, "clear")
    on_its_way(two, USA, number)
    assert two.state(IND, number) in custody.SUSPENSE
    two.told(IND, "representative", number, "receive", answers=TAKEN_OVER)
    received = {"contents_agree": "agree", "receipt_signed_on": at(1)[:10]}
    two.told(IND, "security_officer", number, "deliver", answers=received)
    back = {"inner_receipt_signed": True, "returned_on": at(2)[:10]}
    two.told(USA, "security_officer", number, "return_receipt", answers=back)
    assert not two.detail(USA, "security_officer", number).view.due
    assert two.state(IND, number) == "receipt_returned"
