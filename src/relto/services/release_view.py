"""A release case as security officers and release officers see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.release import RELEASE
from relto.procedures.table import waits_on
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision
from relto.rules.views import officer_view
from relto.services.item_view import ItemView, is_joint, item_view, item_views
from relto.store.models import Arrival, LedgerEntry, ReleaseCase

RECIPIENT = "recipient"
HOME = "home"


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A named reader: pseudonym and the recorded reason for her need-to-know."""

    pseudonym: str
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that happened to a case or an arrival: event, instant, who (pseudonym or nation) and ledger entry."""

    event: str
    at: Instant
    actor: str
    entry: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A release case. `waits_on`: role codes, or "node"; `entries`: event -> its newest ledger entry.

    `mode`: live or transferred. Of a `joint` item, `home_facility` and `home_readers` are those of the sealing nation.
    `disposition`, of a withdrawn one: asked, destroyed, returned, or "" when nothing was asked for.
    """

    id: str
    number: str
    item: ItemView
    nation: str
    facility: str
    company: str
    purpose: str
    mode: str
    channel: str
    state: str
    asked_by: str
    asked_at: Instant
    decided_at: Instant | None
    delivered_at: Instant | None
    custody_at: Instant | None
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
class CaseDetail(CaseView):
    """A case with its gates as they stand now (`rules.views.officer_view`), its decision's reason, its history."""

    decided_by: str = ""
    reason: str = ""
    decision: str = ""
    permitted_now: bool = False
    gates: tuple[Mapping[str, Any], ...] = ()
    bundle_version: int = 0
    history: tuple[HistoryLine, ...] = ()


def case_view(bundle: Bundle, actor: Actor, row: ReleaseCase, entry: str = "") -> CaseView:
    """The view of a case that the actor's scope already let through."""
    return CaseView(**_members(bundle, actor, row, entry))


def case_views(bundle: Bundle, actor: Actor, rows: Collection[ReleaseCase]) -> list[CaseView]:
    """The views of cases that the actor's scope already let through, in their order: few reads for all of them."""
    entries = entries_of((row.id, row.message) for row in rows)
    items = item_views(bundle, actor, (row.item for row in rows))
    return [CaseView(**_members(bundle, actor, row, "", (entries[row.id], items[row.item_id]))) for row in rows]


def case_detail(bundle: Bundle, actor: Actor, row: ReleaseCase, decision: Decision, entry: str = "") -> CaseDetail:
    """The case with `decision`, the gates evaluated just now."""
    return CaseDetail(
        **_members(bundle, actor, row, entry),
        decided_by=row.decided_by,
        reason=row.reason,
        decision=row.decision,
        permitted_now=decision.permitted,
        gates=tuple(officer_view(decision, bundle)["gates"]),
        bundle_version=decision.bundle_version,
        history=history_of(row.id, row.message),
    )


def reader_lines(row: ReleaseCase | Arrival, side: str) -> tuple[ReaderLine, ...]:
    """The named readers of one side, recipient or home."""
    named = sorted((one for one in row.readers.all() if one.side == side), key=lambda one: one.pseudonym)
    return tuple(ReaderLine(reader.pseudonym, reader.reason) for reader in named)


def history_of(*subjects: str) -> tuple[HistoryLine, ...]:
    """The ledger entries about these things in the order they were recorded."""
    rows = LedgerEntry.objects.filter(subject__in=[subject for subject in subjects if subject]).order_by("serial")
    return tuple(HistoryLine(row.event, row.recorded_at, row.actor, row.entry) for row in rows)


def entries_of(subjects: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Case or arrival -> event -> the newest ledger entry about it or its message, of any number of (id, message)."""
    named = {one: identity for identity, message in subjects for one in (identity, message) if one}
    found: dict[str, dict[str, str]] = {identity: {} for identity in named.values()}
    rows = LedgerEntry.objects.filter(subject__in=list(named)).order_by("serial")
    for subject, event, entry in rows.values_list("subject", "event", "entry"):
        found[named[subject]][event] = entry
    return found


def _members(
    bundle: Bundle, actor: Actor, row: ReleaseCase, entry: str, about: tuple[Mapping[str, str], ItemView] | None = None
) -> dict[str, Any]:
    entries, item = about or (entries_of([(row.id, row.message)])[row.id], item_view(bundle, actor, row.item))
    return {
        "id": row.id,
        "number": row.number,
        "item": item,
        "nation": row.nation,
        "facility": row.facility,
        "company": row.company,
        "purpose": row.purpose,
        "mode": row.mode,
        "channel": row.channel,
        "state": row.state,
        "asked_by": row.asked_by,
        "asked_at": row.asked_at,
        "decided_at": row.decided_at,
        "delivered_at": row.delivered_at,
        "custody_at": row.custody_at,
        "control_number": row.control_number,
        "readers": reader_lines(row, RECIPIENT),
        "joint": is_joint(row.item),
        "home_facility": row.home_facility,
        "home_readers": reader_lines(row, HOME),
        "withdrawn_at": row.withdrawn_at,
        "withdrawal_reason": row.withdrawal_reason,
        "disposition": row.disposition,
        "disposition_at": row.disposition_at,
        "waits_on": tuple(sorted(waits_on(RELEASE, row.state))),
        "entries": entries,
        "entry": entry,
    }
