"""The partner's node, in memory: own keys, own items, messages by the real protocol; hostile where a test asks for it.

What it sends is made by the pure rooms (`sealing`, `signing`), so that it can also send what the exchange would not.
"""

from __future__ import annotations

import base64
import io
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources
from typing import Any

from relto.base.canonical import Json, read_object, sha256_hex
from relto.base.ids import opaque_id
from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.labels.attributes import label_attributes
from relto.labels.label import label_as_dict, label_from_dict
from relto.labels.policy import PolicySet
from relto.labels.policy_data import load_policy
from relto.labels.stanag4774 import write_label
from relto.ports.partners import LinkAnswer
from relto.sealing.assertions import build_label_assertion
from relto.sealing.keys import generate_service_key, load_private_key, public_key_of
from relto.sealing.manifest import build_manifest, parse_manifest
from relto.sealing.payload import PayloadSealer, SealedPayload
from relto.sealing.policy import build_policy
from relto.sealing.recovery_assertion import recovery_assertions
from relto.sealing.registration import manifest_fingerprint
from relto.sealing.shares import split
from relto.sealing.wrapping import unwrap_share, wrap_for_session, wrap_share
from relto.services.custody import CustodyReceipt
from relto.services.house import House
from relto.services.message_kinds import HANDLERS
from relto.services.opening_message import (
    OpeningAnswer,
    OpeningRequest,
    fingerprint_digest,
    read_answer,
    write_answer,
    write_request,
)
from relto.services.receiving import receive_message
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey
from relto.signing.statements import read_statement, sign_statement
from tests.support.custodians import order
from tests.support.houses import FACILITY, PROGRAMME, START, YEAR, Nationhood, nationhood

Change = Callable[[dict[str, Any]], None]


def fresh(prefix: str) -> str:
    return opaque_id(prefix, os.urandom(15))


def shipped_policies() -> PolicySet:
    data = resources.files("relto.labels").joinpath("data")
    return PolicySet([load_policy(data.joinpath(f"{nation}.json").read_bytes()) for nation in ("ind", "usa")])


@dataclass
class SentRelease:
    """A release as the peer made it."""

    body: dict[str, Any]
    payload: bytes
    payload_key: bytes
    manifest: bytes
    release: str
    sealed: SealedPayload


@dataclass
class Peer:
    """One partner node talking to the node under test."""

    nation: Nation
    other: Nation
    people: dict[str, str] = field(default_factory=lambda: {"reader": fresh("prs"), "second": fresh("prs")})
    sequence: int = 1
    previous: str = ""
    signer: StatementKey | None = None
    releases: dict[str, SentRelease] = field(default_factory=dict)
    refuses_shares: str = ""
    asked: list[bytes] = field(default_factory=list)
    held: list[bytes] = field(default_factory=list)

    @property
    def own(self) -> Nationhood:
        return nationhood(self.nation)

    @property
    def partner(self) -> Nationhood:
        return nationhood(self.other)

    @property
    def key(self) -> StatementKey:
        """The key it signs with: its own, or another one when hostile."""
        return self.signer or self.own.node

    # Messages.

    def send(self, house: House, kind: str, body: Mapping[str, Json], payload: bytes = b"") -> LinkAnswer:
        """Send a message by the node's real receiving end; the sequence advances when it is settled."""
        digest = sha256_hex(payload)
        if payload and house.blobs.partial_size(digest) < len(payload):
            house.blobs.append_partial(digest, 0, iter([payload]), len(payload))
        members: dict[str, Json] = {
            "id": fresh("msg"),
            "from": self.nation,
            "to": self.other,
            "sequence": self.sequence,
            "previous": self.previous,
            "created": instant_text(house.now()),
            "kind": kind,
            "body": dict(body),
        }
        if payload:
            members |= {"payload": {"sha256": digest, "size": len(payload)}, "critical": ["payload"]}
        envelope = sign_statement("message", 1, members, [self.own.node])
        message_digest = sha256_hex(read_envelope(envelope, max_bytes=len(envelope)).payload)
        answer = receive_message(house, self.nation, envelope, HANDLERS)
        if answer.status in (200, 422):
            self.sequence, self.previous = self.sequence + 1, message_digest
        return answer

    def code_of(self, answer: LinkAnswer) -> str:
        """ "" for a receipt, else the code of the refusal; the signature of the node under test is verified."""
        kind = "technical-receipt" if answer.status == 200 else "link-refusal"
        body = read_statement(answer.envelope, kind=kind, versions=(1,), trusted=[self.partner.node.public]).body
        return str(body.get("code", ""))

    # Assurances.

    def assurance(self, kind: str, subject: str, **changes: Json) -> dict[str, Json]:
        """The body of a message that vouches for an own facility or person at SECRET."""
        policy = shipped_policies().by_nation(self.nation)
        statement: dict[str, Json] = {
            "id": fresh("asr"),
            "issuer": self.nation,
            "recipient": self.other,
            "subject_kind": kind,
            "subject": subject,
            "facility": FACILITY[self.nation],
            "level": {"policy": policy.oid, "name": "SECRET"},
            "safeguarding_level": "SECRET" if kind == "facility" else "",
            "caveats": [],
            "valid_from": instant_text(START - YEAR),
            "valid_until": instant_text(START + YEAR),
            "status": "valid",
            "status_at": instant_text(START),
            **changes,
        }
        return {"statement": read_object(sign_statement("assurance", 1, statement, [self.key]))}

    def vouch(self, house: House, *people: str, **changes: Json) -> dict[str, str]:
        """Vouch for the facility and these people; subject -> assurance id."""
        given = {}
        subjects = [("facility", FACILITY[self.nation]), *(("person", self.people[who]) for who in people)]
        for kind, subject in subjects:
            given[subject] = fresh("asr")
            changed: dict[str, Json] = {"id": given[subject], "status_at": instant_text(house.now()), **changes}
            answer = self.send(house, "assurance", self.assurance(kind, subject, **changed))
            assert self.code_of(answer) == ""
        return given

    # Releases to the node under test.

    def release(
        self,
        readers: Mapping[str, str],
        *,
        content: bytes = b"content",
        change: Change | None = None,
        alternatives: bool = False,
        again: SentRelease | None = None,
        mode: str = "live",
        shares_of: str = "",
        marked_for: tuple[str, ...] = (),
        pieces: bool = False,
    ) -> SentRelease:
        """A SECRET, REL TO both document of the peer, released to the facility of the node under test.

        `again`: the same item as an earlier release; `alternatives`: both shares under one split id; `shares_of`: the
        shares of another mode than the one that is said and signed; `marked_for`: nations beside both in REL TO.
        `pieces`: each share in pieces for its nation's custodians too.
        """
        policies = shipped_policies()
        policy = policies.by_nation(self.nation)
        label = label_from_dict(
            {
                "policy": {"oid": policy.oid, "version": policy.version},
                "owner": [self.nation],
                "level": "SECRET",
                "release": sorted([self.nation, self.other, *marked_for]),
                "caveats": [],
                "created": instant_text(START),
                "originator_id": f"urn:relto:{self.nation.lower()}",
                "originator_id_type": "uniformResourceIdentifier",
                "review_by": instant_text(START + 10 * YEAR),
            },
            policies,
        )
        key, out = os.urandom(32), io.BytesIO()
        sealer = PayloadSealer(out, key, random=os.urandom)
        sealer.write(content)
        sealed, payload = sealer.finish(), out.getvalue()
        if again is not None:
            key, sealed, payload = again.payload_key, again.sealed, again.payload
        policy_text = build_policy(str(uuid.uuid4()), label_attributes(label, PROGRAMME))
        holders = [(self.partner, self.partner.urls.key_service), (self.own, self.partner.urls.relay)]
        holders = holders[:1] if (shares_of or mode) == "transferred" else holders
        parts = split(key, len(holders), os.urandom)
        shares = [
            wrap_share(
                share,
                public_key_pem=public_key_of(holder.service_key),
                kid=holder.kid,
                url=url,
                sid="" if alternatives else holder.nation,
                policy_text=policy_text,
                random=os.urandom,
            )
            for share, (holder, url) in zip(parts, holders, strict=True)
        ]
        recovery = recovery_assertions(
            [(wrapped.sid, share) for wrapped, share in zip(shares, parts, strict=True)],
            [order(holder.nation) for holder, _ in holders] if pieces else [],
            policy_text=policy_text,
            integrity=sealed.integrity,
            payload_key=key,
            random=os.urandom,
        )
        assertion = build_label_assertion(write_label(label, policies).decode(), sealed.integrity, key)
        manifest = build_manifest(policy_text, shares, sealed, [assertion, *recovery], "application/pdf")
        release, item = fresh("rel"), str(again.body["item"]["uuid"] if again else uuid.uuid4())
        registered: dict[str, Json] = {
            "item": item,
            "kind": "release",
            "node": self.nation,
            "fingerprint": manifest_fingerprint(parse_manifest(manifest)).as_dict(),
            "label": label_as_dict(label),
            "programme": PROGRAMME,
            "mode": mode,
            "registered_at": instant_text(START),
        }
        body: dict[str, Any] = {
            "release": release,
            "number": "REL-2026-0001",
            "item": {
                "uuid": item,
                "title": "Test report of the seeker head",
                "file_name": "report.pdf",
                "media_type": "application/pdf",
                "programme": PROGRAMME,
                "label": label_as_dict(label),
                "export_controlled": True,
            },
            "facility": FACILITY[self.other],
            "purpose": "joint analysis",
            "mode": mode,
            "channel": "link",
            "readers": [{"pseudonym": who, "reason": why} for who, why in readers.items()],
            "manifest": base64.b64encode(manifest).decode(),
            "registration": read_object(sign_statement("manifest-registration", 1, registered, [self.key])),
            "payload_crc32": sealed.crc32,
        }
        if change is not None:
            change(body)
        made = SentRelease(body, payload, key, manifest, release, sealed)
        self.releases[release] = made
        return made

    # The peer's side of an opening: a PartnerLink.

    def request_share(self, envelope: bytes) -> LinkAnswer:
        """Answer an opening request of the node under test."""
        self.asked.append(envelope)
        body = read_statement(envelope, kind="opening-request", versions=(1,), trusted=[self.partner.node.public]).body
        manifests = [*(made.manifest for made in self.releases.values()), *self.held]
        sent = next(one for one in map(parse_manifest, manifests) if manifest_fingerprint(one).uuid == body["policy"])
        if self.refuses_shares:
            answer = OpeningAnswer(b"", None, self.refuses_shares)
        else:
            own = next(share for share in sent.key_access if share.kid == self.own.kid)
            share = unwrap_share(own, load_private_key(self.own.service_key), sent.policy_text)
            wrapped = wrap_for_session(share, str(body["session_key"]))
            answer = OpeningAnswer(wrapped.wrapped, wrapped.session_public_key_pem, "")
        status = 503 if self.refuses_shares.startswith("unreachable") else 200
        return LinkAnswer(status, write_answer(answer, request_sha256=sha256_hex(envelope), key=self.key))

    # The peer's people ask the node under test.

    def opening_request(
        self, house: House, manifest: bytes, item: str, pseudonym: str, assurance: str, /, **changes: Any
    ) -> tuple[bytes, str]:
        """A signed request for the share that the node under test holds of its release; and the session's PEM."""
        parsed = parse_manifest(manifest)
        share = next(one for one in parsed.key_access if one.url == self.own.urls.relay)
        private = generate_service_key("ec:secp256r1")
        members: dict[str, Any] = {
            "id": fresh("opr"),
            "pseudonym": pseudonym,
            "assurance": assurance,
            "item": item,
            "policy": manifest_fingerprint(parsed).uuid,
            "manifest": fingerprint_digest(manifest_fingerprint(parsed)),
            "url": share.url,
            "kid": share.kid,
            "sid": share.sid,
            "session_key": public_key_of(private),
            "expires": house.now() + timedelta(seconds=20),
            "decision": fresh("dec"),
            **changes,
        }
        request = OpeningRequest(**members)
        return write_request(request, sender=self.nation, recipient=self.other, key=self.key), private

    def read_share_answer(self, request: bytes, answer: LinkAnswer) -> OpeningAnswer:
        """The answer of the node under test, verified."""
        return read_answer(answer.envelope, request=request, trusted=[self.partner.node.public])

    # The peer's custody receipt for a release of the node under test.

    def custody(
        self, release: Mapping[str, Any], policy: str, *, accepted: bool = True, mode: str = ""
    ) -> dict[str, Json]:
        """The body of a message "acceptance" for a release message body that the node under test sent."""
        receipt = CustodyReceipt(
            release=str(release["release"]),
            number=str(release["number"]),
            item=str(release["item"]["uuid"]),
            policy=policy,
            accepted=accepted,
            control_number=f"{self.nation}-2026-000001" if accepted else "",
        )
        statement: dict[str, Json] = {
            "issuer": self.nation,
            "recipient": self.other,
            "release": receipt.release,
            "number": receipt.number,
            "item": receipt.item,
            "policy": receipt.policy,
            "outcome": "accepted" if accepted else "returned",
            "control_number": receipt.control_number,
            "mode": mode or str(release["mode"]),
            "role": "release_officer",
            "decided_at": instant_text(START),
        }
        return {"statement": read_object(sign_statement("custody-receipt", 1, statement, [self.key]))}

    # The peer withdraws what it released; the peer says what it did with what was withdrawn.

    def withdrawal(self, sent: SentRelease, **changes: Json) -> dict[str, Json]:
        """The body of a message "withdrawal" for a release that the peer sent."""
        asked = "asked" if sent.body["mode"] == "transferred" else ""
        stated: dict[str, Json] = {
            **self._about(sent.body, manifest_fingerprint(parse_manifest(sent.manifest)).uuid),
            "by": "originator",
            "disposition": asked,
            "role": "release_officer",
            "withdrawn_at": instant_text(START),
            **changes,
        }
        return {"statement": read_object(sign_statement("release-withdrawal", 1, stated, [self.key]))}

    def disposition(self, release: Mapping[str, Any], policy: str, **changes: Json) -> dict[str, Json]:
        """The body of a message "disposition" for a release message body that the node under test sent."""
        stated: dict[str, Json] = {
            **self._about(release, policy),
            "outcome": "destroyed",
            "control_number": f"{self.nation}-2026-000001",
            "role": "security_officer",
            "disposed_at": instant_text(START),
            **changes,
        }
        return {"statement": read_object(sign_statement("release-disposition", 1, stated, [self.key]))}

    def _about(self, release: Mapping[str, Any], policy: str) -> dict[str, Json]:
        return {
            "issuer": self.nation,
            "recipient": self.other,
            "release": str(release["release"]),
            "number": str(release["number"]),
            "item": str(release["item"]["uuid"]),
            "policy": policy,
        }
