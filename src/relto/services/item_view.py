"""An item as those see it who may know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.procedures.acceptance import ACCEPTED, WITHDRAWN
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.sealing.recovery_pieces import RecoveryOrder
from relto.services.labelling import attributes_of, banner_of
from relto.services.marking_checks import CheckView, check_view
from relto.store.models import Item
from relto.store.queries.releases import visible_cases

LIVE = "live"
TRANSFERRED = "transferred"


@dataclass(frozen=True, slots=True)
class ShareOrder:
    """One share of a joint item's manifest: for whose key (`kid`, `pem`), under which split id, and asked for where."""

    sid: str
    url: str
    kid: str
    pem: str


@dataclass(frozen=True, slots=True)
class ManifestOrder:
    """One of the two manifests of a joint item: kind home or partner, the nation whose people it serves."""

    kind: str
    nation: str
    policy: str
    shares: tuple[ShareOrder, ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item. `policy` and `label_xml` are what the sealing client must put in, given with the announcement only.

    A joint item (`joint`, two `owners`) is announced with two `manifests`, which say more than `policy` alone. `mode`:
    how it is opened here, live or transferred; "" for an own item, whose releases each have their mode. `withdrawn`:
    received, and no release of it to the actor's facility, or to any if there was none to hers, is in force any more,
    because one of its owners withdrew it. `attributes`: the OpenTDF attribute values of its label and programme, which
    the key of its container is bound to. `check`: what the sealer stated of its markings; None for a received item.
    `recovery`: for whose custodians the client splits each share, with the announcement only; () when nobody recovers.
    """

    id: str
    uuid: str
    title: str
    file_name: str
    media_type: str
    originator: str
    held_as: str
    company: str | None
    programme: str
    label: Mapping[str, Json]
    banner: str
    export_controlled: bool
    state: str
    plaintext_size: int
    registered_at: Instant
    control_number: str
    cases: tuple[str, ...]
    policy: str = ""
    label_xml: str = ""
    entry: str = ""
    joint: bool = False
    owners: tuple[str, ...] = ()
    mode: str = ""
    withdrawn: bool = False
    manifests: tuple[ManifestOrder, ...] = ()
    attributes: tuple[str, ...] = ()
    check: CheckView | None = None
    recovery: tuple[RecoveryOrder, ...] = ()


def item_view(
    bundle: Bundle,
    actor: Actor,
    row: Item,
    *,
    policy: str = "",
    label_xml: str = "",
    entry: str = "",
    manifests: tuple[ManifestOrder, ...] = (),
) -> ItemView:
    """The view of an item that the actor's scope already let through."""
    line = row.register_entries.filter(direction__in=("created", "received")).order_by("at", "number").first()
    return ItemView(
        id=row.id,
        uuid=row.uuid,
        title=row.title,
        file_name=row.file_name,
        media_type=row.media_type,
        originator=row.originator,
        held_as=row.held_as,
        company=row.company_id,
        programme=row.programme,
        label=row.label,
        banner=banner_of(bundle, row.label),
        export_controlled=row.export_controlled,
        state=row.state,
        plaintext_size=row.plaintext_size,
        registered_at=row.registered_at,
        control_number=line.number if line is not None else "",
        cases=tuple(visible_cases(actor).filter(item=row).order_by("number").values_list("id", flat=True)),
        policy=policy,
        label_xml=label_xml,
        entry=entry,
        joint=is_joint(row),
        owners=owners_of(row),
        mode=_mode(row),
        withdrawn=_withdrawn(actor, row),
        manifests=manifests,
        attributes=attributes_of(bundle, row.label, row.programme),
        check=check_view(row),
    )


def owners_of(row: Item) -> tuple[str, ...]:
    """The nations that own the item, as its label says."""
    return tuple(str(nation) for nation in row.label.get("owner", ()))


def is_joint(row: Item) -> bool:
    """True for an item that two nations own: nobody opens it without both."""
    return len(owners_of(row)) > 1


def is_sealed_with(row: Item | None) -> bool:
    """True for a joint item that was sealed here: what its people wait for is the other owner's authority."""
    return row is not None and row.held_as == "own" and is_joint(row)


def _mode(row: Item) -> str:
    if is_joint(row):
        return LIVE
    newest = row.arrivals.order_by("-arrived_at", "-id").first() if row.held_as == "received" else None
    return newest.mode if newest is not None else ""


def _withdrawn(actor: Actor, row: Item) -> bool:
    """Of what was received: under the same releases by which an opening by this actor is decided."""
    if row.held_as != "received":
        return False
    ended = row.arrivals.filter(state__in=(ACCEPTED, WITHDRAWN))
    found = dict(ended.order_by("-state").values_list("facility", "state"))  # one in force counts before an ended one
    state = found.get(actor.facility or "") or min(found.values(), default="")
    return state == WITHDRAWN
