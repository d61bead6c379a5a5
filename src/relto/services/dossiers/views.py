"""Dossiers as people see them: what one is, where it stands, whom it waits for, and what was done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.procedures.findings import Weighed
from relto.procedures.procedure import Procedure
from relto.procedures.table import STAYS, Transition
from relto.store.models import Dossier, DossierDue, DossierSignature, DossierStep

PARTNER, NODE = "partner", "node"


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock runs out. `limit`: its code; `nation`: whose limit and calendar it is.

    `gap`: no rule is loaded for that nation, or its calendar does not reach so far: then `at` is None.
    """

    clock: str
    limit: str
    nation: str
    at: Instant | None
    gap: bool
    provision: str
    confirmed: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier in a list. `nation`: the asking nation, whose number it is; `side`: on which side this node stands.

    `waits_on`: role codes here, "node", or "partner". `attention`: "refused" when the partner would not follow the
    newest step, "overtaken" when an own step came too late; else "". `due`: earliest first; in lists the earliest only.
    """

    id: str
    number: str
    nation: str
    procedure: str
    title_code: str
    side: str
    partner: str
    company: str
    facility: str
    programme: str
    parent: str
    state: str
    is_open: bool
    waits_on: tuple[str, ...]
    attention: str
    opened: Instant
    changed: Instant
    since: Instant
    ended: Instant | None
    due: tuple[Due, ...] = ()
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody's signature under a step. `by`: a pseudonym at home, the nation's code of the partner's."""

    by: str
    role: str
    at: Instant | str
    entry: str


@dataclass(frozen=True, slots=True)
class TakenView:
    """A step that was taken, with its ledger entry and the message that told of it.

    `signers`: who signed before the last one. `overtaken`, `refused`: the step is kept, without effect.
    """

    position: int
    step: str
    before: str
    state: str
    at: Instant
    side: str
    by: str
    role: str
    signers: tuple[Signed, ...]
    answers: Mapping[str, Any]
    reason: str
    entry: str
    message: str
    overtaken: bool
    refused: str


@dataclass(frozen=True, slots=True)
class RelatedView:
    """Another dossier that this one belongs to, or that belongs to it."""

    number: str
    procedure: str
    state: str
    how: str


@dataclass(frozen=True, slots=True)
class DossierDetail:
    """A dossier whole. `may_take`: the steps that this actor may take now; `may_write`: she may change the main form.

    `findings`: of the main form as it stands, weighed. `signed_by`: step -> who signed it already, `proposed`: step ->
    the answers that she signed. `papers`: codes of the papers that it gives on this node in its state.
    """

    view: DossierView
    form_version: int
    bundle_version: int
    bundle_digest: str
    opened_by: str
    answers: Mapping[str, Any]
    steps: tuple[TakenView, ...]
    findings: tuple[Weighed, ...]
    may_take: tuple[str, ...]
    may_write: bool
    signed_by: Mapping[str, tuple[Signed, ...]]
    proposed: Mapping[str, Mapping[str, Any]]
    papers: tuple[str, ...]
    related: tuple[RelatedView, ...] = field(default=())


def stand_of(procedure: str, side: str, state: str) -> str:
    """Under which key queues find a dossier: its procedure, this node's side and its state."""
    return f"{procedure}/{side}/{state}"


def waits_on(pack: Procedure, state: str, side: str) -> tuple[str, ...]:
    """Whom the next step waits for on this node: role codes, "node", "partner"; empty at the end.

    What the partner may add without leaving the state (STAYS) holds nobody up here.
    """
    awaited: set[str] = set()
    for one in pack.table.transitions:
        if state not in one.sources or one.at_will:
            continue
        if one.side and one.side != side:
            awaited.update({PARTNER} if one.target != STAYS else ())
        else:
            awaited.update(str(role) for role in one.roles or (NODE,))
    return tuple(sorted(awaited))


def may_take(pack: Procedure, state: str, side: str, actor: Actor) -> tuple[Transition, ...]:
    """The steps that the table gives this actor in this state; what their guards say is another question."""
    return tuple(
        one
        for one in pack.table.transitions
        if state in one.sources and one.roles & actor.roles and one.side in {"", side}
    )


def due_view(row: DossierDue, now: Instant) -> Due:
    """A due instant as of now."""
    return Due(
        clock=row.clock,
        limit=row.limit,
        nation=row.nation,
        at=row.at,
        gap=row.at is None,
        provision=row.provision,
        confirmed=row.confirmed,
        overdue=row.at is not None and row.at < now,
    )


def dues_of(rows: Iterable[DossierDue], now: Instant) -> tuple[Due, ...]:
    """Those with an instant first, earliest first; gaps after them."""
    every = [due_view(row, now) for row in rows if row.clock]
    return tuple(sorted(every, key=lambda one: (one.gap, one.at.timestamp() if one.at else 0.0, one.clock, one.nation)))


def dossier_view(pack: Procedure, row: Dossier, dues: Sequence[Due] = (), entry: str = "") -> DossierView:
    """The row as people see it in a list."""
    return DossierView(
        id=row.id,
        number=row.number,
        nation=row.nation,
        procedure=row.procedure,
        title_code=f"procedure.{row.procedure}",
        side=row.side,
        partner=row.partner,
        company=row.company,
        facility=row.facility,
        programme=row.programme,
        parent=row.parent,
        state=row.state,
        is_open=row.is_open,
        waits_on=waits_on(pack, row.state, row.side),
        attention=row.attention,
        opened=row.opened_at,
        changed=row.changed_at,
        since=row.since,
        ended=row.ended_at,
        due=tuple(dues),
        entry=entry or row.entry,
    )


def taken_view(row: DossierStep) -> TakenView:
    """A step as people see it."""
    return TakenView(
        position=row.position,
        step=row.step,
        before=row.before,
        state=row.state,
        at=row.at,
        side=row.side,
        by=row.by,
        role=row.role,
        signers=tuple(Signed(one["by"], one["role"], one["at"], one["entry"]) for one in row.signers),
        answers=row.answers,
        reason=row.reason,
        entry=row.entry,
        message=row.message,
        overtaken=row.overtaken,
        refused=row.refused,
    )


def signed_view(rows: Iterable[DossierSignature]) -> dict[str, tuple[Signed, ...]]:
    """Step -> who signed it already."""
    found: dict[str, tuple[Signed, ...]] = {}
    for row in rows:
        found[row.step] = (*found.get(row.step, ()), Signed(row.by, row.role, row.at, row.entry))
    return found
