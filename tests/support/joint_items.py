"""A joint item made by hand: two manifests over one payload, honest or cheating, and its release by the peer."""

from __future__ import annotations

import base64
import io
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from relto.base.canonical import Json, read_object
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.labels.attributes import label_attributes
from relto.labels.label import label_as_dict, label_from_dict
from relto.labels.stanag4774 import write_label
from relto.sealing.assertions import build_label_assertion
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import public_key_of
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.payload import PayloadSealer, SealedPayload
from relto.sealing.policy import build_policy
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.shares import SHARE_BYTES, combine
from relto.sealing.wrapping import wrap_share
from relto.signing.statements import sign_statement
from tests.support.houses import FACILITY, PROGRAMME, START, YEAR, nationhood
from tests.support.peer_simulator import Change, Peer, SentRelease, fresh, shipped_policies

Cheat = Literal["", "reused", "swapped", "nothing", "everything", "one share", "other key", "own key twice"]
# Against one service: what it would hold, or fail to hold, if nobody looked.
CHEATS: tuple[Cheat, ...] = ("reused", "swapped", "nothing", "everything", "one share", "other key", "own key twice")


def sealed_payload(content: bytes, key: bytes) -> tuple[SealedPayload, bytes]:
    """The payload of a container and its table."""
    out = io.BytesIO()
    sealer = PayloadSealer(out, key, random=os.urandom)
    sealer.write(content)
    return sealer.finish(), out.getvalue()


@dataclass(frozen=True)
class JointMaker:
    """Makes the two manifests for the people of `sealer` and of `other`; `victim` is whom a cheat is against."""

    sealer: Nation
    other: Nation
    victim: Nation
    label_xml: str
    used_before: bytes = b""
    """The victim's share of another item's home manifest, for a client that uses it again."""

    def pair(
        self, policies: tuple[str, str], key: bytes, sealed: tuple[SealedPayload, SealedPayload], cheat: Cheat = ""
    ) -> tuple[bytes, bytes]:
        """The home manifest and the partner's."""
        first = self.used_before or os.urandom(SHARE_BYTES)
        second = {
            "reused": first,
            "swapped": combine([first, key]),
            "nothing": bytes(SHARE_BYTES),
            "everything": key,
        }.get(cheat) or os.urandom(SHARE_BYTES)
        return (
            self._manifest(self.sealer, self.other, policies[0], key, first, sealed[0]),
            self._manifest(self.other, self.sealer, policies[1], key, second, sealed[1], cheat),
        )

    def _manifest(
        self,
        readers: Nation,
        partner: Nation,
        policy: str,
        key: bytes,
        victims: bytes,
        sealed: SealedPayload,
        cheat: Cheat = "",
    ) -> bytes:
        own, other = nationhood(readers), nationhood(partner)
        holders = {readers: own.urls.key_service, partner: own.urls.relay}
        shares = {nation: victims if nation == self.victim else combine([victims, key]) for nation in holders}

        def wrapped(nation: Nation, holder: Nation) -> KeyAccess:
            service = nationhood(holder)
            return wrap_share(
                shares[nation],
                public_key_pem=public_key_of(service.service_key),
                kid="elsewhere-1" if cheat == "other key" else service.kid,
                url=holders[nation],
                sid=nation,
                policy_text=policy,
                random=os.urandom,
            )

        key_access = [wrapped(nation, nation) for nation in holders]
        if cheat == "one share":
            shares = {readers: key}
            key_access = [wrapped(readers, readers)]
        elif cheat == "own key twice":
            key_access = [wrapped(nation, self.victim) for nation in holders]
        assert {own.nation, other.nation} == set(holders)
        label = build_label_assertion(self.label_xml, sealed.integrity, key)
        return build_manifest(policy, key_access, sealed, [label], "application/pdf")


def joint_release(
    peer: Peer,
    readers: Mapping[str, str],
    home_readers: Mapping[str, str],
    *,
    content: bytes = b"content",
    cheat: Cheat = "",
    other_payload: bool = False,
    change: Change | None = None,
) -> SentRelease:
    """A SECRET item of the peer and the node under test, sealed and released by the peer."""
    policies = shipped_policies()
    policy = policies.by_nation(peer.nation)
    owners = sorted([peer.nation, peer.other])
    label = label_from_dict(
        {
            "policy": {"oid": policy.oid, "version": policy.version},
            "owner": owners,
            "level": "SECRET",
            "release": owners,
            "caveats": [],
            "created": instant_text(START),
            "originator_id": f"urn:relto:{peer.nation.lower()}",
            "originator_id_type": "uniformResourceIdentifier",
            "review_by": instant_text(START + 10 * YEAR),
        },
        policies,
    )
    key = os.urandom(SHARE_BYTES)
    sealed, payload = sealed_payload(content, key)
    home_sealed = sealed_payload(content, key)[0] if other_payload else sealed
    item = str(uuid.uuid4())
    attributes = label_attributes(label, PROGRAMME)
    texts = (build_policy(item, attributes), build_policy(str(uuid.uuid4()), attributes))
    maker = JointMaker(peer.nation, peer.other, peer.other, write_label(label, policies).decode())
    home, partner = maker.pair(texts, key, (home_sealed, sealed), cheat)

    def registered(kind: str, manifest: bytes) -> Json:
        body: dict[str, Json] = {
            "item": item,
            "kind": kind,
            "node": peer.nation,
            "fingerprint": manifest_fingerprint(parse_manifest(manifest)).as_dict(),
            "label": label_as_dict(label),
            "programme": PROGRAMME,
            "mode": "live",
            "registered_at": instant_text(START),
        }
        return read_object(sign_statement("manifest-registration", 1, body, [peer.key]))

    release = fresh("rel")
    body: dict[str, Any] = {
        "release": release,
        "number": "REL-2026-0001",
        "item": {
            "uuid": item,
            "title": "Joint seeker head, interface",
            "file_name": "joint.pdf",
            "media_type": "application/pdf",
            "programme": PROGRAMME,
            "label": label_as_dict(label),
            "export_controlled": True,
        },
        "facility": FACILITY[peer.other],
        "purpose": "joint development",
        "mode": "live",
        "channel": "link",
        "readers": [{"pseudonym": who, "reason": why} for who, why in readers.items()],
        "manifest": base64.b64encode(partner).decode(),
        "registration": registered("release", partner),
        "payload_crc32": sealed.crc32,
        "home": {
            "facility": FACILITY[peer.nation],
            "readers": [{"pseudonym": who, "reason": why} for who, why in home_readers.items()],
            "manifest": base64.b64encode(home).decode(),
            "registration": registered("original", home),
        },
    }
    if change is not None:
        change(body)
    made = SentRelease(body, payload, key, partner, release, sealed)
    peer.releases[release] = made
    return made
