"""A jointly owned item: split at sealing, opened by both nations' people with both shares, closed by either side.

Each story is told with either nation as the one that sealed.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotVerified, Refused, ReltoError, UnknownValue, Unreachable
from relto.base.nations import Nation
from relto.client.sealing import JointOrder, JointSealing, ManifestOrder, ServiceKey, ShareOrder
from relto.sealing.archive import container_chunks, open_archive
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import SessionKey, unwrap_share
from relto.services import (
    arrivals,
    authorisations,
    items,
    openings,
    refusals,
    release_sending,
    releases,
    replays,
    withdrawals,
)
from relto.services.arrival_view import ArrivalDetail
from relto.services.house import House
from relto.services.item_view import ItemView
from relto.services.openings import supply_partner_share
from relto.services.release_view import CaseView
from relto.services.share_release import release_manifest
from relto.services.withdrawal_notices import read_withdrawal
from relto.store.models import Arrival, DecisionRecord, Item, LedgerEntry, ReleaseCase, SingleUse
from relto.store.models import Manifest as RegisteredManifest
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA, YEAR, Node, nationhood, staffed_house, vouch
from tests.support.joint_items import CHEATS, Cheat, JointMaker, joint_release, sealed_payload
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import DOCUMENT, announce, decide_case, gaps, sent_body

OWNERS: dict[str, Json] = {"level": "SECRET", "audience": ["USA", "IND"], "owners": ["USA", "IND"]}


@dataclass
class Side:
    """A node of one owner, with the other owner's as its peer."""

    node: Node
    peer: Peer
    vouched: Mapping[str, str]

    @property
    def own(self) -> Nation:
        return self.node.house.nation

    def authorise(self) -> None:
        scope: dict[str, Any] = {
            "nation": self.peer.nation,
            "programme": PROGRAMME,
            "valid_from": START - YEAR,
            "valid_until": START + YEAR,
        }
        house = self.node.house
        authorisations.record_disclosure(house, self.node.actor("registrar"), reference="D-1", **scope)
        authorisations.record_export(house, self.node.actor("security_officer"), reference="E-1", **scope)


@pytest.fixture(params=[USA, IND], ids=str)
def side(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Side:
    """Either nation's node, at work; its engineer and colleague are vouched for, the other's readers too."""
    own: Nation = request.param
    other = IND if own == USA else USA
    peer = Peer(other, own)
    node = staffed_house(tmp_path, own, {other: peer})  # type: ignore[dict-item]
    vouch(node, other, "engineer", "colleague", "security_officer")
    return Side(node, peer, peer.vouch(node.house, "reader", "second"))


# Sealing.


def _orders(item: ItemView) -> JointOrder:
    home, partner = (
        ManifestOrder(
            order.policy,
            tuple(ShareOrder(share.sid, ServiceKey(share.url, share.kid, share.pem)) for share in order.shares),
        )
        for order in item.manifests
    )
    return JointOrder(item.label_xml, item.media_type, home, partner)


def _seal(side: Side, content: bytes = DOCUMENT) -> ItemView:
    house, actor = side.node.house, side.node.actor("engineer")
    announced = announce(side.node, label=OWNERS)
    sealing = JointSealing(_orders(announced))
    kept = items.receive_container(house, actor, announced.id, sealing.container(io.BytesIO(content)))
    assert (kept.state, kept.joint, kept.control_number) == ("announced", True, "")
    return items.receive_partner_manifest(house, actor, announced.id, sealing.partner_manifest)


def _ask(side: Side, item: ItemView, **changes: Any) -> CaseView:
    asked: dict[str, Any] = {
        "item": item.id,
        "nation": side.peer.nation,
        "facility": FACILITY[side.peer.nation],
        "readers": [(side.peer.people["reader"], "designs the interface")],
        "purpose": "joint development",
        "home_facility": FACILITY[side.own],
        "home_readers": [(side.node.people["engineer"], "designed it")],
    }
    return releases.request_release(side.node.house, side.node.actor("security_officer"), **(asked | changes))


def _sent(side: Side, sealed: ItemView | None = None) -> tuple[ItemView, CaseView, Mapping[str, Any]]:
    """A joint item of the node, released and sent; the message that crossed the border."""
    side.authorise()
    item = sealed or _seal(side)
    case = _ask(side, item)
    decide_case(side.node, case)
    assert release_sending.prepare_release(side.node.house, case.id)
    return item, case, sent_body(side.node, side.peer, "release")


def _open(side: Side, who: str, manifest: Manifest, position: int) -> openings.OpeningGrant:
    return openings.open_at_home(
        side.node.house,
        side.node.actor(who),
        policy_uuid=read_policy(manifest.policy_text).uuid,
        policy_text=manifest.policy_text,
        key_access=manifest.key_access[position],
    )


def _read(side: Side, item: str, who: str = "engineer") -> bytes:
    """The document, opened at the node with the own share and the peer's."""
    house, actor = side.node.house, side.node.actor(who)
    container = b"".join(items.container(house, actor, item).chunks)
    archive = open_archive(io.BytesIO(container))
    manifest = parse_manifest(archive.manifest)
    own, other = _open(side, who, manifest, 0), _open(side, who, manifest, 1)
    assert (own.partner, other.partner) == (side.peer.nation, side.peer.nation)
    session = SessionKey.generate("ec:secp256r1")
    answer = openings.ask_partner(
        house, actor, other, key_access=manifest.key_access[1], session_key_pem=session.public_pem
    )
    shares = {
        0: unwrap_share(manifest.key_access[0], nationhood(side.own).service_key, manifest.policy_text),
        1: session.unwrap(answer.wrapped, answer.session_public_key),
    }
    return b"".join(open_container(archive, io.BytesIO(container), shares, require_label=True).chunks())


def _refused_gates(side: Side, item: str) -> set[str]:
    return {gate.gate for gate in openings.may_open(side.node.house, side.node.actor("engineer"), item).gates}


def test_a_joint_item_is_announced_with_two_manifests_of_two_shares(side: Side) -> None:
    announced = announce(side.node, label=OWNERS)
    own, other = nationhood(side.own), nationhood(side.peer.nation)
    home, partner = announced.manifests
    assert (announced.joint, announced.owners, announced.mode) == (True, ("IND", "USA"), "live")
    assert announced.banner == "//JOINT SECRET IND USA//REL TO USA, IND"
    assert [(share.url, share.kid) for share in home.shares] == [
        (own.urls.key_service, own.kid),
        (own.urls.relay, other.kid),
    ]
    assert [(share.url, share.kid) for share in partner.shares] == [
        (other.urls.key_service, other.kid),
        (other.urls.relay, own.kid),
    ]
    assert (home.nation, partner.nation, home.policy) == (side.own, side.peer.nation, announced.policy)
    assert read_policy(home.policy).attributes == read_policy(partner.policy).attributes
    assert read_policy(home.policy).uuid == announced.uuid != read_policy(partner.policy).uuid


@pytest.mark.parametrize(
    ("owners", "error"),
    [
        (["USA", "IND", "FRA"], MalformedInput),
        (["USA", "IND", "USA"], MalformedInput),
        ([], MalformedInput),
        ("USA", MalformedInput),
    ],
    ids=str,
)
def test_owners_are_two_at_most_and_of_the_agreement(side: Side, owners: Any, error: type[ReltoError]) -> None:
    with pytest.raises(error):
        announce(side.node, label=OWNERS | {"owners": owners, "audience": ["USA", "IND", "FRA"]})
    with pytest.raises(UnknownValue):
        announce(side.node, label=OWNERS | {"owners": [side.own, "FRA"], "audience": [side.own, "FRA"]})
    with pytest.raises(UnknownValue):
        announce(side.node, label=OWNERS | {"owners": [side.peer.nation]})
    with pytest.raises(MalformedInput):
        announce(side.node, label=OWNERS | {"audience": [side.own]})
    assert not Item.objects.exists()


def test_both_manifests_are_registered_in_one_step_and_no_one_nation_holds_a_key(side: Side) -> None:
    view = _seal(side)
    assert (view.state, view.control_number) == ("registered", f"{side.own}-2026-000001")
    rows = {row.kind: row for row in RegisteredManifest.objects.all()}
    assert set(rows) == {"original", "partner"}
    keys: set[bytes] = set()
    for row in rows.values():
        manifest = parse_manifest(bytes(row.content))
        shares = [
            unwrap_share(share, nationhood(nation).service_key, manifest.policy_text)
            for share in manifest.key_access
            for nation in (side.own, side.peer.nation)
            if share.kid == nationhood(nation).kid
        ]
        assert len(set(shares)) == len(shares) == 2
        assert keys.isdisjoint(shares), "no share is used twice"
        keys |= set(shares)
        assert row.registration
    assert LedgerEntry.objects.filter(event="item:sealed").count() == 1
    assert LedgerEntry.objects.filter(event="item:registered").count() == 1
    with pytest.raises(Conflict):
        items.receive_partner_manifest(side.node.house, side.node.actor("engineer"), view.id, b"{}")


def test_a_container_whose_other_manifest_never_came_is_not_in_custody(side: Side) -> None:
    house, actor = side.node.house, side.node.actor("engineer")
    announced = announce(side.node, label=OWNERS)
    with pytest.raises(Conflict, match="not_sealed"):
        items.receive_partner_manifest(house, actor, announced.id, _pair(side, announced)[2])
    container = _pair(side, announced)[0]
    items.receive_container(house, actor, announced.id, [container])
    with pytest.raises(Conflict):
        items.receive_container(house, actor, announced.id, [container])
    manifest = parse_manifest(open_archive(io.BytesIO(container)).manifest)
    with pytest.raises(NotVerified):
        _open(side, "engineer", manifest, 0)
    with pytest.raises(ReltoError):
        _ask(side, announced)


def _pair(
    side: Side, announced: ItemView, cheat: Cheat = "", *, other_payload: bool = False, used_before: bytes = b""
) -> tuple[bytes, bytes, bytes]:
    """Container, home manifest and partner manifest as a client makes them that cheats the node's own service."""
    key = os.urandom(32)
    sealed, payload = sealed_payload(DOCUMENT, key)
    second = sealed_payload(DOCUMENT, key)[0] if other_payload else sealed
    maker = JointMaker(side.own, side.peer.nation, side.own, announced.label_xml, used_before)
    texts = (announced.manifests[0].policy, announced.manifests[1].policy)
    home, partner = maker.pair(texts, key, (sealed, second), cheat)
    container = b"".join(container_chunks([payload], len(payload), sealed.crc32, home))
    return container, home, partner


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_client_that_does_not_split_the_key_gets_nothing_registered(side: Side, cheat: Cheat) -> None:
    house, actor = side.node.house, side.node.actor("engineer")
    announced = announce(side.node, label=OWNERS)
    container, _, partner = _pair(side, announced, cheat)
    items.receive_container(house, actor, announced.id, [container])
    with pytest.raises((MalformedInput, NotVerified)):
        items.receive_partner_manifest(house, actor, announced.id, partner)
    assert Item.objects.get(id=announced.id).state == "announced"
    assert not RegisteredManifest.objects.exclude(kind="sealed").exists()
    assert not LedgerEntry.objects.filter(event="item:registered").exists()


def test_a_share_of_another_joint_item_is_not_taken_again(side: Side) -> None:
    """Who opened the first item knows its key, so with the other nation's share alone the second one would open."""
    house, actor, share = side.node.house, side.node.actor("engineer"), os.urandom(32)
    first, second = (announce(side.node, label=OWNERS) for _ in range(2))
    container, _, partner = _pair(side, first, used_before=share)
    for _ in range(2):  # the same manifest may come again
        house.key_service.check_joint_manifests([open_archive(io.BytesIO(container)).manifest])
    items.receive_container(house, actor, first.id, [container])
    assert items.receive_partner_manifest(house, actor, first.id, partner).state == "registered"
    with pytest.raises(NotVerified, match="joint_shares"):
        items.receive_container(house, actor, second.id, [_pair(side, second, used_before=share)[0]])
    assert not SingleUse.objects.filter(value__contains=share.hex()[:32]).exists()


def test_the_second_manifest_must_be_over_the_payload_that_came(side: Side) -> None:
    house, actor = side.node.house, side.node.actor("engineer")
    announced = announce(side.node, label=OWNERS)
    container, home, partner = _pair(side, announced, other_payload=True)
    items.receive_container(house, actor, announced.id, [container])
    for wrong, code in ((partner, "joint_payload"), (home, "policy_uuid"), (b"{}", "malformed")):
        with pytest.raises((MalformedInput, NotVerified), match=code):
            items.receive_partner_manifest(house, actor, announced.id, wrong)


def test_a_one_nation_container_is_never_a_joint_item(side: Side) -> None:
    house, actor = side.node.house, side.node.actor("engineer")
    announced = announce(side.node, label=OWNERS)
    key = os.urandom(32)
    sealed, payload = sealed_payload(DOCUMENT, key)
    maker = JointMaker(side.peer.nation, side.own, side.own, announced.label_xml)
    _, alone = maker.pair((announced.policy, announced.policy), key, (sealed, sealed), "one share")
    container = b"".join(container_chunks([payload], len(payload), sealed.crc32, alone))
    with pytest.raises(MalformedInput, match="shares"):
        items.receive_container(house, actor, announced.id, [container])
    with pytest.raises(MalformedInput, match="joint_container"):
        items.submit_container(
            house,
            actor,
            [container],
            title="A",
            file_name="a.pdf",
            media_type="application/pdf",
            programme=PROGRAMME,
            label=OWNERS,
            export_controlled=True,
        )
    assert not RegisteredManifest.objects.exists()


def test_the_client_refuses_an_order_under_which_one_service_could_open(side: Side) -> None:
    order = _orders(announce(side.node, label=OWNERS))
    alone = ManifestOrder(order.home.policy, order.home.shares[:1])
    twice = ManifestOrder(order.home.policy, (order.home.shares[0], order.home.shares[0]))
    for bad in (alone, twice, order.partner):
        with pytest.raises(MalformedInput):
            JointSealing(JointOrder(order.label_xml, order.media_type, bad, order.partner))
    with pytest.raises(Conflict):
        _ = JointSealing(order).partner_manifest


# The node that sealed.


def test_at_home_nobody_opens_before_the_co_owner_accepted_the_author_included(side: Side) -> None:
    item, case, body = _sent(side)
    assert "release" in _refused_gates(side, item.id)
    with pytest.raises(Refused) as refusal:
        _read(side, item.id)
    assert refusal.value.found == "R22-release-accepted"
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    assert side.peer.code_of(side.peer.send(side.node.house, "acceptance", side.peer.custody(body, policy))) == ""
    side.peer.held.append(base64.b64decode(body["home"]["manifest"]))
    assert _read(side, item.id) == DOCUMENT
    assert len(side.peer.asked) == 1
    for record in DecisionRecord.objects.all():
        assert replays.replay(side.node.house, side.node.actor("inspector"), record.id).same
    # A member of the programme whom the case does not name has no need to know.
    with pytest.raises(Refused) as unnamed:
        _read(side, item.id, "security_officer")
    assert unnamed.value.found == "R13-listed-with-reason"


def test_its_author_is_told_who_has_not_agreed_and_never_that_she_has_no_need_to_know(side: Side) -> None:
    item, engineer = _seal(side), side.node.actor("engineer")

    def told() -> set[tuple[str, str, str]]:
        seen = openings.may_open(side.node.house, engineer, item.id)
        with pytest.raises(Refused) as refusal:
            _read(side, item.id)
        explained = refusals.explain(side.node.house, engineer, str(refusal.value.reference))
        gates = {(gate.rule, gate.remedy, gate.who) for gate in seen.gates}
        assert gates == {(str(gate["rule"]), str(gate["remedy"]), str(gate["who"])) for gate in explained.gates}
        full = refusals.explain(side.node.house, side.node.actor("security_officer"), str(refusal.value.reference))
        assert gates <= {(gate["rule"], gate["remedy"], gate["who"]) for gate in full.gates}
        return gates

    assert told() == {("R21-release-in-force", "release_first", "release_officer")}
    _sent(side, item)
    assert told() == {("R22-release-accepted", "co_owner_agrees", "co_owner")}


def test_before_it_is_released_it_opens_for_nobody_either(side: Side) -> None:
    item = _seal(side)
    assert _refused_gates(side, item.id) == {"release"}
    side.authorise()
    case = _ask(side, item)
    decide_case(side.node, case, "refuse")
    assert "release" in _refused_gates(side, item.id)
    assert _ask(side, item).state == "asked", "what the own authority refused may be asked for again"


def test_the_co_owners_no_closes_it_for_both(side: Side) -> None:
    item, case, body = _sent(side)
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    returned = side.peer.custody(body, policy, accepted=False)
    assert side.peer.code_of(side.peer.send(side.node.house, "acceptance", returned)) == ""
    with pytest.raises(Refused) as refusal:
        _read(side, item.id)
    assert refusal.value.found == "R21-release-in-force"
    with pytest.raises(Conflict):
        _ask(side, item)


def test_a_refusing_partner_closes_an_opening_at_home(side: Side) -> None:
    item, case, body = _sent(side)
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    side.peer.send(side.node.house, "acceptance", side.peer.custody(body, policy))
    side.peer.held.append(base64.b64decode(body["home"]["manifest"]))
    side.peer.refuses_shares = "refused"
    with pytest.raises(Refused, match="partner"):
        _read(side, item.id)


def test_the_co_owners_reader_gets_this_nodes_share(side: Side) -> None:
    item, case, body = _sent(side)
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    side.peer.send(side.node.house, "acceptance", side.peer.custody(body, policy))
    reader = side.peer.people["reader"]
    request, private = side.peer.opening_request(
        side.node.house, base64.b64decode(body["manifest"]), item.uuid, reader, side.vouched[reader]
    )
    answer = side.peer.read_share_answer(request, supply_partner_share(side.node.house, request, side.peer.nation))
    assert (answer.code, bool(answer.wrapped), bool(private)) == ("", True, True)


def test_a_joint_item_is_asked_for_live_to_its_other_owner_with_readers_on_both_sides(side: Side) -> None:
    item = _seal(side)
    engineer = side.node.people["engineer"]
    wrong: list[tuple[dict[str, Any], type[ReltoError]]] = [
        ({"mode": "transferred"}, MalformedInput),
        ({"mode": "by pigeon"}, UnknownValue),
        ({"home_facility": ""}, UnknownValue),
        ({"home_facility": FACILITY[side.peer.nation]}, UnknownValue),
        ({"home_readers": []}, UnknownValue),
        ({"home_readers": [(side.peer.people["reader"], "why")]}, UnknownValue),
        ({"home_readers": [(engineer, "")]}, MalformedInput),
        ({"home_readers": [(engineer, "a"), (engineer, "b")]}, MalformedInput),
    ]
    for changes, error in wrong:
        with pytest.raises(error):
            _ask(side, item, **changes)
    assert not ReleaseCase.objects.exists()
    case = _ask(side, item)
    assert (case.joint, case.mode, case.home_facility) == (True, "live", FACILITY[side.own])
    assert [reader.pseudonym for reader in case.home_readers] == [engineer]
    assert [reader.pseudonym for reader in case.readers] == [side.peer.people["reader"]]
    with pytest.raises(Conflict):
        _ask(side, item)
    with pytest.raises(Conflict):
        release_manifest(side.node.house, None, case=case.id)  # type: ignore[arg-type]


# The other owner's node.


def _arrive(side: Side, **how: Any) -> tuple[str, str]:
    """The code of the node's answer to a joint item of the peer, and the arrival when there is one."""
    readers = {side.node.people["engineer"]: "designs the interface"}
    sent = joint_release(side.peer, readers, {side.peer.people["reader"]: "designed it"}, content=DOCUMENT, **how)
    code = side.peer.code_of(side.peer.send(side.node.house, "release", sent.body, sent.payload))
    side.peer.held.append(sent.manifest)
    row = Arrival.objects.first()
    return code, row.id if row is not None else ""


def _decide(side: Side, arrival: str, outcome: str = "accept") -> ArrivalDetail:
    house, officer = side.node.house, side.node.actor("release_officer")
    seen = arrivals.arrival(house, officer, arrival)
    accepts = gaps(seen.gates) | gaps(seen.co_release_gates)
    return arrivals.decide_arrival(house, officer, arrival, outcome=outcome, reason="as agreed", accepts=accepts)


def _peer_asks(side: Side) -> str:
    """The code of the node's answer when a reader of the nation that sealed asks for the node's share."""
    row = Arrival.objects.get()
    sent = side.peer.releases[row.release]
    home = base64.b64decode(sent.body["home"]["manifest"])
    reader = side.peer.people["reader"]
    request, _ = side.peer.opening_request(side.node.house, home, row.item.uuid, reader, side.vouched[reader])
    answered = supply_partner_share(side.node.house, request, side.peer.nation)
    return side.peer.read_share_answer(request, answered).code


def test_accepting_releases_to_the_senders_readers_and_both_sides_open(side: Side) -> None:
    side.authorise()
    code, arrival = _arrive(side)
    assert code == ""
    officer = side.node.actor("release_officer")
    seen = arrivals.arrival(side.node.house, officer, arrival)
    assert (seen.joint, seen.mode, seen.permitted_now, seen.co_permitted_now) == (True, "live", True, True)
    assert seen.home_facility == FACILITY[side.peer.nation]
    assert [reader.pseudonym for reader in seen.home_readers] == [side.peer.people["reader"]]
    assert {gate["rule"] for gate in seen.co_release_gates} > {"R02-disclosure-authorised", "R03-export-authorised"}
    assert _peer_asks(side) == "refused", "not before this nation's authority accepted"
    failed = DecisionRecord.objects.get(action="supply_share").decision["gates"]
    assert {gate["rule"] for gate in failed if gate["outcome"] == "fails"} == {"R21-release-in-force"}
    done = _decide(side, arrival)
    assert (done.state, done.item.state, done.item.joint) == ("accepted", "held", True)
    both = DecisionRecord.objects.filter(id__in=[done.decision, done.co_decision])
    assert {(row.action, row.permitted, row.entry) for row in both} == {
        ("accept", True, done.entry),
        ("release", True, done.entry),
    }
    assert _read(side, done.item.id) == DOCUMENT
    assert _peer_asks(side) == ""
    assert LedgerEntry.objects.filter(event="opening:partner_granted").count() == 1
    for record in DecisionRecord.objects.all():
        assert replays.replay(side.node.house, side.node.actor("inspector"), record.id).same


def test_without_this_nations_own_authorisation_it_is_not_accepted(side: Side) -> None:
    code, arrival = _arrive(side)
    assert code == ""
    with pytest.raises(Refused) as refusal:
        _decide(side, arrival)
    assert refusal.value.found == "R02-disclosure-authorised"
    assert refusal.value.reference
    record = DecisionRecord.objects.get(id=refusal.value.reference)
    assert (record.action, record.permitted) == ("release", False)
    assert DecisionRecord.objects.get(action="accept").permitted
    assert Arrival.objects.get().state == "arrived"
    side.authorise()
    assert _decide(side, arrival).state == "accepted"


def test_a_late_witness_stops_the_release_that_lies_in_accepting_and_no_refusal(side: Side) -> None:
    side.authorise()
    arrival = _arrive(side)[1]
    LedgerEntry.objects.update(recorded_at=side.node.house.now() - timedelta(minutes=16))
    with pytest.raises(Unreachable, match="witness_late"):
        _decide(side, arrival)
    assert _decide(side, arrival, "refuse").state == "refused"


def test_refusing_it_closes_it_for_the_senders_readers(side: Side) -> None:
    side.authorise()
    _, arrival = _arrive(side)
    assert _decide(side, arrival, "refuse").state == "refused"
    assert _peer_asks(side) == "refused"


def test_someone_else_at_the_senders_facility_gets_no_share(side: Side) -> None:
    side.authorise()
    _, arrival = _arrive(side)
    _decide(side, arrival)
    row = Arrival.objects.get()
    home = base64.b64decode(side.peer.releases[row.release].body["home"]["manifest"])
    second = side.peer.people["second"]
    request, _ = side.peer.opening_request(side.node.house, home, row.item.uuid, second, side.vouched[second])
    answered = supply_partner_share(side.node.house, request, side.peer.nation)
    assert side.peer.read_share_answer(request, answered).code == "refused"


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_sender_that_did_not_split_the_key_is_found_out(side: Side, cheat: Cheat) -> None:
    side.authorise()
    code, arrival = _arrive(side, cheat=cheat)
    if code:
        assert code.startswith("malformed.release.share")
        assert not Arrival.objects.exists()
        return
    with pytest.raises(NotVerified, match="joint_shares"):
        _decide(side, arrival)
    assert Arrival.objects.get().state == "arrived"
    assert _decide(side, arrival, "refuse").state == "refused"


def _without_home(body: dict[str, Any]) -> None:
    del body["home"]


def _transferred(body: dict[str, Any]) -> None:
    body["mode"] = "transferred"


def _same_manifest_twice(body: dict[str, Any]) -> None:
    body["home"]["manifest"], body["home"]["registration"] = body["manifest"], body["registration"]


def _no_home_readers(body: dict[str, Any]) -> None:
    body["home"]["readers"] = []


def _registration_of_the_other(body: dict[str, Any]) -> None:
    body["home"]["registration"] = body["registration"]


@pytest.mark.parametrize(
    "change", [_without_home, _transferred, _same_manifest_twice, _no_home_readers, _registration_of_the_other]
)
def test_a_joint_release_that_does_not_hold_is_refused_whole(
    side: Side, change: Callable[[dict[str, Any]], None]
) -> None:
    code, _ = _arrive(side, change=change)
    assert code
    assert not Arrival.objects.exists()
    assert not Item.objects.exists()


def test_manifests_over_two_payloads_are_refused(side: Side) -> None:
    assert _arrive(side, other_payload=True)[0] == "not_verified.joint_payload"
    assert not Item.objects.exists()


def test_an_item_of_one_owner_has_no_home_side(side: Side) -> None:
    joint = joint_release(side.peer, {side.node.people["engineer"]: "a"}, {side.peer.people["reader"]: "b"})

    def add(body: dict[str, Any]) -> None:
        body["home"] = joint.body["home"]

    sent = side.peer.release({side.node.people["engineer"]: "reason"}, change=add)
    code = side.peer.code_of(side.peer.send(side.node.house, "release", sent.body, sent.payload))
    assert code == "malformed.release.home"


# Withdrawal by either side.


def test_the_sealers_withdrawal_closes_it_for_both(side: Side) -> None:
    item, case, body = _sent(side)
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    side.peer.send(side.node.house, "acceptance", side.peer.custody(body, policy))
    side.peer.held.append(base64.b64decode(body["home"]["manifest"]))
    assert _read(side, item.id) == DOCUMENT
    withdrawals.withdraw_release(side.node.house, side.node.actor("release_officer"), case.id, reason="no longer")
    _closed(side, item, body)


def test_the_other_owners_withdrawal_closes_it_for_both(side: Side) -> None:
    item, case, body = _sent(side)
    policy = str(ReleaseCase.objects.get(id=case.id).manifest.policy_uuid)  # type: ignore[union-attr]
    side.peer.send(side.node.house, "acceptance", side.peer.custody(body, policy))
    side.peer.held.append(base64.b64decode(body["home"]["manifest"]))
    assert _read(side, item.id) == DOCUMENT
    notice = {"release": body["release"], "number": body["number"], "item": item.uuid, "policy": policy}
    sent = side.peer.release({side.node.people["engineer"]: "another item"})
    wrong = side.peer.withdrawal(sent, by="co_owner", **notice | {"item": sent.body["item"]["uuid"]})
    assert side.peer.code_of(side.peer.send(side.node.house, "withdrawal", wrong)) == "not_verified.withdrawal.release"
    told = side.peer.withdrawal(sent, by="co_owner", **notice)
    assert side.peer.code_of(side.peer.send(side.node.house, "withdrawal", told)) == ""
    seen = releases.case(side.node.house, side.node.actor("release_officer"), case.id)
    assert (seen.state, seen.withdrawn_at, seen.waits_on) == ("withdrawn", side.node.clock.now(), ())
    _closed(side, item, body)


def _closed(side: Side, item: ItemView, body: Mapping[str, Any]) -> None:
    """Neither the own people nor the peer's get a share, and it is not released again."""
    with pytest.raises(Refused) as refusal:
        _read(side, item.id)
    assert refusal.value.found == "R21-release-in-force"
    reader = side.peer.people["reader"]
    request, _ = side.peer.opening_request(
        side.node.house, base64.b64decode(body["manifest"]), item.uuid, reader, side.vouched[reader]
    )
    answered = supply_partner_share(side.node.house, request, side.peer.nation)
    assert side.peer.read_share_answer(request, answered).code == "refused"
    with pytest.raises(Conflict):
        _ask(side, item)


@pytest.mark.parametrize("who", ["this nation", "the sealer", "both at once"])
def test_at_the_other_owners_node_either_withdrawal_closes_it(side: Side, who: str) -> None:
    house, officer = side.node.house, side.node.actor("release_officer")
    side.authorise()
    _, arrival = _arrive(side)
    with pytest.raises(Conflict):
        withdrawals.withdraw_co_release(house, officer, arrival, reason="not accepted yet")
    item = _decide(side, arrival).item
    assert _read(side, item.id) == DOCUMENT
    if who != "the sealer":
        done = withdrawals.withdraw_co_release(house, officer, arrival, reason="no longer")
        assert (done.state, done.withdrawal_reason, done.co_permitted_now) == ("withdrawn", "no longer", False)
        notice = read_withdrawal(_peers_house(side), side.own, sent_body(side.node, side.peer, "withdrawal"), START)
        assert (notice.by, notice.about.item) == ("co_owner", item.uuid)
    if who != "this nation":
        told = side.peer.withdrawal(side.peer.releases[Arrival.objects.get().release])
        assert side.peer.code_of(side.peer.send(house, "withdrawal", told)) == ""
    assert _peer_asks(side) == "refused"
    assert "release" in _refused_gates(side, item.id)
    assert LedgerEntry.objects.filter(event="arrival:withdrawn").count() == 1


def _peers_house(side: Side) -> House:
    """The house as the peer's node would have it, for reading what was sent there."""
    return replace(side.node.house, nation=side.peer.nation)


def test_what_one_nation_owns_its_recipient_does_not_withdraw(side: Side) -> None:
    sent = side.peer.release({side.node.people["engineer"]: "reason"})
    assert side.peer.code_of(side.peer.send(side.node.house, "release", sent.body, sent.payload)) == ""
    with pytest.raises(Conflict, match="joint_item"):
        withdrawals.withdraw_co_release(
            side.node.house, side.node.actor("release_officer"), Arrival.objects.get().id, reason="not ours"
        )
