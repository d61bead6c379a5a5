"""Transferred: the recipient's key service holds the one share, so no partner is asked; signed on both sides."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest

from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict
from relto.sealing.archive import open_archive
from relto.sealing.manifest import parse_manifest
from relto.sealing.opening import open_container
from relto.sealing.policy import read_policy
from relto.sealing.wrapping import SessionKey, unwrap_share
from relto.services import arrivals, items, openings, releases
from relto.services.sealed_containers import REGISTRATION
from relto.signing.statements import read_statement
from relto.store.models import Arrival, DecisionRecord, Manifest, ReleaseCase
from tests.support.houses import IND, USA, Node, nationhood
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import DOCUMENT, accept, released, sent_body


def _arrive(node: Node, peer: Peer, sent: Any) -> str:
    return peer.code_of(peer.send(node.house, "release", sent.body, sent.payload))


def test_what_is_transferred_opens_with_the_recipients_share_alone(ind: Node, america: Peer) -> None:
    sent = america.release({ind.people["engineer"]: "analyses it"}, content=DOCUMENT, mode="transferred")
    assert _arrive(ind, america, sent) == ""
    officer = ind.actor("release_officer")
    (arrival,) = arrivals.arrivals(ind.house, officer)
    assert (arrival.mode, arrival.item.mode, arrival.joint) == ("transferred", "transferred", False)
    accept(ind, arrival)
    receipt = read_statement(
        _envelope(sent_body(ind, america, "acceptance")),
        kind="custody-receipt",
        versions=(1,),
        trusted=[ind.house.node_key.public],
    ).body
    assert receipt["mode"] == "transferred"
    engineer = ind.actor("engineer")
    (held,) = items.my_items(ind.house, engineer)
    container = b"".join(items.container(ind.house, engineer, held.id).chunks)
    archive = open_archive(io.BytesIO(container))
    manifest = parse_manifest(archive.manifest)
    (share,) = manifest.key_access
    grant = openings.open_at_home(
        ind.house,
        engineer,
        policy_uuid=read_policy(manifest.policy_text).uuid,
        policy_text=manifest.policy_text,
        key_access=share,
    )
    assert grant.partner is None
    assert DecisionRecord.objects.get(id=grant.decision).facts["release"]["mode"] == "transferred"
    pem = SessionKey.generate("ec:secp256r1").public_pem
    with pytest.raises(Conflict, match="no_partner"):
        openings.ask_partner(ind.house, engineer, grant, key_access=share, session_key_pem=pem)
    assert america.asked == []
    home = unwrap_share(share, nationhood(IND).service_key, manifest.policy_text)
    opened = open_container(archive, io.BytesIO(container), {0: home}, require_label=True)
    assert b"".join(opened.chunks()) == DOCUMENT


def _envelope(body: Any) -> bytes:
    return canonical_bytes(body["statement"])


@pytest.mark.parametrize(("made", "said"), [("transferred", "live"), ("live", "transferred")])
def test_the_number_of_shares_and_the_signed_mode_must_be_those_of_the_message(
    ind: Node, america: Peer, made: str, said: str
) -> None:
    readers = {ind.people["engineer"]: "analyses it"}
    other = america.release(readers, mode=said)

    def claim(body: dict[str, Any]) -> None:
        body["mode"] = said

    assert _arrive(ind, america, america.release(readers, mode=made, change=claim)) == "not_verified.registration"

    def swap(body: dict[str, Any]) -> None:
        body["manifest"] = base64.b64encode(other.manifest).decode()

    # Even a sender that signs so cannot send one share as live, nor two as transferred.
    assert _arrive(ind, america, america.release(readers, mode=made, shares_of=said)) == "malformed.release.shares"
    assert _arrive(ind, america, america.release(readers, mode=made, change=swap)) == "not_verified.registration"
    assert not Arrival.objects.exists()


def test_the_originator_transfers_one_share_and_signs_that_it_did(usa: Node, india: Peer) -> None:
    india.vouch(usa.house, "reader")
    case, body = released(usa, india, mode="transferred")
    assert (case.mode, body["mode"]) == ("transferred", "transferred")
    row = Manifest.objects.get(kind="release")
    manifest = parse_manifest(bytes(row.content))
    (share,) = manifest.key_access
    own = nationhood(IND)
    assert (share.url, share.kid, share.sid) == (own.urls.key_service, own.kid, "")
    assert unwrap_share(share, own.service_key, manifest.policy_text)
    registered = read_statement(
        bytes(row.registration), kind=REGISTRATION, versions=(1,), trusted=[usa.house.node_key.public]
    ).body
    assert registered["mode"] == "transferred"
    wrong = india.send(usa.house, "acceptance", india.custody(body, row.policy_uuid, mode="live"))
    assert india.code_of(wrong) == "not_verified.custody.release"
    assert india.code_of(india.send(usa.house, "acceptance", india.custody(body, row.policy_uuid))) == ""
    seen = releases.case(usa.house, usa.actor("security_officer"), case.id)
    assert (seen.state, seen.mode, seen.joint) == ("accepted", "transferred", False)
    assert ReleaseCase.objects.get(id=case.id).mode == "transferred"
    record = DecisionRecord.objects.get(action="release")
    assert record.facts["release"]["mode"] == "transferred"
    assert USA in seen.item.owners
