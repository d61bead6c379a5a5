"""A release in the mode transferred, wholly by courier: over, accepted, and the custody receipt back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relto.adapters.log_files import FolderLogFiles
from relto.base.canonical import Json, canonical_bytes, sha256_hex
from relto.exchange.answers import Receipt, SentMessage, read_answer
from relto.exchange.messages import read_message
from relto.services import arrivals, items, releases
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_reading import read_bundle
from relto.services.courier_taking import Taking
from relto.services.courier_view import overdue_receipts
from relto.services.message_kinds import HANDLERS, SETTLED
from relto.signing.statements import read_statement
from relto.store.models import CourierBundle, OutboxMessage
from relto.store.models import Manifest as RegisteredManifest
from tests.support.houses import FACILITY, IND, Node
from tests.support.peer_courier import PeerCourier
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import DOCUMENT, accept, released


def pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + 4096] for start in range(0, len(data), 4096))


def carry_in(node: Node, data: bytes) -> None:
    """The operator reads the medium, the worker takes what is on it."""
    read_bundle(node.house, node.actor("operator"), pieces(data))
    assert Taking(node.house, "worker", HANDLERS, SETTLED).take_bundles() == 1
    row = CourierBundle.objects.filter(direction="in").order_by("-number")[0]
    assert (row.state, row.results) == ("taken", {})


def carry_out(node: Node, partner: str, folder: Path) -> bytes:
    operator = node.actor("operator")
    made = make_bundle(node.house, operator, partner, files=FolderLogFiles(folder))
    return b"".join(bundle_stream(node.house, operator, partner, made.number)[1])


def test_it_arrives_is_accepted_and_the_receipts_go_home(ind: Node, america: Peer, tmp_path: Path) -> None:
    courier, at = PeerCourier(america), ind.house.now()
    sent = america.release({ind.people["engineer"]: "analyses it"}, content=DOCUMENT, mode="transferred")
    message = courier.message("release", sent.body, at, sent.payload)
    carry_in(ind, courier.bundle({"message-1": message}, (sent.payload,), at))
    officer = ind.actor("release_officer")
    (arrival,) = arrivals.arrivals(ind.house, officer)
    assert (arrival.mode, arrival.state) == ("transferred", "arrived")
    accept(ind, arrival)
    (held,) = items.my_items(ind.house, ind.actor("engineer"))
    assert len(b"".join(items.container(ind.house, ind.actor("engineer"), held.id).chunks)) > len(DOCUMENT)
    messages, files = courier.read(carry_out(ind, "USA", tmp_path / "log"))
    told = read_answer(
        files["answer-1"],
        SentMessage(*_facts(message, america), sha256_hex(sent.payload)),
        trusted=[ind.house.node_key.public],
    )
    assert isinstance(told, Receipt)
    (custody,) = [one for one in messages if one.kind == "acceptance"]
    statement = read_statement(
        canonical_bytes(custody.body["statement"]),
        kind="custody-receipt",
        versions=(1,),
        trusted=[ind.house.node_key.public],
    ).body
    assert (statement["mode"], statement["outcome"]) == ("transferred", "accepted")


def _facts(envelope: bytes, peer: Peer) -> tuple[str, str, int]:
    found = read_message(envelope, sender=peer.nation, recipient=peer.other, trusted=[peer.own.node.public])
    return found.id, found.digest, found.sequence


def test_it_leaves_and_its_case_is_settled_by_what_comes_back(usa: Node, india: Peer, tmp_path: Path) -> None:
    courier, at = PeerCourier(india), usa.house.now()
    assured = {
        f"message-{number}": courier.message("assurance", body, at) for number, body in enumerate(_vouched(india), 1)
    }
    carry_in(usa, courier.bundle(assured, (), at))
    case, _ = released(usa, india, mode="transferred")
    operator = usa.actor("operator")
    medium = carry_out(usa, "IND", tmp_path / "log")
    assert b"Seeker head" not in medium  # the title of what is released
    messages, files = courier.read(medium)
    (release,) = [one for one in messages if one.kind == "release"]
    assert release.payload is not None
    assert sha256_hex(files[f"payload-{release.payload.sha256}"]) == release.payload.sha256
    assert [one.partner for one in overdue_receipts(usa.house, operator)] == [IND] * len(messages)
    policy = RegisteredManifest.objects.get(kind="release").policy_uuid
    acceptance = courier.message("acceptance", india.custody(release.body, policy), at)
    back = courier.receipts(messages, at) | {f"message-{len(assured) + 1}": acceptance}
    carry_in(usa, courier.bundle(back, (), at))
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"receipted"}
    seen = releases.case(usa.house, usa.actor("security_officer"), case.id)
    assert (seen.state, seen.mode) == ("accepted", "transferred")
    assert overdue_receipts(usa.house, operator) == []


def _vouched(peer: Peer) -> list[dict[str, Json]]:
    subjects = (("facility", FACILITY[peer.nation]), ("person", peer.people["reader"]))
    return [dict(peer.assurance(kind, subject)) for kind, subject in subjects]
