"""Pieces of the story that several tests tell."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from relto.base.nations import Nation
from relto.client.sealing import SealingOrder, ServiceKey, sealed_container
from relto.exchange.messages import read_message
from relto.sealing.keys import public_key_of
from relto.services import arrivals, authorisations, items, release_sending, releases
from relto.services.arrival_view import ArrivalView
from relto.services.item_view import ItemView
from relto.services.release_view import CaseView
from relto.store.models import OutboxMessage
from tests.support.houses import FACILITY, NATIONS, PROGRAMME, START, YEAR, Node, nationhood
from tests.support.peer_simulator import Peer, SentRelease

SECRET = {"level": "SECRET", "audience": ["USA", "IND"]}
DOCUMENT = b"MARKINGS ARE FOR TRAINING PURPOSES ONLY: the seeker head"


def announce(node: Node, who: str = "engineer", **changes: Any) -> ItemView:
    described: dict[str, Any] = {
        "title": "Seeker head, interface",
        "file_name": "seeker.pdf",
        "media_type": "application/pdf",
        "programme": PROGRAMME,
        "label": SECRET,
        "export_controlled": True,
    }
    return items.announce_item(node.house, node.actor(who), **(described | changes))


def sealed(node: Node, item: ItemView, content: bytes = DOCUMENT, **changes: str) -> list[bytes]:
    own = nationhood(node.house.nation)
    key = ServiceKey(changes.get("url", own.urls.key_service), own.kid, public_key_of(own.service_key))
    order = SealingOrder(
        changes.get("policy", item.policy),
        changes.get("label_xml", item.label_xml),
        item.media_type,
        key,
        () if changes.get("recovery") == "left out" else item.recovery,
    )
    return list(sealed_container(io.BytesIO(content), order))


def seal_item(node: Node, who: str = "engineer", content: bytes = DOCUMENT, **changes: Any) -> ItemView:
    item = announce(node, who, **changes)
    return items.receive_container(node.house, node.actor(who), item.id, sealed(node, item, content))


def other_nation(node: Node) -> Nation:
    return next(nation for nation in NATIONS if nation != node.house.nation)


def authorise(node: Node) -> None:
    period = {"valid_from": START - YEAR, "valid_until": START + YEAR}
    scope = {"nation": other_nation(node), "programme": PROGRAMME, **period}
    registrar, officer = node.actor("registrar"), node.actor("security_officer")
    authorisations.record_disclosure(node.house, registrar, reference="NDP-2026-1", **scope)  # type: ignore[arg-type]
    authorisations.record_export(node.house, officer, reference="DSP5-2026-1", **scope)  # type: ignore[arg-type]


def ask_release(node: Node, peer: Peer, item: ItemView, /, **changes: Any) -> CaseView:
    asked: dict[str, Any] = {
        "item": item.id,
        "nation": peer.nation,
        "facility": FACILITY[peer.nation],
        "readers": [(peer.people["reader"], "analyses the interface")],
        "purpose": "joint analysis",
    }
    return releases.request_release(node.house, node.actor("security_officer"), **(asked | changes))


def gaps(gates: tuple[Mapping[str, Any], ...]) -> frozenset[str]:
    return frozenset(str(gate["rule"]) for gate in gates if gate["needs_acceptance"])


def decide_case(node: Node, case: CaseView, outcome: str = "release") -> CaseView:
    officer = node.actor("release_officer")
    accepts = gaps(releases.case(node.house, officer, case.id).gates)
    return releases.decide_release(node.house, officer, case.id, outcome=outcome, reason="checked", accepts=accepts)


def released(node: Node, peer: Peer, **changes: Any) -> tuple[CaseView, Mapping[str, Any]]:
    """A case that was asked, decided, prepared and sent, and the body of its message."""
    authorise(node)
    case = ask_release(node, peer, seal_item(node), **changes)
    decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    return case, sent_body(node, peer, "release")


def sent_body(node: Node, peer: Peer, kind: str) -> Mapping[str, Any]:
    """The body of the newest message of a kind, read as the partner reads it."""
    row = OutboxMessage.objects.filter(kind=kind).order_by("-sequence")[0]
    own = nationhood(node.house.nation).node.public
    return read_message(bytes(row.envelope), sender=node.house.nation, recipient=peer.nation, trusted=[own]).body


def arrived(node: Node, peer: Peer, *, content: bytes = DOCUMENT) -> tuple[ArrivalView, SentRelease]:
    """A release of the peer for the engineer, arrived and waiting."""
    sent = peer.release({node.people["engineer"]: "analyses the report"}, content=content)
    answer = peer.send(node.house, "release", sent.body, sent.payload)
    assert peer.code_of(answer) == ""
    officer = node.actor("release_officer")
    return next(row for row in arrivals.arrivals(node.house, officer) if row.release == sent.release), sent


def accept(node: Node, arrival: ArrivalView, outcome: str = "accept") -> ArrivalView:
    officer = node.actor("release_officer")
    accepts = gaps(arrivals.arrival(node.house, officer, arrival.id).gates)
    return arrivals.decide_arrival(
        node.house, officer, arrival.id, outcome=outcome, reason="as announced", accepts=accepts
    )
