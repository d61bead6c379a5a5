"""What tests about third parties tell: a holder's node or an originator's, with the other one in memory, either way."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from relto.base.canonical import Json, read_object
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.services import arrivals, authorisations, release_sending, third_party
from relto.services.item_view import ItemView
from relto.services.third_party_view import ThirdPartyDetail, ThirdPartyView, purpose_digest
from relto.signing.statements import sign_statement
from relto.store.models import Item, Manifest, ThirdPartyRequest
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA, YEAR, Node, staffed_house, vouch
from tests.support.peer_simulator import Peer, fresh
from tests.unit.services import stories

FRA = Nation("FRA")
FRENCH, PURPOSE = "FRA-F003", "wind tunnel test of the interface"
MONTH = timedelta(days=30)
OTHER = {USA: IND, IND: USA}


@dataclass
class Scene:
    """One node under test and the partner it talks to."""

    node: Node
    peer: Peer

    def officer(self) -> Any:
        return self.node.actor("release_officer")

    def gates_named(self, request: str) -> frozenset[str]:
        return stories.gaps(third_party.third_party_request(self.node.house, self.officer(), request).gates)


def holder_scene(folder: Path, nation: Nation) -> Scene:
    """The node under test holds what its partner originated."""
    peer = Peer(OTHER[nation], nation)
    node = staffed_house(folder, nation, {peer.nation: peer})  # type: ignore[dict-item]
    vouch(node, peer.nation, "engineer")
    return Scene(node, peer)


def held_item(scene: Scene, content: bytes = b"content", marked_for: tuple[str, ...] = ("FRA",)) -> Item:
    """A document of the partner, marked for France too, which this node accepted."""
    node, peer = scene.node, scene.peer
    sent = peer.release({node.people["engineer"]: "analyses it"}, content=content, marked_for=marked_for)
    assert peer.code_of(peer.send(node.house, "release", sent.body, sent.payload)) == ""
    item = Item.objects.get(uuid=sent.body["item"]["uuid"])
    arrival = next(row for row in arrivals.arrivals(node.house, scene.officer()) if row.item.id == item.id)
    assert stories.accept(node, arrival).state == "accepted"
    return item


def authorise(scene: Scene, **changes: Any) -> None:
    """The holder's own disclosure and export authorisations for France."""
    scope: dict[str, Any] = {
        "nation": FRA, "programme": PROGRAMME, "valid_from": START - YEAR, "valid_until": START + YEAR,
    } | changes  # fmt: skip
    house, node = scene.node.house, scene.node
    authorisations.record_disclosure(house, node.actor("registrar"), reference="NDP-2026-9", **scope)
    authorisations.record_export(house, node.actor("security_officer"), reference="DSP5-2026-9", **scope)


def ask(scene: Scene, item: Item, **changes: Any) -> ThirdPartyView:
    terms: dict[str, Any] = {
        "item": item.id, "nation": FRA, "recipient": FRENCH, "purpose": PURPOSE,
        "valid_from": START, "valid_until": START + MONTH,
    } | changes  # fmt: skip
    return third_party.request_third_party(scene.node.house, scene.node.actor("security_officer"), **terms)


def forward(scene: Scene, request: str, outcome: str = "forward") -> ThirdPartyDetail:
    return third_party.forward_third_party(
        scene.node.house, scene.officer(), request, outcome=outcome, reason="as asked"
    )


def forwarded(scene: Scene, item: Item, **changes: Any) -> ThirdPartyDetail:
    return forward(scene, ask(scene, item, **changes).id)


def answer(
    scene: Scene, request: ThirdPartyView, outcome: str = "consent", /, signer: Any = None, **changes: Any
) -> dict[str, Json]:
    """The originator's answer to a request of the node under test."""
    period = (None, None) if outcome == "refuse" else (request.valid_from, request.valid_until)
    statement: dict[str, Any] = {
        "originator": scene.peer.nation,
        "holder": scene.node.house.nation,
        "request": request.request,
        "number": request.number,
        "item": request.item.uuid,
        "nation": request.nation,
        "recipient": request.recipient,
        "purpose_sha256": purpose_digest(request.purpose),
        "outcome": outcome,
        "valid_from": period[0] and instant_text(period[0]),
        "valid_until": period[1] and instant_text(period[1]),
        "role": "release_officer",
        "decided_at": instant_text(START),
    } | changes
    signed = sign_statement("third-party-consent", 1, statement, [signer or scene.peer.key])
    return {"statement": read_object(signed)}


def tell(scene: Scene, body: Mapping[str, Json], kind: str = "third-party-answer") -> str:
    """The refusal's code of a message of the partner; "" when it was taken."""
    return scene.peer.code_of(scene.peer.send(scene.node.house, kind, body))


def consented(scene: Scene, item: Item, **changes: Any) -> ThirdPartyDetail:
    request = forwarded(scene, item, **changes)
    assert tell(scene, answer(scene, request)) == ""
    return third_party.third_party_request(scene.node.house, scene.officer(), request.id)


def may(scene: Scene, item: Item, who: str = "security_officer", **changes: str) -> third_party.MayRetransfer:
    goes_to = {"nation": FRA, "recipient": FRENCH} | changes
    return third_party.may_retransfer(scene.node.house, scene.node.actor(who), item=item.id, **goes_to)


def rules(answered: third_party.MayRetransfer) -> list[str]:
    return [gate.rule[:3] for gate in answered.gates]


def pass_on(scene: Scene, request: str) -> ThirdPartyDetail:
    return third_party.retransfer(
        scene.node.house, scene.officer(), request, reason="as consented", accepts=scene.gates_named(request)
    )


# The originator's node under test.


def originator_scene(folder: Path, nation: Nation) -> tuple[Scene, ItemView, Mapping[str, Any]]:
    """The node under test released an item to its partner, who accepted it; the item and the release's message."""
    peer = Peer(OTHER[nation], nation)
    scene = Scene(staffed_house(folder, nation, {peer.nation: peer}), peer)  # type: ignore[dict-item]
    peer.vouch(scene.node.house, "reader")
    authorise(scene, nation=peer.nation)
    node = scene.node
    item = stories.seal_item(node, label={"level": "SECRET", "audience": ["USA", "IND", "FRA"]})
    case = stories.ask_release(node, peer, item, nation=peer.nation, facility=FACILITY[peer.nation])
    stories.decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    body = stories.sent_body(node, peer, "release")
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert tell(scene, peer.custody(body, policy), "acceptance") == ""
    return scene, item, body


def request_body(item: str, **changes: Any) -> dict[str, Json]:
    """The holder's request as it comes over the link."""
    return {
        "request": fresh("tpr"),
        "number": f"TPR-2026-{uuid.uuid4().int % 10000:04d}",
        "item": item,
        "nation": FRA,
        "recipient": FRENCH,
        "purpose": PURPOSE,
        "valid_from": instant_text(START),
        "valid_until": instant_text(START + MONTH),
        "asked_at": instant_text(START),
    } | changes


def received(scene: Scene, item: ItemView) -> ThirdPartyRequest:
    assert tell(scene, request_body(item.uuid), "third-party-request") == ""
    return ThirdPartyRequest.objects.get(direction="received")


def decide(scene: Scene, request: str, outcome: str = "consent", **period: Any) -> ThirdPartyDetail:
    return third_party.decide_third_party(
        scene.node.house, scene.officer(), request, outcome=outcome, reason="weighed", **period
    )


def outsider(scene: Scene) -> Any:
    """A security officer of another company of the same nation."""
    from tests.support.houses import add_company  # noqa: PLC0415  told only where it is needed

    nation = scene.node.house.nation
    add_company(scene.node, f"{nation}-C099", f"{nation}-F099")
    return scene.node.add("outsider", Role.SECURITY_OFFICER, company=f"{nation}-C099", facility=f"{nation}-F099")
