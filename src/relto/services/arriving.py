"""Checking a release that a partner's node sent, before anything of it is kept.

Rules enforced here, each refusing the message whole:
 1. The sender's node registered and signed exactly this manifest for this item, under this label and programme.
 2. The label is valid, of the sender's policy, the sender's own or the sender's and this nation's together, and says
    what the key policy and the label inside say.
 3. The payload is the one that the manifest's table describes, in size; its checksum, which goes into the containers
    made here, is the one that the message states.
 4. Live, there are two shares under two different split ids, one at the own key service and one behind the own relay;
    no share has alternatives, so each nation's service is needed for each opening. Transferred, there is one share, at
    the own key service. Which of the two it is, the sender's node signed.
 5. A joint item of the sender and this nation brings both its manifests, each with two shares, over one payload.
 6. Item, release and manifest are new here, or the item is the same one, released again.
 7. Each share is in pieces for its nation's custodians, where the agreement names them: the one in force, or for a
    joint item the one that was when its manifests were registered.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput, NotVerified, UnknownValue
from relto.base.instants import Instant, read_instant
from relto.base.nations import Nation
from relto.labels.label import Label, label_from_dict
from relto.ports.surroundings import StoredBlob
from relto.rules.bundle import Bundle
from relto.sealing.manifest import parse_manifest
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services import active_bundle
from relto.services.custodian_pieces import check_placed_pieces
from relto.services.house import House
from relto.services.item_view import LIVE
from relto.services.release_message import ReleaseMessage
from relto.services.sealed_containers import REGISTRATION, check_label_equal
from relto.services.share_places import check_shares, share_places
from relto.services.wrapping_minimum import check_released
from relto.signing.statements import read_statement
from relto.store.models import Arrival, Facility, Item, Manifest


@dataclass(frozen=True, slots=True)
class CheckedRelease:
    """A release whose every part holds. `known` is the item when an earlier release brought it.

    `home`: of a joint item, the fingerprint of the manifest for the sender's people.
    """

    fingerprint: ManifestFingerprint
    plaintext_size: int
    known: Item | None
    home: ManifestFingerprint | None


def check_release(
    house: House, bundle: Bundle, sender: Nation, message: ReleaseMessage, payload: StoredBlob | None
) -> CheckedRelease:
    """Check all of it inside the receiving step. Raises NotVerified, MalformedInput, UnknownValue or Conflict."""
    manifest = parse_manifest(message.manifest)
    fingerprint = manifest_fingerprint(manifest)
    registered = _check_registration(bundle, sender, message, fingerprint, kind="release")
    label = label_from_dict(message.label, bundle.policies)
    _check_owner(house, bundle, sender, message, label)
    check_label_equal(manifest, label, message.programme, bundle.policies)
    size = payload.size if payload is not None else 0
    if manifest.integrity.encrypted_size != size:
        raise NotVerified(
            "payload_size", field="payload", found=size, expected="the size that the manifest's table gives"
        )
    if message.payload_crc32 != (payload.crc32 if payload is not None else 0):
        raise NotVerified("payload_crc32", field="payload_crc32", expected="the checksum of the payload that arrived")
    places = share_places(bundle, readers=house.nation, other=sender, mode=message.mode)
    check_shares(manifest, places)
    check_released(bundle, label, manifest, places)
    demanding = bundle if message.home is None else _bundle_of_registration(house, bundle, registered)
    check_placed_pieces(demanding, manifest, places)
    home = _check_home(house, bundle, sender, message, label, fingerprint) if message.home is not None else None
    if not Facility.objects.filter(code=message.facility).exists():
        raise UnknownValue("facility", field="facility", expected="a facility of this nation")
    if Arrival.objects.filter(sender=sender, release=message.release).exists():
        raise Conflict(
            "release", field="release", found=message.release, expected="a release that did not arrive before"
        )
    new = [fingerprint.uuid] if home is None else [fingerprint.uuid, home.uuid]
    if len(set(new)) != len(new) or Manifest.objects.filter(policy_uuid__in=new).exists():
        raise Conflict("manifest", field="policy.uuid", expected="a manifest that is new here")
    known = Item.objects.filter(uuid=message.uuid).first()
    if known is not None and not _same_item(known, sender, message, payload):
        raise Conflict("item", field="item.uuid", expected="an identifier used for this item only")
    return CheckedRelease(fingerprint, manifest.integrity.plaintext_size, known, home)


def _check_owner(house: House, bundle: Bundle, sender: Nation, message: ReleaseMessage, label: Label) -> None:
    """The sender's own item, or a joint one of the sender and this nation; labelled by the sender's policy."""
    joint = label.owner == tuple(sorted((sender, house.nation)))
    if not joint and label.owner != (sender,):
        raise NotVerified("release.owner", field="item.label", expected=f"a label that {sender} owns")
    if label.policy != bundle.policies.by_nation(sender).identity:
        raise NotVerified("release.owner", field="item.label", expected=f"a label of {sender}'s policy")
    if joint != (message.home is not None):
        raise MalformedInput("release.home", field="home", expected="the sender's side of a joint item, of no other")
    if joint and message.mode != LIVE:
        raise MalformedInput("release.joint_mode", field="mode", expected=LIVE)


def _check_home(  # noqa: PLR0917  what the message says together
    house: House,
    bundle: Bundle,
    sender: Nation,
    message: ReleaseMessage,
    label: Label,
    fingerprint: ManifestFingerprint,
) -> ManifestFingerprint:
    """The joint item's other manifest, for the sender's people: registered, over the same payload, two shares."""
    home = message.home
    if home is None:
        raise MalformedInput("release.home", field="home", expected="the sender's side of a joint item")
    manifest = parse_manifest(home.manifest)
    found = manifest_fingerprint(manifest)
    registered = _check_registration(bundle, sender, message, found, kind="original", registration=home.registration)
    check_label_equal(manifest, label, message.programme, bundle.policies)
    if found.uuid != message.uuid:
        raise NotVerified("policy_uuid", field="home.manifest", expected="the item's identifier")
    if found.payload_digest != fingerprint.payload_digest:
        raise NotVerified("joint_payload", field="home.manifest", expected="one payload under both manifests")
    places = share_places(bundle, readers=sender, other=house.nation, mode=LIVE)
    check_shares(manifest, places)
    check_released(bundle, label, manifest, places)
    check_placed_pieces(_bundle_of_registration(house, bundle, registered), manifest, places)
    return found


def _check_registration(
    bundle: Bundle,
    sender: Nation,
    message: ReleaseMessage,
    fingerprint: ManifestFingerprint,
    *,
    kind: str,
    registration: bytes = b"",
) -> Instant:
    """The instant at which the sender's node says that it registered exactly this."""
    registered = read_statement(
        registration or message.registration, kind=REGISTRATION, versions=(1,), trusted=bundle.parties[sender].node_keys
    ).body
    # A registration that names no mode is of the first form, when every release was live.
    registered = {"mode": LIVE, **registered}
    expected = {
        "item": message.uuid,
        "kind": kind,
        "node": sender,
        "fingerprint": fingerprint.as_dict(),
        "label": message.label,
        "programme": message.programme,
        "mode": message.mode,
    }
    for name, value in expected.items():
        if canonical_bytes([registered.get(name)]) != canonical_bytes([value]):
            raise NotVerified(
                "registration", field=f"registration.{name}", expected="what the sender's node registered"
            )
    return read_instant(registered.get("registered_at"), field="registration.registered_at")


def _bundle_of_registration(house: House, bundle: Bundle, at: Instant) -> Bundle:
    """The agreement that a joint item's manifests were made under; they cannot be made anew for later custodians."""
    row = active_bundle.active_row(at)
    return bundle if row is None else active_bundle.bundle_of_version(house, row.version)


def _same_item(known: Item, sender: Nation, message: ReleaseMessage, payload: StoredBlob | None) -> bool:
    return (
        known.held_as == "received"
        and known.originator == sender
        and known.programme == message.programme
        and known.payload_sha256 == (payload.sha256 if payload is not None else "")
        and canonical_bytes(known.label) == canonical_bytes(message.label)
    )
