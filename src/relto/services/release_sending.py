"""Sending a decided release: its manifest is made, registered and signed, and queued with the payload for the partner.

The manifest is made by the key service before the step that registers and sends it, so that a step never waits for
another process. Live: two fresh shares, one for each nation's service. Transferred: one, for the recipient's service.
"""

from __future__ import annotations

from relto.base.errors import NotVerified
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.procedures.release import RELEASE, RELEASED
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.sealing.manifest import parse_manifest
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.control_register import add_line
from relto.services.custodian_pieces import check_placed_pieces
from relto.services.house import House
from relto.services.item_view import is_joint
from relto.services.joint_items import ORIGINAL, PARTNER
from relto.services.release_message import HomeSide, ReleaseMessage
from relto.services.release_settling import locked_case
from relto.services.release_view import HOME, RECIPIENT, reader_lines
from relto.services.sealed_containers import check_label_equal, sign_registration
from relto.services.sending import PayloadRef, queue_message
from relto.services.share_places import check_shares, share_places
from relto.services.wrapping_minimum import check_released
from relto.store.models import Manifest, ReleaseCase


def cases_to_prepare() -> list[str]:
    """Ids of decided cases that wait for the node itself, for its own worker."""
    return list(ReleaseCase.objects.filter(state=RELEASED).order_by("decided_at", "id").values_list("id", flat=True))


def prepare_release(house: House, case_id: str) -> bool:
    """Make, register and send the manifest of a released case; False when there is nothing to do any more.

    Raises Unreachable while the key service does not answer, NotVerified when what it made is not a manifest over the
    same payload under the same label.
    """
    row = ReleaseCase.objects.select_related("item").filter(id=case_id, state=RELEASED).first()
    if row is None:
        return False
    # A joint item's manifests were made at its sealing and are registered; nobody here could make another.
    made = None if is_joint(row.item) else _made(house, row)

    def step() -> bool:
        now = house.now()
        case = locked_case(case_id)
        if case is None or case.state != RELEASED:
            return False
        case.state = advance(RELEASE, case.state, "send", actor=None, held={"manifest_registered"})
        case.manifest = case.item.manifests.get(kind=PARTNER) if made is None else _registered(house, case, made, now)
        case.message = _send(house, case, case.manifest, now)
        fingerprint = ManifestFingerprint.from_dict(case.manifest.fingerprint)
        entry = enter(
            house,
            LeafEvent.RELEASE_PREPARED,
            actor=house.nation,
            subject=case.id,
            company=case.company,
            details={"fingerprint": fingerprint.as_dict(), "message": case.message, "number": case.number},
            links={"policy": fingerprint.policy_digest, "payload": fingerprint.payload_digest},
            at=now,
        )
        add_line(house, case.item, "sent", company=case.company, counterpart=case.facility, entry=entry, at=now)
        case.save(update_fields=["state", "manifest", "message"])
        return True

    return house.commit(step)


def _made(house: House, row: ReleaseCase) -> tuple[bytes, ManifestFingerprint]:
    """The manifest that the key service makes for the case, and its fingerprint."""
    content = house.key_service.release_manifest(row.id)
    return content, _checked_release(house, active_bundle.active(house), row, content)


def _registered(house: House, case: ReleaseCase, made: tuple[bytes, ManifestFingerprint], now: Instant) -> Manifest:
    content, fingerprint = made
    return Manifest.objects.create(
        id=house.new_id("man"),
        item=case.item,
        kind="release",
        policy_uuid=fingerprint.uuid,
        content=content,
        fingerprint=fingerprint.as_dict(),
        registration=sign_registration(
            house,
            item=case.item.uuid,
            kind="release",
            fingerprint=fingerprint,
            label=case.item.label,
            programme=case.item.programme,
            at=now,
            mode=case.mode,
        ),
        registered_at=now,
    )


def _checked_release(house: House, bundle: Bundle, row: ReleaseCase, content: bytes) -> ManifestFingerprint:
    """The fingerprint of a release's manifest, once it is seen to protect the same payload under the same label.

    Its shares are in pieces for the custodians of the nations that hold them, where the agreement names custodians.
    """
    item, manifest = row.item, parse_manifest(content)
    fingerprint = manifest_fingerprint(manifest)
    original = item.manifests.get(kind="original", withdrawn_at=None)
    if fingerprint.payload_digest != original.fingerprint["payload_digest"] or fingerprint.uuid == item.uuid:
        raise NotVerified("release_manifest", field="manifest", expected="a new manifest over the registered payload")
    label = label_from_dict(item.label, bundle.policies)
    check_label_equal(manifest, label, item.programme, bundle.policies)
    places = share_places(bundle, readers=Nation(row.nation), other=house.nation, mode=row.mode)
    check_shares(manifest, places)
    check_released(bundle, label, manifest, places)
    check_placed_pieces(bundle, manifest, places)
    return fingerprint


def _home_side(case: ReleaseCase) -> HomeSide | None:
    """Of a joint item, what the co-owner's node needs to serve its share to the own readers."""
    if not is_joint(case.item):
        return None
    own = case.item.manifests.get(kind=ORIGINAL)
    return HomeSide(
        facility=case.home_facility,
        readers=_readers(case, HOME),
        manifest=bytes(own.content),
        registration=bytes(own.registration),
    )


def _readers(case: ReleaseCase, side: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.pseudonym, one.reason) for one in reader_lines(case, side))


def _send(house: House, case: ReleaseCase, manifest: Manifest, now: Instant) -> str:
    item = case.item
    message = ReleaseMessage(
        release=case.id,
        number=case.number,
        uuid=item.uuid,
        title=item.title,
        file_name=item.file_name,
        media_type=item.media_type,
        programme=item.programme,
        label=item.label,
        export_controlled=item.export_controlled,
        facility=case.facility,
        purpose=case.purpose,
        mode=case.mode,
        channel=case.channel,
        readers=_readers(case, RECIPIENT),
        manifest=bytes(manifest.content),
        registration=bytes(manifest.registration),
        payload_crc32=item.payload_crc32,
        home=_home_side(case),
    )
    payload = PayloadRef(item.payload_blob, item.payload_offset, item.payload_size, item.payload_sha256)
    body = message.as_body()
    return queue_message(house, Nation(case.nation), "release", body, payload if item.payload_size else None, at=now)
