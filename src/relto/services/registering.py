"""The steps that make a sealed container an item in custody: manifests registered, signed, entered, in the register.

A joint item is registered by its second manifest: until then its container waits, and nobody can open it.
"""

from __future__ import annotations

from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor
from relto.procedures.item import ANNOUNCED, ITEM
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.sealing.registration import ManifestFingerprint
from relto.services.book import enter
from relto.services.control_register import add_line
from relto.services.house import House
from relto.services.item_view import LIVE, ItemView, item_view
from relto.services.joint_items import ORIGINAL, PARTNER, SEALED, co_owner, sealed_manifest
from relto.services.marking_checks import check_details
from relto.services.sealed_containers import StoredContainer, sign_registration
from relto.store.models import Item, Manifest


def register_item(house: House, actor: Actor, bundle: Bundle, item_id: str, container: StoredContainer) -> ItemView:
    """The step that registers a checked container for its item."""
    now = house.now()
    row = Item.objects.select_for_update().get(id=item_id)
    row.state = advance(ITEM, row.state, "register", actor=actor, held={"label_equal", "manifest_checked"})
    _hold_payload(row, container, now)
    fingerprint = container.fingerprint
    Manifest.objects.create(
        id=house.new_id("man"),
        item=row,
        kind=ORIGINAL,
        policy_uuid=fingerprint.uuid,
        content=container.content,
        fingerprint=fingerprint.as_dict(),
        registration=_registration(house, row, ORIGINAL, fingerprint, now),
        registered_at=now,
    )
    return _entered(house, actor, bundle, row, fingerprint, now)


def keep_sealed(house: House, actor: Actor, bundle: Bundle, item_id: str, container: StoredContainer) -> ItemView:
    """The step that keeps a joint item's checked container and its home manifest, not registered yet.

    Raises Conflict("state") when one is kept already.
    """
    now = house.now()
    row = Item.objects.select_for_update().get(id=item_id)
    if row.state != ANNOUNCED or row.manifests.exists():
        raise Conflict("state", field="item", found=row.state, expected=ANNOUNCED)
    _hold_payload(row, container, now)
    fingerprint = container.fingerprint
    Manifest.objects.create(
        id=house.new_id("man"),
        item=row,
        kind=SEALED,
        nation=house.nation,
        policy_uuid=fingerprint.uuid,
        content=container.content,
        fingerprint=fingerprint.as_dict(),
        registration=b"",
        registered_at=now,
    )
    entry = enter(
        house,
        LeafEvent.ITEM_SEALED,
        actor=actor.person,
        subject=row.id,
        company=row.company_id,
        details={"fingerprint": fingerprint.as_dict(), "label": row.label, "programme": row.programme},
        links={"policy": fingerprint.policy_digest, "payload": fingerprint.payload_digest},
        at=now,
    )
    return item_view(bundle, actor, row, entry=entry)


def register_joint(  # noqa: PLR0917  the step of one verb
    house: House, actor: Actor, bundle: Bundle, item_id: str, content: bytes, fingerprint: ManifestFingerprint
) -> ItemView:
    """The step that registers both manifests of a joint item, the checked second one beside the one that waited."""
    now = house.now()
    row = Item.objects.select_for_update().get(id=item_id)
    home = sealed_manifest(row)
    row.state = advance(ITEM, row.state, "register", actor=actor, held={"label_equal", "manifest_checked"})
    row.registered_at = now
    row.save(update_fields=["state", "registered_at"])
    own = ManifestFingerprint.from_dict(home.fingerprint)
    home.kind, home.registered_at = ORIGINAL, now
    home.registration = _registration(house, row, ORIGINAL, own, now, mode=LIVE)
    home.save(update_fields=["kind", "registered_at", "registration"])
    Manifest.objects.create(
        id=house.new_id("man"),
        item=row,
        kind=PARTNER,
        nation=co_owner(house, row),
        policy_uuid=fingerprint.uuid,
        content=content,
        fingerprint=fingerprint.as_dict(),
        registration=_registration(house, row, "release", fingerprint, now, mode=LIVE),
        registered_at=now,
    )
    return _entered(house, actor, bundle, row, own, now, partner=fingerprint)


def _hold_payload(row: Item, container: StoredContainer, now: Instant) -> None:
    row.payload_blob = container.blob.name
    row.payload_offset = container.payload_offset
    row.payload_size = container.payload_size
    row.payload_crc32 = container.payload_crc32
    row.payload_sha256 = container.payload_sha256
    row.plaintext_size = container.manifest.integrity.plaintext_size
    row.registered_at = now
    row.save()


def _registration(  # noqa: PLR0917  what the statement says
    house: House, row: Item, kind: str, fingerprint: ManifestFingerprint, now: Instant, mode: str = ""
) -> bytes:
    return sign_registration(
        house,
        item=row.uuid,
        kind=kind,
        fingerprint=fingerprint,
        label=row.label,
        programme=row.programme,
        at=now,
        mode=mode,
    )


def _entered(  # noqa: PLR0917  the end of both registrations
    house: House,
    actor: Actor,
    bundle: Bundle,
    row: Item,
    fingerprint: ManifestFingerprint,
    now: Instant,
    *,
    partner: ManifestFingerprint | None = None,
) -> ItemView:
    details = {
        "fingerprint": fingerprint.as_dict(),
        "label": row.label,
        "programme": row.programme,
        "check": check_details(row),
    }
    links = {"policy": fingerprint.policy_digest, "payload": fingerprint.payload_digest}
    if partner is not None:
        details["partner_fingerprint"] = partner.as_dict()
        links["partner_policy"] = partner.policy_digest
    entry = enter(
        house,
        LeafEvent.ITEM_REGISTERED,
        actor=actor.person,
        subject=row.id,
        company=row.company_id,
        details=details,
        links=links,
        at=now,
    )
    add_line(house, row, "created", company=row.company_id or "", counterpart="", entry=entry, at=now)
    return item_view(bundle, actor, row, entry=entry)
