"""What waits for whom, since when and until when: here, and at the partner; and every due instant in one calendar.

Promises: a queue is found by indexes and opens no form; the most urgent stands first, and what has no due instant waits
behind it in the order in which it came. Who has signed already no longer has it in her queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.procedures.table import SIDES
from relto.services.dossiers.looking import PAGE, earliest_dues
from relto.services.dossiers.views import (
    PARTNER,
    DossierView,
    Due,
    dossier_view,
    due_view,
    may_take,
    stand_of,
    waits_on,
)
from relto.services.house import House
from relto.store.models import Dossier, DossierDue, DossierSignature, OutboxMessage
from relto.store.queries.dossiers import visible_dossiers

HERE = "here"
_MOST_DATES = 500


@dataclass(frozen=True, slots=True)
class QueueRow:
    """Something that waits. `where`: "here" for this actor, or "partner" for the other node's people.

    `steps`: those that she may take (without those at will); `to_sign`: of these the ones that somebody signed already.
    `since`: here since it came into its state, there since it was told. `receipt`: of the message that told it:
    "waiting", "receipted", "refused", or "" where nothing was told. `due`: the earliest due instant, None without one.
    """

    view: DossierView
    where: str
    steps: tuple[str, ...]
    to_sign: tuple[str, ...]
    since: Instant
    due: Due | None
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class DueDate:
    """One due instant of an open dossier, for a calendar."""

    view: DossierView
    due: Due


def queue(house: House, actor: Actor, *, procedure: str = "") -> list[QueueRow]:
    """What waits for this actor, most urgent first, 100 at most; and behind it what of hers waits at the partner."""
    packs = [one for one in procedures().values() if procedure in {"", one.code}]
    now = house.now()
    rows = visible_dossiers(actor).defer("answers")
    here = _here(actor, _page(rows, _stands(packs, actor)), now)
    waiting = {one.view.id for one in here}
    there = _there(_page(rows, _stands_there(packs, actor)), now)
    return [*here, *(one for one in there if one.view.id not in waiting)]


def due_dates(house: House, actor: Actor) -> list[DueDate]:
    """The due instants of the open dossiers that the actor may see, earliest first, 500 at most."""
    now, packs = house.now(), procedures()
    visible = visible_dossiers(actor).filter(is_open=True, procedure__in=list(packs))
    dues = DossierDue.objects.filter(dossier__in=visible.values("id"), at__isnull=False).exclude(clock="")
    page = list(dues.order_by("at", "id")[:_MOST_DATES])
    rows = {row.id: row for row in visible.defer("answers").filter(id__in={one.dossier_id for one in page})}
    return [
        DueDate(dossier_view(packs[rows[one.dossier_id].procedure], rows[one.dossier_id]), due_view(one, now))
        for one in page
        if one.dossier_id in rows
    ]


def _stands(packs: Iterable[Procedure], actor: Actor) -> list[str]:
    """Where a step of this actor is waited for: procedure, side and state."""
    return [
        stand_of(pack.code, side, state)
        for pack in packs
        for side in SIDES
        for state in pack.table.states
        if any(not one.at_will for one in may_take(pack, state, side, actor))
    ]


def _stands_there(packs: Iterable[Procedure], actor: Actor) -> list[str]:
    """Where the partner's people are waited for, and this actor has a part in the procedure on the own side."""
    return [
        stand_of(pack.code, side, state)
        for pack in packs
        for side in SIDES
        if actor.roles & pack.begins or any(may_take(pack, state, side, actor) for state in pack.table.states)
        for state in pack.table.states
        if PARTNER in waits_on(pack, state, side)
    ]


def _page(rows: QuerySet[Dossier], stands: Sequence[str]) -> list[Dossier]:
    if not stands:
        return []
    return list(rows.filter(stand__in=stands).order_by(F("due_at").asc(nulls_last=True), "since", "id")[:PAGE])


def _here(actor: Actor, page: Sequence[Dossier], now: Instant) -> list[QueueRow]:
    packs, earliest = procedures(), earliest_dues(page, now)
    signed: dict[str, dict[str, set[str]]] = {}
    for one in DossierSignature.objects.filter(dossier__in=[row.id for row in page]).defer("answers", "reason"):
        signed.setdefault(one.dossier_id, {}).setdefault(one.step, set()).add(one.by)
    found = []
    for row in page:
        pack, held = packs[row.procedure], signed.get(row.id, {})
        steps = tuple(
            one.name
            for one in may_take(pack, row.state, row.side, actor)
            if not one.at_will and actor.person not in held.get(one.name, ())
        )
        if steps:
            dues = earliest.get(row.id, ())
            view = dossier_view(pack, row, dues)
            to_sign = tuple(step for step in steps if step in held)
            found.append(QueueRow(view, HERE, steps, to_sign, row.since, dues[0] if dues else None))
    return found


def _there(page: Sequence[Dossier], now: Instant) -> list[QueueRow]:
    packs, earliest = procedures(), earliest_dues(page, now)
    told = OutboxMessage.objects.filter(id__in=[row.told_message for row in page if row.told_message])
    receipts = dict(told.values_list("id", "state"))
    found = []
    for row in page:
        dues = earliest.get(row.id, ())
        view = dossier_view(packs[row.procedure], row, dues)
        receipt = receipts.get(row.told_message, "")
        since = row.told_at or row.since
        found.append(QueueRow(view, PARTNER, (), (), since, dues[0] if dues else None, receipt))
    return found
