"""Nothing goes to a third party without the originator's written consent to that item, recipient, purpose and period.

Told from the holder's node and from the originator's, with the nations either way round; France is no party.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused, UnknownValue
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.services import refusals, register, replays, third_party
from relto.services.third_party_messages import request_settled
from relto.signing.statements import read_statement
from relto.store.models import DecisionRecord, InboxMessage, Item, LedgerEntry, Manifest, ThirdPartyRequest
from relto.store.queries.narrowing import narrowings
from tests.support.houses import FACILITY, IND, START, USA, nationhood
from tests.unit.services import stories
from tests.unit.services.third_parties import (
    FRA,
    FRENCH,
    MONTH,
    PURPOSE,
    Scene,
    answer,
    ask,
    authorise,
    consented,
    decide,
    forward,
    forwarded,
    held_item,
    holder_scene,
    may,
    originator_scene,
    outsider,
    pass_on,
    received,
    request_body,
    rules,
    tell,
)

pytestmark = pytest.mark.django_db
WRONG_ANSWERS: list[tuple[dict[str, Any], str]] = [
    ({"item": "00000000-0000-4000-8000-000000000000"}, "not_verified.third_party.request"),
    ({"recipient": "FRA-F004"}, "not_verified.third_party.request"),
    ({"nation": "GBR"}, "not_verified.third_party.request"),
    ({"purpose_sha256": "0" * 64}, "not_verified.third_party.request"),
    ({"number": "TPR-2026-9999"}, "not_verified.third_party.request"),
    ({"valid_until": instant_text(START + 2 * MONTH)}, "not_verified.third_party.period"),
    ({"valid_from": instant_text(START - MONTH)}, "not_verified.third_party.period"),
    ({"valid_until": instant_text(START)}, "not_verified.third_party.period"),
    ({"valid_until": None}, "malformed.schema"),
    ({"request": "tpr_" + "a" * 24}, "not_available.third_party_request"),
    ({"originator": "FRA"}, "not_verified.third_party.parties"),
    ({"holder": "FRA"}, "not_verified.third_party.parties"),
    ({"outcome": "perhaps"}, "malformed.schema"),
]

WRONG_TERMS: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"nation": "IND"}, UnknownValue),
    ({"nation": "USA"}, UnknownValue),
    ({"nation": "XXX"}, UnknownValue),
    ({"nation": "France"}, MalformedInput),
    ({"recipient": "A French facility"}, MalformedInput),
    ({"purpose": " "}, MalformedInput),
    ({"valid_until": START - MONTH}, MalformedInput),
    ({"valid_from": START - 2 * MONTH, "valid_until": START}, MalformedInput),
]

WRONG_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"item": "00000000-0000-4000-8000-000000000000"}, "not_available.item"),
    ({"nation": "USA"}, "unknown.third_nation"),
    ({"nation": "IND"}, "unknown.third_nation"),
    ({"nation": "XXX"}, "unknown.country"),
    ({"valid_until": instant_text(START - MONTH)}, "malformed.period"),
    ({"recipient": "a French facility"}, "malformed.code"),
    ({"purpose": "\n"}, "malformed.text"),
    ({"number": "REL-2026-0001"}, "malformed.schema"),
    ({"request": "tpr_1"}, "malformed.schema"),
]


@pytest.fixture(params=[IND, USA])
def holder(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Scene:
    del db
    return holder_scene(tmp_path, request.param)


@pytest.fixture
def india(db: None, tmp_path: Path) -> Scene:
    """India's node holds an American item."""
    del db
    return holder_scene(tmp_path, IND)


def events(subject: str) -> list[str]:
    return [row.event for row in LedgerEntry.objects.filter(subject=subject).order_by("serial")]


# The holder's node.


def test_a_company_asks_the_originator_consents_and_the_item_is_passed_on(holder: Scene) -> None:
    item = held_item(holder)
    authorise(holder)
    assert rules(may(holder, item)) == ["R19"]
    asked = ask(holder, item)
    assert (asked.number, asked.state, asked.waits_on) == ("TPR-2026-0001", "asked", ("release_officer",))
    assert (asked.holder, asked.originator) == (holder.node.house.nation, holder.peer.nation)
    sent = forward(holder, asked.id)
    assert (sent.state, sent.waits_on) == ("forwarded", ("node",))
    body = stories.sent_body(holder.node, holder.peer, "third-party-request")
    assert (body["item"], body["recipient"], body["purpose"]) == (item.uuid, FRENCH, PURPOSE)
    assert tell(holder, answer(holder, sent)) == ""
    detail = third_party.third_party_request(holder.node.house, holder.officer(), asked.id)
    assert (detail.state, detail.permitted_now, detail.granted_until) == ("consented", True, START + MONTH)
    assert may(holder, item).permitted
    done = pass_on(holder, asked.id)
    assert done.retransferred_at == START
    line = register.lines(holder.node.house, holder.officer())[0]
    assert (line.direction, line.counterpart, line.entry) == ("retransferred", FRENCH, done.entry)
    assert events(asked.id) == [
        "third_party:requested", "third_party:forwarded", "third_party:answered", "third_party:retransferred",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        pass_on(holder, asked.id)


def test_consent_for_one_item_does_not_cover_another(holder: Scene) -> None:
    first, second = held_item(holder), held_item(holder, b"another")
    authorise(holder)
    consented(holder, first)
    assert may(holder, first).permitted
    assert rules(may(holder, second)) == ["R19"]


def test_consent_for_one_recipient_does_not_cover_another_nor_another_nation(holder: Scene) -> None:
    item = held_item(holder)
    authorise(holder)
    consented(holder, item)
    assert rules(may(holder, item, recipient="FRA-F004")) == ["R19"]
    assert set(rules(may(holder, item, nation=Nation("GBR")))) == {"R02", "R03", "R15", "R19"}


def test_consent_ends_with_its_period_and_begins_with_it(holder: Scene) -> None:
    item = held_item(holder)
    authorise(holder)
    consented(holder, item, valid_from=START + timedelta(days=1))
    assert rules(may(holder, item)) == ["R19"]
    holder.node.clock.forward(days=1)
    assert may(holder, item).permitted
    holder.node.clock.forward(days=29)
    assert rules(may(holder, item)) == ["R19"]


def test_a_withdrawn_consent_never_comes_back(holder: Scene) -> None:
    item = held_item(holder)
    authorise(holder)
    request = consented(holder, item)
    before = narrowings()
    assert tell(holder, answer(holder, request, "withdrawn")) == ""
    assert narrowings() == before + 1
    assert rules(may(holder, item)) == ["R19"]
    with pytest.raises(Refused):
        pass_on(holder, request.id)
    assert tell(holder, answer(holder, request)) == "conflict.state"
    assert ThirdPartyRequest.objects.get().state == "withdrawn"


def test_the_consent_replaces_none_of_the_holders_own_authorisations(holder: Scene) -> None:
    item = held_item(holder)
    request = consented(holder, item)
    assert rules(may(holder, item)) == ["R02", "R03"]
    with pytest.raises(Refused) as refused:
        pass_on(holder, request.id)
    authorise(holder, programme=None, item=item.id)
    assert pass_on(holder, request.id).retransferred_at is not None
    assert DecisionRecord.objects.get(id=refused.value.details["reference"]).action == "retransfer"


def test_a_marking_without_france_stands_against_it_whatever_was_consented(india: Scene) -> None:
    item = held_item(india, marked_for=())
    authorise(india)
    consented(india, item)
    assert rules(may(india, item)) == ["R15"]


def test_a_refused_retransfer_is_explained_to_each_as_far_as_she_may_know(india: Scene) -> None:
    item = held_item(india)
    authorise(india)
    told = may(india, item)
    assert not told.permitted
    shown = refusals.explain(india.node.house, india.node.actor("security_officer"), told.reference)
    assert (shown.action, shown.full, shown.gates[0]["rule"]) == ("retransfer", True, "R19-originator-consents")
    assert shown.gates[0]["facts"]["facility"] == FRENCH
    assert "consented in writing" in shown.says["R19-originator-consents"]["en"]
    for other in (outsider(india), india.node.actor("engineer")):
        with pytest.raises(NotAvailable):
            refusals.explain(india.node.house, other, told.reference)
    with pytest.raises(Refused) as refused:
        pass_on(india, forwarded(india, item).id)
    reference = str(refused.value.details["reference"])
    assert refusals.explain(india.node.house, india.officer(), reference).full
    assert refusals.company_refusals(india.node.house, india.node.actor("security_officer"))[0].rule.startswith("R19")
    for one in (told.reference, reference):
        assert replays.replay(india.node.house, india.node.actor("inspector"), one).same


def test_a_permitted_answer_is_recorded_and_no_refusal(india: Scene) -> None:
    item = held_item(india)
    authorise(india)
    consented(india, item)
    told = may(india, item, "release_officer")
    assert (told.permitted, told.gates) == (True, ())
    record = DecisionRecord.objects.get(id=told.reference)
    assert (record.company, record.entry) == ("IND-C007", told.entry)
    assert replays.replay(india.node.house, india.node.actor("inspector"), told.reference).same
    with pytest.raises(NotAvailable):
        refusals.explain(india.node.house, india.officer(), told.reference)


def test_a_withdrawn_release_stops_passing_on(india: Scene) -> None:
    item = held_item(india)
    authorise(india)
    request = consented(india, item)
    item.arrivals.update(state="withdrawn")
    Manifest.objects.filter(item=item).update(withdrawn_at=START)
    assert rules(may(india, item)) == ["R20", "R24"]
    with pytest.raises(Refused):
        pass_on(india, request.id)
    with pytest.raises(Conflict):
        ask(india, item, recipient="FRA-F004")


def test_an_answer_that_is_not_about_what_was_asked_changes_nothing(india: Scene) -> None:
    request = forwarded(india, held_item(india))
    for changes, code in WRONG_ANSWERS:
        assert tell(india, answer(india, request, **changes)) == code, changes
    assert ThirdPartyRequest.objects.get().state == "forwarded"


def test_a_forged_answer_and_one_of_the_own_node_change_nothing(india: Scene) -> None:
    request = forwarded(india, held_item(india))
    for signer in (nationhood(IND).node, nationhood(USA).authority):
        assert tell(india, answer(india, request, signer=signer)).startswith("not_verified.")
    assert ThirdPartyRequest.objects.get().state == "forwarded"


def test_a_consent_serves_its_request_only(india: Scene) -> None:
    item = held_item(india)
    authorise(india)
    first = consented(india, item)
    second = forwarded(india, item, purpose="another purpose", recipient="FRA-F004")
    assert tell(india, answer(india, first)) == "conflict.state", "the same statement again"
    with pytest.raises(Refused):
        pass_on(india, second.id)
    third = forwarded(india, item, purpose="another purpose")
    with pytest.raises(Refused) as refused:
        pass_on(india, third.id)
    assert str(refused.value.found).startswith("R19"), "the purpose consented to was another"
    assert tell(india, answer(india, third, "refuse")) == ""
    assert third_party.third_party_request(india.node.house, india.officer(), third.id).state == "refused"


def test_an_answer_before_the_request_was_forwarded_is_not_taken(india: Scene) -> None:
    asked = ask(india, held_item(india))
    assert tell(india, answer(india, asked)) == "conflict.state"
    assert forward(india, asked.id, "decline").state == "declined"
    assert tell(india, answer(india, asked)) == "conflict.state"


def test_a_request_that_the_originators_node_will_not_take_is_refused(india: Scene) -> None:
    request = forwarded(india, held_item(india))
    message = ThirdPartyRequest.objects.get().message
    request_settled(india.node.house, message, Receipt(message, START, "ent_" + "a" * 24), START)
    assert ThirdPartyRequest.objects.get().state == "forwarded"
    request_settled(
        india.node.house, message, LinkRefusal(message, "not_available.item", final=True, expected_sequence=None), START
    )
    assert third_party.third_party_request(india.node.house, india.officer(), request.id).state == "refused"


def test_who_may_ask_forward_and_see(india: Scene) -> None:
    item = held_item(india)
    house, node = india.node.house, india.node
    asked = ask(india, item)
    with pytest.raises(Conflict):
        ask(india, item)
    stranger = outsider(india)
    assert third_party.third_party_requests(house, stranger) == []
    assert [row.id for row in third_party.third_party_requests(house, node.actor("security_officer"))] == [asked.id]
    for who in ("engineer", "registrar", "inspector"):
        with pytest.raises(Refused):
            third_party.third_party_requests(house, node.actor(who))
        with pytest.raises(NotAvailable):
            third_party.third_party_request(house, node.actor(who), asked.id)
    with pytest.raises(Refused):
        third_party.forward_third_party(
            house, node.actor("security_officer"), asked.id, outcome="forward", reason="mine"
        )
    with pytest.raises(NotAvailable):
        third_party.may_retransfer(house, stranger, item=item.id, nation=FRA, recipient=FRENCH)
    with pytest.raises(NotAvailable):
        third_party.decide_third_party(house, india.officer(), asked.id, outcome="consent", reason="my own consent")
    with pytest.raises(NotAvailable):
        third_party.withdraw_consent(house, india.officer(), asked.id, reason="not mine")


def test_a_request_is_for_one_item_of_another_nation_and_a_third_nation(india: Scene) -> None:
    item = held_item(india)
    for changes, error in WRONG_TERMS:
        with pytest.raises(error):
            ask(india, item, **changes)
    with pytest.raises(NotAvailable):
        ask(india, Item(id="itm_" + "a" * 24))
    assert not ThirdPartyRequest.objects.exists()


def test_an_own_item_needs_no_consent_and_has_no_request(india: Scene) -> None:
    own = stories.seal_item(india.node)
    row = Item.objects.get(id=own.id)
    with pytest.raises(Conflict) as refused:
        ask(india, row)
    assert refused.value.full_code == "conflict.not_received"


# The originator's node.


def test_a_nation_that_is_no_party_gets_no_release_of_its_own(db: None, tmp_path: Path) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, USA)
    authorise(scene)
    before = LedgerEntry.objects.count()
    with pytest.raises(UnknownValue) as refused:
        stories.ask_release(scene.node, scene.peer, item, nation=FRA, facility=FRENCH)
    assert refused.value.full_code == "unknown.nation"
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize("nation", [USA, IND])
def test_the_originator_may_narrow_what_was_asked_and_withdraw_it(db: None, tmp_path: Path, nation: Nation) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, nation)
    row = received(scene, item)
    assert (row.holder, row.originator, row.company) == (
        scene.peer.nation,
        nation,
        f"{nation}-C{FACILITY[nation][-3:]}",
    )
    too_wide: list[dict[str, Any]] = [
        {"valid_until": START + 2 * MONTH},
        {"valid_from": START - MONTH},
        {"valid_until": START},
    ]
    for wider in too_wide:
        with pytest.raises(MalformedInput):
            decide(scene, row.id, **wider)
    half = START + MONTH / 2
    detail = decide(scene, row.id, valid_until=half)
    assert (detail.state, detail.granted_until, detail.gates) == ("consented", half, ())
    body = stories.sent_body(scene.node, scene.peer, "third-party-answer")
    own = nationhood(nation).node.public
    envelope = ThirdPartyRequest.objects.get().consent
    said = read_statement(envelope, kind="third-party-consent", versions=(1,), trusted=[own])
    assert said.body["valid_until"] == instant_text(half)
    assert said.body["purpose_sha256"] == detail.purpose_sha256
    assert "weighed" not in str(body), "reasons stay with the authority that gave them"
    before = narrowings()
    gone = third_party.withdraw_consent(scene.node.house, scene.officer(), row.id, reason="circumstances changed")
    assert (gone.state, narrowings()) == ("withdrawn", before + 1)
    assert events(row.id) == ["third_party:received", "third_party:decided", "third_party:withdrawn"]
    with pytest.raises(Conflict):
        decide(scene, row.id)


def test_both_ledgers_name_the_same_statement(db: None, tmp_path: Path) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, USA)
    row = received(scene, item)
    decide(scene, row.id, "refuse")
    signed = read_statement(
        ThirdPartyRequest.objects.get().consent, kind="third-party-consent", versions=(1,),
        trusted=[nationhood(USA).node.public],
    )  # fmt: skip
    assert (signed.body["outcome"], signed.body["valid_until"]) == ("refuse", None)
    leaf = bytes(LedgerEntry.objects.get(event="third_party:decided").leaf).decode()
    assert signed.digest in leaf
    for secret in (PURPOSE, "weighed", FRENCH, "Seeker"):
        assert secret not in leaf


def test_a_request_out_of_form_or_scope_is_refused_and_leaves_nothing(db: None, tmp_path: Path) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, USA)
    for changes, code in WRONG_REQUESTS:
        assert tell(scene, request_body(item.uuid) | changes, "third-party-request") == code, changes
    assert not ThirdPartyRequest.objects.exists()


def test_a_request_is_taken_once_and_only_from_who_accepted_the_item(db: None, tmp_path: Path) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, USA)
    body = request_body(item.uuid)
    assert tell(scene, body, "third-party-request") == ""
    assert tell(scene, body, "third-party-request") == "conflict.third_party_request"
    assert tell(scene, request_body(item.uuid, number=body["number"]), "third-party-request").startswith("conflict.")
    unreleased = stories.seal_item(scene.node, content=b"never released")
    assert tell(scene, request_body(unreleased.uuid), "third-party-request") == "not_available.item"
    assert InboxMessage.objects.filter(kind="third-party-request", answer_status=422).count() == 3


def test_who_holds_an_item_of_ours_cannot_answer_for_us_nor_be_asked_about_it(india: Scene) -> None:
    """The wrong party: the originator asks the holder about its own item; it is nothing of the holder's."""
    item = held_item(india)
    assert tell(india, request_body(item.uuid), "third-party-request") == "not_available.item"


def test_the_holders_own_answer_to_its_request_is_not_taken(db: None, tmp_path: Path) -> None:
    del db
    scene, item, _ = originator_scene(tmp_path, USA)
    row = received(scene, item)
    view = third_party.third_party_request(scene.node.house, scene.officer(), row.id)
    assert view.waits_on == ("release_officer",)
    said = answer(scene, view)  # signed by the holder, as if it were the originator
    assert tell(scene, said) == "not_available.third_party_request"
    assert ThirdPartyRequest.objects.get().state == "forwarded"
