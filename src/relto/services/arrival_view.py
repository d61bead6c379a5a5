"""An arrival as release officers see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.instants import Instant
from relto.procedures.acceptance import ACCEPTANCE
from relto.procedures.actors import Actor
from relto.procedures.table import waits_on
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision
from relto.rules.views import officer_view
from relto.services.item_view import ItemView, is_joint, item_view, item_views
from relto.services.release_view import HOME, RECIPIENT, HistoryLine, ReaderLine, entries_of, history_of, reader_lines
from relto.store.models import Arrival


@dataclass(frozen=True, slots=True)
class ArrivalView:
    """A release that arrived. `release`, `number`: the sender's; `control_number`: this nation's register.

    Of a `joint` item, `home_facility` and `home_readers` are the sender's, to whom this nation's authority releases it
    by accepting. `withdrawal_reason` is known only for a withdrawal by this nation; `disposition`, of a withdrawn one:
    asked, destroyed, returned, or "" when nothing was asked for.
    """

    id: str
    release: str
    number: str
    sender: str
    item: ItemView
    facility: str
    purpose: str
    mode: str
    state: str
    arrived_at: Instant
    decided_at: Instant | None
    control_number: str
    readers: tuple[ReaderLine, ...]
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""
    joint: bool = False
    home_facility: str = ""
    home_readers: tuple[ReaderLine, ...] = ()
    withdrawn_at: Instant | None = None
    withdrawal_reason: str = ""
    disposition: str = ""
    disposition_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class ArrivalDetail(ArrivalView):
    """An arrival with its gates as they stand now (`rules.views.officer_view`) and its history.

    Of a joint item the acceptance is a release too: `co_release_gates` are this nation's gates for the sender's
    readers, `co_permitted_now` whether they hold, `co_decision` the reference of the decision once it is made.
    """

    decided_by: str = ""
    reason: str = ""
    decision: str = ""
    permitted_now: bool = False
    gates: tuple[Mapping[str, Any], ...] = ()
    bundle_version: int = 0
    history: tuple[HistoryLine, ...] = ()
    co_decision: str = ""
    co_permitted_now: bool = False
    co_release_gates: tuple[Mapping[str, Any], ...] = ()


def arrival_views(bundle: Bundle, actor: Actor, rows: Collection[Arrival]) -> list[ArrivalView]:
    """The views of arrivals that the actor's scope already let through, in their order: few reads for all of them."""
    entries = entries_of((row.id, row.message) for row in rows)
    items = item_views(bundle, actor, (row.item for row in rows))
    return [ArrivalView(**_members(bundle, actor, row, "", (entries[row.id], items[row.item_id]))) for row in rows]


def arrival_detail(
    bundle: Bundle,
    actor: Actor,
    row: Arrival,
    decision: Decision,
    entry: str = "",
    *,
    co_release: Decision | None = None,
) -> ArrivalDetail:
    """The arrival with `decision`, the gates evaluated just now, and of a joint item those of its release."""
    return ArrivalDetail(
        **_members(bundle, actor, row, entry),
        decided_by=row.decided_by,
        reason=row.reason,
        decision=row.decision,
        co_decision=row.co_decision,
        co_permitted_now=co_release is not None and co_release.permitted,
        co_release_gates=tuple(officer_view(co_release, bundle)["gates"]) if co_release is not None else (),
        permitted_now=decision.permitted,
        gates=tuple(officer_view(decision, bundle)["gates"]),
        bundle_version=decision.bundle_version,
        history=history_of(row.id, row.message),
    )


def _members(
    bundle: Bundle, actor: Actor, row: Arrival, entry: str, about: tuple[Mapping[str, str], ItemView] | None = None
) -> dict[str, Any]:
    entries, item = about or (entries_of([(row.id, row.message)])[row.id], item_view(bundle, actor, row.item))
    return {
        "id": row.id,
        "release": row.release,
        "number": row.number,
        "sender": row.sender,
        "item": item,
        "facility": row.facility,
        "purpose": row.purpose,
        "mode": row.mode,
        "state": row.state,
        "arrived_at": row.arrived_at,
        "decided_at": row.decided_at,
        "control_number": row.control_number,
        "readers": reader_lines(row, RECIPIENT),
        "joint": is_joint(row.item),
        "home_facility": row.home_facility,
        "home_readers": reader_lines(row, HOME),
        "withdrawn_at": row.withdrawn_at,
        "withdrawal_reason": row.withdrawal_reason,
        "disposition": row.disposition,
        "disposition_at": row.disposition_at,
        "waits_on": tuple(sorted(waits_on(ACCEPTANCE, row.state))),
        "entries": entries,
        "entry": entry,
    }
