"""How the node stands, as values: its present start, what that has compared, and its quarantines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.base.canonical import Json
from relto.base.instants import Instant
from relto.store.models import NodeStart, Quarantine
from relto.store.queries.prepared import Prepared

MOST_STARTS = 100
_OPEN = Prepared(lambda: Quarantine.objects.filter(lifted_at=None).values_list("id")[:1])


@dataclass(frozen=True, slots=True)
class StartFact:
    """A start of the whole node: `compared_at` with the own witness, `partners` who was compared since."""

    start: str
    compared_at: Instant | None
    partners: Mapping[str, str]
    waiting_for: str


@dataclass(frozen=True, slots=True)
class QuarantineFact:
    """A quarantine with its findings: code, and the numbers that go with it."""

    id: str
    since: Instant
    findings: Sequence[Mapping[str, Json]]
    lifted_at: Instant | None


def start_fact(start: str) -> StartFact | None:
    """What is known of this start."""
    row = NodeStart.objects.filter(start=start).first()
    return StartFact(row.start, row.compared_at, row.partners, row.waiting_for) if row else None


def newest_start() -> StartFact | None:
    """The newest start, for those who look at a node from outside its processes."""
    row = NodeStart.objects.order_by("-started_at").first()
    return StartFact(row.start, row.compared_at, row.partners, row.waiting_for) if row else None


def in_quarantine() -> bool:
    """True while a quarantine is open: the one read that every step costs."""
    return bool(_OPEN.rows())


def _fact(row: Any) -> QuarantineFact:
    return QuarantineFact(row.id, row.since, row.findings, row.lifted_at)


def open_quarantine() -> QuarantineFact | None:
    """The open quarantine, if there is one."""
    row = Quarantine.objects.filter(lifted_at=None).order_by("since").first()
    return _fact(row) if row else None


def lives() -> int:
    """How often a quarantine of this node was lifted: 0 in its first life."""
    return Quarantine.objects.exclude(lifted_at=None).count()


def quarantines() -> list[QuarantineFact]:
    """All quarantines, newest first."""
    return [_fact(row) for row in Quarantine.objects.order_by("-since")]


def note_start(start: str, at: Instant) -> None:
    """Remember a start; the oldest ones are forgotten. Called inside a step."""
    NodeStart.objects.get_or_create(start=start, defaults={"started_at": at})
    kept = NodeStart.objects.order_by("-started_at").values_list("start", flat=True)[:MOST_STARTS]
    NodeStart.objects.exclude(start__in=list(kept)).delete()
