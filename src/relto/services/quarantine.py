"""A node's quarantine: opened with what was found, extended by what is found later, listed for people, lifted once.

Promises: while a quarantine is open nothing is entered, signed or released (`relto.services.standing`); what was found
stays in the record for ever; lifting is an entry in the ledger, made in the same step. A finding says codes, numbers
and ids only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from relto.base.canonical import Json
from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StandingState
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import Quarantine
from relto.store.queries.standing import newest_start, open_quarantine

_LOG = logging.getLogger(__name__)
LEDGER_BEHIND = "ledger_behind"
LEDGER_DIFFERS = "ledger_differs"
SENT_LOST = "sent_messages_lost"
SENT_DIFFER = "sent_messages_differ"
RECEIVED_LOST = "received_messages_lost"
RESTORED = "restored_from_backup"
OWN_WITNESS = "own_witness"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where this node and another disagree: `held` here, `seen` there, both counted in entries or message numbers.

    `source`: own_witness, or the partner's nation; `messages`: the lost messages as far as they could be named.
    """

    code: str
    source: str
    held: int
    seen: int
    messages: tuple[Mapping[str, Json], ...] = field(default=())

    def as_dict(self) -> dict[str, Json]:
        """As it is stored."""
        found: dict[str, Json] = {"code": self.code, "source": self.source, "held": self.held, "seen": self.seen}
        if self.messages:
            found["messages"] = [dict(one) for one in self.messages]
        return found

    @classmethod
    def from_dict(cls, value: Mapping[str, Json]) -> Finding:
        """What `as_dict` wrote."""
        messages = cast("list[Mapping[str, Json]]", value.get("messages", []))
        held, seen = cast("int", value["held"]), cast("int", value["seen"])
        return cls(str(value["code"]), str(value["source"]), held, seen, tuple(messages))


@dataclass(frozen=True, slots=True)
class StandingView:
    """How the node stands, for people: what it waits for, or since when and why it is in quarantine."""

    state: StandingState
    waiting_for: str
    quarantine: str
    since: Instant | None
    findings: tuple[Finding, ...]


def quarantine_node(house: House, findings: Sequence[Finding]) -> str:
    """Open a quarantine, or add to the open one; returns its id (qua_...). Nothing is signed or entered for it."""

    def step() -> str:
        row = Quarantine.objects.select_for_update().filter(lifted_at=None).order_by("since").first()
        if row is None:
            row = Quarantine(id=house.new_id("qua"), since=house.now(), findings=[])
        known = {(found["code"], found["source"]): found for found in row.findings}
        known |= {(finding.code, finding.source): finding.as_dict() for finding in findings}
        row.findings = [*known.values()]
        row.save()
        return str(row.id)

    opened = house.commit(step)
    for finding in findings:
        _LOG.error(
            "quarantine.begun %s, %s, %d here, %d there", finding.code, finding.source, finding.held, finding.seen
        )
    return opened


def lift_quarantine(house: House, by: str, lost: Mapping[str, int]) -> str:
    """End the open quarantine; the id of its entry. `lost`: counts of what could not be recovered, by code.

    Called when a comparison found nothing any more. Raises Conflict("no_quarantine").
    """

    def step() -> str:
        row = Quarantine.objects.select_for_update().filter(lifted_at=None).order_by("since").first()
        if row is None:
            raise Conflict("no_quarantine", field="node", expected="a node in quarantine")
        at = house.now()
        row.lifted_at, row.lifted_by = at, by
        row.save(update_fields=["lifted_at", "lifted_by"])
        codes: list[Json] = [found["code"] for found in row.findings]
        counts: dict[str, Json] = dict(lost)
        details: dict[str, Json] = {"findings": codes, "lost": counts}
        return enter(house, LeafEvent.QUARANTINE_LIFTED, actor=by, subject=str(row.id), details=details, at=at)

    return house.commit(step)


def standing_view(house: House) -> StandingView:
    """How the node stands. In a process of a served node `house.standing` decides; else the records do."""
    opened, start = open_quarantine(), newest_start()
    state: StandingState = "quarantined" if opened else house.standing.state()
    waiting = start.waiting_for if start and start.compared_at is None else ""
    if opened is None:
        return StandingView(state, waiting, "", None, ())
    findings = tuple(Finding.from_dict(found) for found in opened.findings)
    return StandingView(state, waiting, opened.id, opened.since, findings)
