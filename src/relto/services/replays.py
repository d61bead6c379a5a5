"""Replaying a decision: the facts it was made from, under the bundle of its day, give the same answer (promise 9)."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.rules.builtin import engine_name
from relto.rules.recorded_facts import facts_from_dict
from relto.rules.replaying import Recorded
from relto.rules.replaying import replay as decided_again
from relto.services import active_bundle
from relto.services.house import House
from relto.store.models import DecisionRecord

__all__ = ["Replay", "facts_from_dict", "recorded", "replay"]


@dataclass(frozen=True, slots=True)
class Replay:
    """What the replay gave. `same`: answer, gates and facts digest are those that were recorded."""

    reference: str
    same: bool
    permitted: bool
    bundle_version: int
    engine_then: str
    engine_now: str


def replay(house: House, actor: Actor, reference: str) -> Replay:
    """Decide once more as of then.

    Raises Refused("role") but for inspectors, NotAvailable("decision"), NotAvailable("bundle").
    """
    actor.require(Role.INSPECTOR)
    row = DecisionRecord.objects.filter(id=reference).first()
    if row is None:
        raise NotAvailable("decision", field="reference")
    bundle = active_bundle.bundle_of_decision(house, row.decision, row.at)
    again = decided_again(bundle, recorded(row))
    same = again.same and row.decision["bundle_digest"] == bundle.digest
    return Replay(row.id, same, again.permitted, bundle.version, str(row.decision["engine"]), engine_name())


def recorded(row: DecisionRecord) -> Recorded:
    """A record as replays take it."""
    return Recorded(row.id, row.action, row.item, row.at, row.decision, row.facts)
