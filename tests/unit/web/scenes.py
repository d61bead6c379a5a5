"""Scenes that stories about pages begin with: what was released, what arrived; in front of a portal."""

from __future__ import annotations

import json
import re
from typing import Any

from relto.base.nations import Nation
from relto.rules.builtin import package_data
from relto.rules.bundle import reopen_bundle
from relto.services import arrivals, release_sending
from relto.store.models import AgreementBundle, Arrival, Manifest, ReleaseCase
from tests.support.houses import NATIONS, drafted, nationhood, signed_by, vouch
from tests.support.joint_items import joint_release
from tests.support.peer_simulator import Peer, SentRelease
from tests.unit.services import stories
from tests.unit.services.third_parties import Scene
from tests.unit.web.portal import Portal

PARTNER = Nation("IND")
REASON = "The programme changed."


def scene_of(portal: Portal) -> Scene:
    """The node behind the portal with the partner's in memory; its people are vouched for."""
    peer = Peer(PARTNER, Nation("USA"))
    portal.node.house.partners[PARTNER] = peer  # type: ignore[index]
    vouch(portal.node, PARTNER, "engineer")
    return Scene(portal.node, peer)


def sent_case(portal: Portal, mode: str = "live", **sealed: Any) -> ReleaseCase:
    """A case that was decided and sent, and that the partner accepted."""
    node, peer = portal.node, scene_of(portal).peer
    peer.vouch(node.house, "reader")
    stories.authorise(node)
    case = stories.ask_release(node, peer, stories.seal_item(node, **sealed), mode=mode)
    stories.decide_case(node, case)
    assert release_sending.prepare_release(node.house, case.id)
    body = stories.sent_body(node, peer, "release")
    policy = Manifest.objects.get(kind="release").policy_uuid
    assert peer.code_of(peer.send(node.house, "acceptance", peer.custody(body, policy))) == ""
    return ReleaseCase.objects.get(id=case.id)


def received(portal: Portal, peer: Peer, mode: str = "live") -> tuple[Arrival, SentRelease]:
    """A release of the partner for the engineer, accepted here."""
    node = portal.node
    sent = peer.release({node.people["engineer"]: "analyses the report"}, mode=mode)
    assert peer.code_of(peer.send(node.house, "release", sent.body, sent.payload)) == ""
    seen = arrivals.arrivals(node.house, node.actor("release_officer"))
    stories.accept(node, next(one for one in seen if one.release == sent.release))
    return Arrival.objects.get(release=sent.release), sent


def joint_arrival(portal: Portal, peer: Peer) -> Arrival:
    """A joint item of both nations, sealed and released by the partner, waiting here."""
    sent = joint_release(peer, {portal.node.people["engineer"]: "reads it"}, {peer.people["reader"]: "wrote it"})
    assert peer.code_of(peer.send(portal.node.house, "release", sent.body, sent.payload)) == ""
    return Arrival.objects.get(release=sent.release)


def accepted_joint_arrival(portal: Portal, peer: Peer) -> Arrival:
    """A joint item that the own release officer accepted on its page."""
    arrival = joint_arrival(portal, peer)
    peer.vouch(portal.node.house, "reader")
    stories.authorise(portal.node)
    officer, path = portal.as_person("release_officer"), f"/en/arrivals/{arrival.id}/"
    accepts = gaps_of(officer.get(path).content.decode())
    answer = officer.post(path, {"outcome": "accept", "reason": REASON, "accepts": accepts})
    assert answer.status_code == 302, answer.content.decode()
    arrival.refresh_from_db()
    return arrival


def gaps_of(page: str) -> list[str]:
    """The gates that a page asks to accept by name."""
    return re.findall(r'name="accepts" type="checkbox" value="([a-z_]+)"', page)


def fields_wrong(page: str) -> list[str]:
    """The fields that the summary of a page links to."""
    return re.findall(r'<li><a href="#field-(\w+)"', page)


def second_version(portal: Portal) -> None:
    """A second version of the agreement in force, as after its activation: the witness may be late for longer."""
    limits = json.loads(package_data("limits.json"))
    limits["limits"]["witness_late_limit"]["value"] = 30
    file = signed_by(drafted(2, limits=limits))
    pinned = {nation: nationhood(nation).authority.public for nation in NATIONS}
    row = AgreementBundle.objects.get()
    row.pk, row.version, row.file, row.activated_at = None, 2, file, portal.node.clock.now()
    row.digest = reopen_bundle(file, authorities=pinned, node_kind="training").digest
    row.save()
