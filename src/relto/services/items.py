"""Items of the own companies: announced with a label, sealed at the originator's desk, registered when all holds.

The node never sees the plaintext. What it registers is a container whose key policy, inner label and announced label
say the same, whose shares its own key service alone can unwrap, and whose manifest it signs.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from django.db.models import QuerySet

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified
from relto.labels.attributes import label_attributes
from relto.labels.label import Label, label_as_dict, label_from_dict
from relto.labels.stanag4774 import write_label
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.item import ANNOUNCED, REGISTERED
from relto.rules.bundle import Bundle
from relto.sealing.archive import container_chunks, container_part, container_size
from relto.sealing.manifest import parse_manifest
from relto.sealing.policy import build_policy
from relto.sealing.registration import NIL_UUID
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.custodian_pieces import check_own_pieces, orders_for
from relto.services.house import House
from relto.services.item_view import ItemView, is_joint, item_view, item_views
from relto.services.joint_items import check_home_manifest, check_partner_manifest, manifest_orders, sealed_manifest
from relto.services.labelling import originator_label
from relto.services.marking_checks import check_details, state_check
from relto.services.registering import keep_sealed, register_item, register_joint
from relto.services.sealed_containers import (
    check_label_equal,
    kept_if_registered,
    label_in_force,
    store_container,
)
from relto.services.texts import read_file_name, read_text
from relto.services.wrapping_minimum import check_registered
from relto.store.models import Item, Manifest
from relto.store.queries.items import holdable_items, not_asked_for, submittable_items, visible_items

_MEDIA_TYPE = re.compile(r"\A[a-zA-Z0-9][\w.+-]{0,62}/[a-zA-Z0-9][\w.+-]{0,62}\Z", re.ASCII)
_UUID_BYTES = 16


@dataclass(frozen=True, slots=True)
class ContainerDownload:
    """A container for one actor: ciphertext in chunks, its size in bytes, and the name to save it under.

    `part(start, end)`: bytes `start` (included) to `end` (excluded) of it alone.
    """

    chunks: Iterator[bytes]
    size: int
    file_name: str
    part: Callable[[int, int], Iterator[bytes]]


def announce_item(
    house: House,
    actor: Actor,
    *,
    title: str,
    file_name: str,
    media_type: str,
    programme: str,
    label: Mapping[str, Json],
    export_controlled: bool,
    check: Mapping[str, Json] | None = None,
) -> ItemView:
    """Announce what will be sealed; the answer carries the policy text and the label to put into the container.

    A joint item is announced with the two manifests that the client makes over one payload (`ItemView.manifests`).
    `check`: what the sealer states of its markings (`marking_checks`); the node has only her word for it.

    Raises Refused("role"), NotAvailable("programme"), Conflict("no_agreement" or "marking_faults"), MalformedInput or
    UnknownValue.
    """
    row, stated, bundle = _described(
        house,
        actor,
        title=title,
        file_name=file_name,
        media_type=media_type,
        programme=programme,
        label=label,
        export_controlled=export_controlled,
    )
    state_check(row, check)
    row.uuid = str(uuid.UUID(bytes=house.entropy.random_bytes(_UUID_BYTES), version=4))
    attributes = label_attributes(stated, programme)
    policy = build_policy(row.uuid, attributes)
    label_xml = write_label(stated, bundle.policies).decode("utf-8")
    orders = manifest_orders(house, bundle, row, attributes) if is_joint(row) else ()
    recovery = orders_for(bundle, stated.owner)

    def step() -> ItemView:
        row.save(force_insert=True)
        entry = enter(
            house,
            LeafEvent.ITEM_ANNOUNCED,
            actor=actor.person,
            subject=row.id,
            company=actor.company,
            details={
                "state": ANNOUNCED,
                "programme": programme,
                "label": label_as_dict(stated),
                "check": check_details(row),
            },
            at=row.registered_at,
        )
        view = item_view(bundle, actor, row, policy=policy, label_xml=label_xml, entry=entry, manifests=orders)
        return replace(view, recovery=recovery)

    return house.commit(step)


def receive_container(house: House, actor: Actor, item_id: str, chunks: Iterable[bytes]) -> ItemView:
    """Take the container of an announced item and register it. Anything wrong: nothing is kept, the item is unchanged.

    A joint item stays announced until its other manifest came too (`sealed_items.receive_partner_manifest`).

    Raises NotAvailable("item"), Conflict("state"), MalformedInput, TooLarge, NotVerified, Unreachable, and
    Refused("wrapping") for a share that is wrapped more weakly than the agreement demands at this level.
    """
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    item = _seen(actor, item_id)
    if not submittable_items(actor).filter(id=item.id).exists() or item.manifests.exists():
        raise Conflict("state", field="item", found=item.state, expected=ANNOUNCED)
    bundle = active_bundle.active(house)
    stated = label_from_dict(item.label, bundle.policies)
    container = store_container(house.blobs, chunks)
    with kept_if_registered(house, container):
        if is_joint(item):
            check_home_manifest(house, bundle, item, stated, container.manifest)
            house.key_service.check_joint_manifests([container.content])
            return house.commit(lambda: keep_sealed(house, actor, bundle, item.id, container))
        if container.policy.uuid != item.uuid:
            raise NotVerified("policy_uuid", field="policy.uuid", expected="the identifier that was announced")
        check_label_equal(container.manifest, stated, item.programme, bundle.policies)
        check_own_pieces(bundle, container.manifest, house.nation)
        house.key_service.check_manifest(container.content)
        check_registered(bundle, stated, container.manifest)
        return house.commit(lambda: register_item(house, actor, bundle, item.id, container))


def receive_partner_manifest(house: House, actor: Actor, item_id: str, content: bytes) -> ItemView:
    """Take the manifest for the co-owner's people, after the container, and register both. Wrong: nothing changes.

    Raises NotAvailable("item"), Conflict("state", "joint_item" or "not_sealed"), MalformedInput, TooLarge, NotVerified,
    Unreachable.
    """
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    item = _seen(actor, item_id)
    if not submittable_items(actor).filter(id=item.id).exists():
        raise Conflict("state", field="item", found=item.state, expected=ANNOUNCED)
    bundle = active_bundle.active(house)
    stated = label_from_dict(item.label, bundle.policies)
    fingerprint = check_partner_manifest(house, bundle, item, stated, parse_manifest(content))
    house.key_service.check_joint_manifests([bytes(sealed_manifest(item).content), content])
    return house.commit(lambda: register_joint(house, actor, bundle, item.id, content, fingerprint))


def submit_container(
    house: House,
    actor: Actor,
    chunks: Iterable[bytes],
    *,
    title: str,
    file_name: str,
    media_type: str,
    programme: str,
    label: Mapping[str, Json],
    export_controlled: bool,
) -> ItemView:
    """Register a container that any OpenTDF client sealed for this node's key service; its own uuid names the item.

    The label given must equal the policy's attributes, and the label inside when it carries one. Raises as
    `announce_item` and `receive_container` do, and Conflict("item") when the container is known already.
    """
    row, stated, bundle = _described(
        house,
        actor,
        title=title,
        file_name=file_name,
        media_type=media_type,
        programme=programme,
        label=label,
        export_controlled=export_controlled,
    )
    state_check(row, None)  # it came sealed: whoever submits it cannot show what its markings say
    if is_joint(row):
        raise MalformedInput(
            "joint_container", field="label.owners", expected="one owner; relto's client seals for two"
        )
    container = store_container(house.blobs, chunks)
    with kept_if_registered(house, container):
        if container.policy.uuid == NIL_UUID and len(container.manifest.key_access) > 1:
            raise MalformedInput("policy_uuid", field="policy.uuid", expected="an identifier, or one key access object")
        row.uuid = container.fingerprint.uuid
        stated = label_in_force(container.manifest, stated, bundle.policies)
        row.label = label_as_dict(stated)
        check_label_equal(container.manifest, stated, programme, bundle.policies, assertion_needed=False)
        check_own_pieces(bundle, container.manifest, house.nation, demanded=False)
        house.key_service.check_manifest(container.content)
        check_registered(bundle, stated, container.manifest)

        def step() -> ItemView:
            known = Item.objects.filter(uuid=row.uuid).exists()
            if known or Manifest.objects.filter(policy_uuid=row.uuid).exists():
                raise Conflict("item", field="policy.uuid", expected="a container that is not registered yet")
            row.save(force_insert=True)
            return register_item(house, actor, bundle, row.id, container)

        return house.commit(step)


def my_items(house: House, actor: Actor, first: int = 0, most: int | None = None) -> list[ItemView]:
    """The items that the actor may know of, newest first: from a number on, `most` at most."""
    return _views(house, actor, visible_items(actor), first, most)


def item_count(actor: Actor) -> int:
    """How many items the actor may know of."""
    return visible_items(actor).count()


def items_not_asked_for(house: House, actor: Actor, first: int = 0, most: int | None = None) -> list[ItemView]:
    """The own registered items that the actor may know of and no case of which she sees, newest first."""
    return _views(house, actor, not_asked_for(actor), first, most)


def not_asked_for_count(actor: Actor) -> int:
    """How many these are."""
    return not_asked_for(actor).count()


def own_registered(house: House, actor: Actor, most: int) -> list[ItemView]:
    """The newest own items in custody that the actor may know of, `most` at most."""
    return _views(house, actor, visible_items(actor).filter(held_as="own", state=REGISTERED), 0, most)


def _views(house: House, actor: Actor, seen: QuerySet[Item], first: int, most: int | None) -> list[ItemView]:
    rows = list(seen.order_by("-registered_at", "id")[first : None if most is None else first + most])
    return list(item_views(active_bundle.active(house), actor, rows).values()) if rows else []


def item(house: House, actor: Actor, item_id: str) -> ItemView:
    """One item. Raises NotAvailable("item") for an unknown one and for one the actor may not know of."""
    row = _seen(actor, item_id)
    return item_view(active_bundle.active(house), actor, row)


def container(house: House, actor: Actor, item_id: str) -> ContainerDownload:
    """The item's container: the original for the originator's company, the received one for the recipient's people.

    What is given is ciphertext; opening is decided anew each time. Raises NotAvailable("item").
    """
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    row = holdable_items(actor).filter(id=item_id).first()
    if row is None:
        raise NotAvailable("item", field="item")
    named = visible_items(actor).filter(id=row.id).exists()
    kind = "original" if row.held_as == "own" else "received"
    manifests = row.manifests.filter(kind=kind).order_by("-registered_at", "-id")
    manifest = manifests.filter(withdrawn_at=None).first()
    if manifest is None and kind == "received":
        manifest = manifests.first()  # withdrawn: whoever tries to open it is told so, and the attempt is on record
    if manifest is None or not row.payload_blob:
        raise NotAvailable("item", field="item")
    content = bytes(manifest.content)

    def payload(offset: int, size: int) -> Iterator[bytes]:
        return house.blobs.read_range(row.payload_blob, row.payload_offset + offset, size)

    return ContainerDownload(
        chunks=container_chunks(payload(0, row.payload_size), row.payload_size, row.payload_crc32, content),
        size=container_size(row.payload_size, len(content)),
        file_name=f"{row.file_name if named else row.uuid}.tdf",
        part=partial(container_part, payload, row.payload_size, row.payload_crc32, content),
    )


def _described(
    house: House,
    actor: Actor,
    *,
    title: str,
    file_name: str,
    media_type: str,
    programme: str,
    label: Mapping[str, Json],
    export_controlled: bool,
) -> tuple[Item, Label, Bundle]:
    """An unsaved item of the actor's company as described, its label and the bundle in force."""
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    if actor.company is None or programme not in actor.programmes:
        raise NotAvailable("programme", field="programme")
    if not _MEDIA_TYPE.match(media_type):
        raise MalformedInput("media_type", field="media_type", expected="a media type such as application/pdf")
    now = house.now()
    bundle = active_bundle.active(house, now)
    stated = originator_label(house, bundle, label, company=actor.company, at=now)
    row = Item(
        id=house.new_id("itm"),
        originator=house.nation,
        held_as="own",
        company_id=actor.company,
        programme=programme,
        label=label_as_dict(stated),
        title=read_text(title, field="title"),
        file_name=read_file_name(file_name),
        media_type=media_type,
        export_controlled=export_controlled,
        state=ANNOUNCED,
        sealed_by=actor.person,
        registered_at=now,
    )
    return row, stated, bundle


def _seen(actor: Actor, item_id: str) -> Item:
    row = visible_items(actor).filter(id=item_id).first()
    if row is None:
        raise NotAvailable("item", field="item")
    return row
