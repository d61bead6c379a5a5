"""What only the key service does: shares leave it under a recorded decision, and a release gets its own shares.

Rules (design.md 2): a share is served only for a registered manifest and a recorded, permitted decision about the same
item, at most sixty seconds old and never used before; the use is recorded and durable BEFORE the share leaves. A
container that nobody registered is served only at home, under a decision about exactly its digests. A release is a new
manifest over the same payload: fresh random shares, one for each nation's service, never reused, the same attributes
and the same label bound anew. Key material stays in the memory of the key service's process.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, Misconfigured, NotAvailable, NotVerified, Refused, ReltoError
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.labels.stanag4774 import write_label
from relto.sealing.assertions import build_label_assertion, label_of, verify_assertions
from relto.sealing.courier_key import check_courier_policy, read_courier_key
from relto.sealing.encoding import base64_text
from relto.sealing.integrity import verify_root
from relto.sealing.key_access import KeyAccess, read_key_access
from relto.sealing.manifest import Manifest, parse_manifest
from relto.sealing.policy import build_policy, read_policy
from relto.sealing.recovery_assertion import recovery_assertions
from relto.sealing.registration import (
    ManifestFingerprint,
    container_identity,
    manifest_fingerprint,
    two_share_manifest,
)
from relto.sealing.shares import choose_shares, combine_by_sid, split
from relto.sealing.wrapping import SessionWrapped, SessionWrapper, wrap_share
from relto.services import active_bundle, unregistered
from relto.services.custodian_pieces import orders_for
from relto.services.house import House
from relto.services.item_view import is_joint
from relto.services.joint_shares import check_joint_manifests
from relto.services.origins import same_origin
from relto.services.service_keys import KeyRing, service_keys
from relto.services.share_places import SharePlace, share_places
from relto.store.models import Arrival, DecisionRecord, ReleaseCase
from relto.store.models import Manifest as RegisteredManifest
from relto.store.queries.governing import governing
from relto.store.queries.narrowing import narrowings
from relto.store.queries.opening import SERVED

FRESH_FOR = timedelta(seconds=60)
_SKEW = timedelta(seconds=5)  # between the processes of one node
_UUID_BYTES = 16
ShareAction = Literal["open", "supply_share"]


@dataclass(frozen=True, slots=True)
class CheckedManifest:
    """What the key service established about a manifest sealed for it; `label_xml` is None without a label."""

    fingerprint: ManifestFingerprint
    attributes: tuple[str, ...]
    label_xml: str | None
    plaintext_size: int
    encrypted_size: int

    def as_dict(self) -> dict[str, Json]:
        """The same as JSON, for the node's other processes."""
        return {
            "fingerprint": self.fingerprint.as_dict(),
            "uuid": self.fingerprint.uuid,
            "attributes": list(self.attributes),
            "label_xml": self.label_xml,
            "plaintext_size": self.plaintext_size,
            "encrypted_size": self.encrypted_size,
        }


def use_decision(
    house: House, *, decision: str, action: ShareAction, actor: str | None, key_access: KeyAccess, policy_text: str
) -> None:
    """Mark a recorded decision as used, durably, if it permits exactly this. Raises Refused("decision") otherwise.

    Rights that were narrowed since (a withdrawal, a suspension) and an agreement that took effect since make a decision
    unusable: asking again decides anew.

    `actor`: the pseudonym the decision must be about; None when the caller is the node itself (a partner's request).
    """
    now = house.now()

    def step() -> None:
        house.standing.require_own()
        record = DecisionRecord.objects.select_for_update().filter(id=decision).first()
        registered = _registered(policy_text, key_access, action)
        permits = (
            record is not None
            and record.permitted
            and record.action == action
            and record.used_at is None
            and record.narrowing == narrowings()
            and _cites_present_rules(record, now)
            and now - FRESH_FOR <= record.at <= now + _SKEW
            and (actor is None or record.actor == actor)
            and (
                _is_of_registered(record, registered, action, key_access=key_access, policy_text=policy_text)
                if registered is not None
                else action == "open"
                and unregistered.is_decided(record, key_access=key_access, policy_text=policy_text)
            )
        )
        if record is None or not permits:
            raise Refused("decision", field="decision", expected="a fresh, unused decision that permits this share")
        record.used_at = now
        record.save(update_fields=["used_at"])

    house.commit(step)


def _cites_present_rules(record: DecisionRecord, now: Instant) -> bool:
    """Whether bundle and overlay that the decision cites are those that govern now."""
    ruling = governing(now)
    overlay = record.decision.get("overlay")
    return (record.bundle_version, "" if overlay is None else overlay["digest"]) == (ruling.version, ruling.overlay)


def _registered(policy_text: str, key_access: KeyAccess, action: ShareAction) -> RegisteredManifest | None:
    try:
        identity = container_identity(read_policy(policy_text).uuid, key_access)
    except ReltoError:
        return None
    return SERVED[action].first(identity)


def _is_of_registered(
    record: DecisionRecord,
    registered: RegisteredManifest,
    action: ShareAction,
    *,
    key_access: KeyAccess,
    policy_text: str,
) -> bool:
    return (
        registered.item_id == record.item
        and (action != "supply_share" or _is_of_decided_case(record, registered))
        and ManifestFingerprint.from_dict(registered.fingerprint).covers(key_access, policy_text)
    )


def _is_of_decided_case(record: DecisionRecord, registered: RegisteredManifest) -> bool:
    """The manifest is that of the release that the decision is about: another release has its own decisions.

    A joint item that came from its other owner is served under the release that brought it.
    """
    release = record.facts.get("release")
    case = release.get("release") if isinstance(release, dict) else None
    return isinstance(case, str) and (
        ReleaseCase.objects.filter(id=case, manifest=registered).exists()
        or Arrival.objects.filter(release=case, partner_manifest=registered).exists()
    )


def share_for_session(
    house: House, keyring: KeyRing, *, decision: str, key_access: KeyAccess, policy_text: str, session_key: str
) -> SessionWrapped:
    """The share a partner node may supply, wrapped to the asker's session key (PEM), under its recorded decision.

    Raises NotVerified("share") when it cannot be unwrapped, Refused("decision"), UnknownValue for the session key.
    """
    wrapper = SessionWrapper(session_key, house.entropy.random_bytes)
    share = keyring.unwrap(key_access.kid, key_access, policy_text)
    use_decision(
        house,
        decision=decision,
        action="supply_share",
        actor=None,
        key_access=key_access,
        policy_text=policy_text,
    )
    return SessionWrapped(wrapper.wrap(share), wrapper.session_public_key_pem)


def share_for_reader(
    house: House,
    keyring: KeyRing,
    *,
    decision: str,
    reader: str,
    key_access: KeyAccess,
    policy_text: str,
    session_key: str,
) -> SessionWrapped:
    """The own share for the reading room of this node, under the recorded decision that `reader` (pseudonym) may open.

    Raises as `share_for_session`.
    """
    wrapper = SessionWrapper(session_key, house.entropy.random_bytes)
    share = keyring.unwrap(key_access.kid, key_access, policy_text)
    use_decision(house, decision=decision, action="open", actor=reader, key_access=key_access, policy_text=policy_text)
    return SessionWrapped(wrapper.wrap(share), wrapper.session_public_key_pem)


def check_manifest(house: House, keyring: KeyRing, data: bytes) -> CheckedManifest:
    """Establish that a home-sealed manifest is whole and under this key service's sole control.

    Every key access object must name this key service and unwrap with its keys; bindings, root signature and all
    assertions must hold. Raises MalformedInput or NotVerified.
    """
    manifest = parse_manifest(data)
    for item in manifest.key_access:
        if not same_origin(item.url, house.urls.key_service):
            raise MalformedInput(
                "key_access.url", field="keyAccess.url", expected="this node's key service, and no other"
            )
    key = _payload_key(keyring, manifest)
    label = label_of(verify_assertions(manifest, key))
    return CheckedManifest(
        fingerprint=manifest_fingerprint(manifest),
        attributes=read_policy(manifest.policy_text).attributes,
        label_xml=label,
        plaintext_size=manifest.integrity.plaintext_size,
        encrypted_size=manifest.integrity.encrypted_size,
    )


def _payload_key(keyring: KeyRing, manifest: Manifest) -> bytes:
    """The payload key from every key access object, root signature verified. Raises NotVerified."""
    shares = {
        position: keyring.unwrap(item.kid, item, manifest.policy_text)
        for position, item in enumerate(manifest.key_access)
    }
    key = combine_by_sid(choose_shares(manifest.key_access, shares))
    verify_root(manifest.integrity, key)
    return key


def release_manifest(house: House, keyring: KeyRing, *, case: str) -> bytes:
    """The manifest for the recipient's copies of a decided case: two fresh shares, one for each nation's service.

    Its urls are two origins of the recipient's own node: its key service, and its relay for this node's. Transferred,
    it has one share, the recipient's own. Raises NotAvailable("case"), Conflict when the case is not decided for
    release or the item is joint, whose manifests were made at its sealing, NotVerified when the original does not hold.
    """
    house.standing.require_own()
    row = ReleaseCase.objects.select_related("item").filter(id=case).first()
    if row is None:
        raise NotAvailable("case", field="case")
    if is_joint(row.item):
        raise Conflict("joint_item", field="case", expected="an item of one owner")
    _require_released(row)
    registered = RegisteredManifest.objects.filter(item=row.item, kind="original", withdrawn_at=None).first()
    if registered is None:
        raise Conflict("manifest", field="case", expected="an item with a registered original")
    original = parse_manifest(bytes(registered.content))
    if manifest_fingerprint(original) != ManifestFingerprint.from_dict(registered.fingerprint):
        raise NotVerified("manifest", field="manifest", expected="the manifest that was registered")
    key = _payload_key(keyring, original)
    bundle = active_bundle.active(house)
    label_xml = label_of(verify_assertions(original, key))
    if label_xml is None:
        # A stock client's container carries its label in the policy only; the released one carries both.
        stated = label_from_dict(row.item.label, bundle.policies)
        label_xml = write_label(stated, bundle.policies).decode("utf-8")
    policy = read_policy(original.policy_text)
    new_uuid = str(uuid.UUID(bytes=house.entropy.random_bytes(_UUID_BYTES), version=4))
    policy_text = build_policy(new_uuid, policy.attributes, policy.dissem)
    held = {view.kid for view in service_keys(purpose="wrapping")}
    places = share_places(bundle, readers=Nation(row.nation), other=house.nation, mode=row.mode)
    shares = split(key, len(places), house.entropy.random_bytes)
    key_access = [
        _wrapped_for(house, place, share, held=held, policy_text=policy_text, only=len(places) == 1)
        for share, place in zip(shares, places, strict=True)
    ]
    pieces = recovery_assertions(
        [(wrapped.sid, share) for wrapped, share in zip(key_access, shares, strict=True)],
        orders_for(bundle, [place.nation for place in places]),
        policy_text=policy_text,
        integrity=original.integrity,
        payload_key=key,
        random=house.entropy.random_bytes,
    )
    label = build_label_assertion(label_xml, original.integrity, key)
    return two_share_manifest(
        original, payload_key=key, policy_text=policy_text, key_access=key_access, assertions=[label, *pieces]
    )


def _require_released(case: ReleaseCase) -> None:
    """The case stands at released, by a recorded decision that permits this release of this item."""
    record = DecisionRecord.objects.filter(id=case.decision).first()
    permitted = record is not None and record.permitted and record.action == "release" and record.item == case.item_id
    if case.state != "released" or not permitted:
        raise Conflict("release_state", field="case", found=case.state, expected="released, by a permitted decision")


def _wrapped_for(
    house: House, place: SharePlace, share: bytes, *, held: set[str], policy_text: str, only: bool
) -> KeyAccess:
    """A share wrapped for the service that holds it; of the own one only for a key that this process has."""
    key = place.key(held if place.nation == house.nation else None)
    return wrap_share(
        share,
        public_key_pem=key.pem,
        kid=key.kid,
        url=place.url,
        sid="" if only else place.nation,
        policy_text=policy_text,
        random=house.entropy.random_bytes,
    )


class OwnKeyService:
    """`relto.ports.partners.KeyService` inside the key service's own process."""

    def __init__(self, keyring: KeyRing) -> None:
        """`keyring`: the private halves; they leave neither it nor this process."""
        self._keyring = keyring
        self._attended: House | None = None

    def attend(self, house: House) -> None:
        """Work in this house. Apart from the making, because a house holds its key service."""
        self._attended = house

    @property
    def _house(self) -> House:
        if self._attended is None:
            raise Misconfigured("key_service", field="key_service", expected="a key service that attends a house")
        return self._attended

    def check_manifest(self, manifest: bytes) -> Mapping[str, Json]:
        """See `check_manifest`; the answer is `CheckedManifest.as_dict`."""
        return check_manifest(self._house, self._keyring, manifest).as_dict()

    def check_joint_manifests(self, manifests: Sequence[bytes]) -> None:
        """See `joint_shares.check_joint_manifests`."""
        check_joint_manifests(self._house, self._keyring, manifests)

    def release_manifest(self, case: str) -> bytes:
        """See `release_manifest`."""
        return release_manifest(self._house, self._keyring, case=case)

    def courier_key(self, key_access: Mapping[str, Json], policy: str) -> bytes:
        """The content key of a courier bundle for this nation. Raises NotVerified."""
        self._house.standing.require_own()
        check_courier_policy(policy, self._house.nation)
        found = read_courier_key(key_access)
        return self._keyring.unwrap(found.kid, found, policy)

    def share_for_session(
        self, decision: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """See `share_for_session`: `wrapped_key` in base64, `session_public_key` as PEM, or "" for RSA sessions."""
        wrapped = share_for_session(
            self._house,
            self._keyring,
            decision=decision,
            key_access=read_key_access(key_access, field="key_access"),
            policy_text=policy,
            session_key=session_key,
        )
        return _as_answer(wrapped)

    def share_for_reader(
        self, decision: str, reader: str, key_access: Mapping[str, Json], policy: str, session_key: str
    ) -> Mapping[str, Json]:
        """See `share_for_reader`; the answer is that of `share_for_session`."""
        wrapped = share_for_reader(
            self._house,
            self._keyring,
            decision=decision,
            reader=reader,
            key_access=read_key_access(key_access, field="key_access"),
            policy_text=policy,
            session_key=session_key,
        )
        return _as_answer(wrapped)


def _as_answer(wrapped: SessionWrapped) -> dict[str, Json]:
    return {
        "wrapped_key": base64_text(wrapped.wrapped),
        "session_public_key": wrapped.session_public_key_pem or "",
    }
