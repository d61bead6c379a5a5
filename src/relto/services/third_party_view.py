"""A request to pass an item on to a third party, as officers of the holder and of the originator see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import sha256_hex
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.table import waits_on
from relto.procedures.third_party import FORWARDED, THIRD_PARTY
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision
from relto.rules.views import officer_view
from relto.services.labelling import banner_of
from relto.services.release_view import HistoryLine, entries_of, history_of
from relto.store.models import ThirdPartyRequest
from relto.store.queries.items import visible_items
from relto.store.queries.third_party import RECEIVED


@dataclass(frozen=True, slots=True)
class ThirdPartyItem:
    """The item that is asked about. `title` is empty for those who may not see it."""

    id: str
    uuid: str
    banner: str
    title: str


@dataclass(frozen=True, slots=True)
class ThirdPartyView:
    """A request. `direction`: made (here) or received; `request`, `number`: the holder's, the same on both nodes.

    `recipient`: the third party's facility, by code. `valid_from`, `valid_until`: as asked; `granted_*`: as consented.
    `reason`: of the latest decision on this node. `waits_on`: role codes, or "node" while the partner is to answer.
    """

    id: str
    request: str
    number: str
    direction: str
    holder: str
    originator: str
    item: ThirdPartyItem
    nation: str
    recipient: str
    purpose: str
    valid_from: Instant
    valid_until: Instant
    state: str
    company: str
    asked_by: str
    asked_at: Instant
    forwarded_at: Instant | None
    decided_at: Instant | None
    granted_from: Instant | None
    granted_until: Instant | None
    retransferred_at: Instant | None
    reason: str
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""


@dataclass(frozen=True, slots=True)
class ThirdPartyDetail(ThirdPartyView):
    """A request with its history; on the holder's node also with the gates of passing on as they stand now.

    `purpose_sha256` is the digest by which the originator's answer names the purpose.
    """

    purpose_sha256: str = ""
    forwarded_by: str = ""
    decided_by: str = ""
    permitted_now: bool = False
    gates: tuple[Mapping[str, Any], ...] = ()
    bundle_version: int = 0
    history: tuple[HistoryLine, ...] = ()


def purpose_digest(purpose: str) -> str:
    """Lower-case hex SHA-256 of the purpose in UTF-8."""
    return sha256_hex(purpose.encode("utf-8"))


def third_party_view(bundle: Bundle, actor: Actor, row: ThirdPartyRequest, entry: str = "") -> ThirdPartyView:
    """The view of a request that the actor's scope already let through."""
    return ThirdPartyView(**_members(bundle, actor, row, entry))


def third_party_views(bundle: Bundle, actor: Actor, rows: Collection[ThirdPartyRequest]) -> list[ThirdPartyView]:
    """The views of requests that the actor's scope already let through, in their order: two reads for all of them."""
    entries = entries_of((row.id, row.message) for row in rows)
    seen = visible_items(actor).filter(id__in={row.item_id for row in rows})
    titled = frozenset(seen.values_list("id", flat=True))
    return [
        ThirdPartyView(**_members(bundle, actor, row, "", (entries[row.id], row.item_id in titled))) for row in rows
    ]


def third_party_detail(
    bundle: Bundle, actor: Actor, row: ThirdPartyRequest, decision: Decision | None, entry: str = ""
) -> ThirdPartyDetail:
    """The request with `decision`, the gates evaluated just now; None on the originator's node."""
    return ThirdPartyDetail(
        **_members(bundle, actor, row, entry),
        purpose_sha256=purpose_digest(row.purpose),
        forwarded_by=row.forwarded_by,
        decided_by=row.decided_by,
        permitted_now=decision is not None and decision.permitted,
        gates=tuple(officer_view(decision, bundle)["gates"]) if decision is not None else (),
        bundle_version=bundle.version,
        history=history_of(row.id, row.message),
    )


def _members(
    bundle: Bundle,
    actor: Actor,
    row: ThirdPartyRequest,
    entry: str,
    about: tuple[Mapping[str, str], bool] | None = None,
) -> dict[str, Any]:
    """`about`: the request's entries, and whether the actor may see its item; None: they are read."""
    item = row.item
    if about is None:
        about = entries_of([(row.id, row.message)])[row.id], visible_items(actor).filter(id=item.id).exists()
    entries, may_see = about
    title = item.title if may_see else ""
    return {
        "id": row.id,
        "request": row.request,
        "number": row.number,
        "direction": row.direction,
        "holder": row.holder,
        "originator": row.originator,
        "item": ThirdPartyItem(item.id, item.uuid, banner_of(bundle, item.label), title),
        "nation": row.nation,
        "recipient": row.recipient,
        "purpose": row.purpose,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "state": row.state,
        "company": row.company,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "forwarded_at": row.forwarded_at,
        "decided_at": row.decided_at,
        "granted_from": row.granted_from,
        "granted_until": row.granted_until,
        "retransferred_at": row.retransferred_at,
        "reason": row.reason,
        "waits_on": _waits_on(row),
        "entries": entries,
        "entry": entry,
    }


def _waits_on(row: ThirdPartyRequest) -> tuple[str, ...]:
    """A forwarded request waits for the originator's officer: here or, from the holder's node, across the border."""
    waiting = waits_on(THIRD_PARTY, row.state)
    if row.state == FORWARDED:
        waiting -= {"node"} if row.direction == RECEIVED else waiting - {"node"}
    return tuple(sorted(waiting))
