"""An item as those see it who may know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.procedures.acceptance import ACCEPTED, WITHDRAWN
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.sealing.recovery_pieces import RecoveryOrder
from relto.services.labelling import attributes_of, banner_of
from relto.services.marking_checks import CheckView, check_view
from relto.store.models import Arrival, Item, RegisterEntry
from relto.store.queries.releases import visible_cases

LIVE = "live"
TRANSFERRED = "transferred"
_BLOCK: Final = 500
"""Of so many items what stands about them is read at once."""


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


@dataclass(slots=True)
class _Around:
    """What stands in other tables about items, by item: control number, cases, arrivals from the newest."""

    numbers: dict[str, str]
    cases: dict[str, list[str]]
    arrivals: dict[str, list[tuple[str, str, str]]]


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
    view = _view(bundle, actor, row, _around(actor, [row]))
    return replace(view, policy=policy, label_xml=label_xml, entry=entry, manifests=manifests)


def item_views(bundle: Bundle, actor: Actor, rows: Iterable[Item]) -> dict[str, ItemView]:
    """The views of any number of items that the actor's scope already let through, by id: few reads for all of them."""
    found = {row.id: row for row in rows}
    each = iter(found.values())
    views: dict[str, ItemView] = {}
    while block := list(islice(each, _BLOCK)):
        around = _around(actor, block)
        views |= {row.id: _view(bundle, actor, row, around) for row in block}
    return views


def _around(actor: Actor, rows: Collection[Item]) -> _Around:
    ids = [row.id for row in rows]
    found = _Around({}, {}, {})
    lines = RegisterEntry.objects.filter(item__in=ids, direction__in=("created", "received"))
    for item, number in lines.order_by("at", "number").values_list("item_id", "number"):
        found.numbers.setdefault(item, number)
    cases = visible_cases(actor).filter(item__in=ids).order_by("number")
    for item, case in cases.values_list("item_id", "id"):
        found.cases.setdefault(item, []).append(case)
    if received := [row.id for row in rows if row.held_as == "received"]:
        arrived = Arrival.objects.filter(item__in=received).order_by("-arrived_at", "-id")
        for item, *said in arrived.values_list("item_id", "mode", "state", "facility"):
            found.arrivals.setdefault(item, []).append((said[0], said[1], said[2]))
    return found


def _view(bundle: Bundle, actor: Actor, row: Item, around: _Around) -> ItemView:
    arrivals = around.arrivals.get(row.id, [])
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
        control_number=around.numbers.get(row.id, ""),
        cases=tuple(around.cases.get(row.id, ())),
        joint=is_joint(row),
        owners=owners_of(row),
        mode=LIVE if is_joint(row) else next((mode for mode, _, _ in arrivals), ""),
        withdrawn=_withdrawn(actor, arrivals),
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


def _withdrawn(actor: Actor, arrivals: Iterable[tuple[str, str, str]]) -> bool:
    """Of what was received: under the same releases by which an opening by this actor is decided."""
    ended = sorted(
        ((state, facility) for _, state, facility in arrivals if state in {ACCEPTED, WITHDRAWN}), reverse=True
    )
    found = {facility: state for state, facility in ended}  # one in force counts before an ended one
    state = found.get(actor.facility or "") or min(found.values(), default="")
    return state == WITHDRAWN
