"""When an item was last opened, as far as the asker may know: her own openings, and those of her company's people.

An item's own page shows it, so that she sees what the ledger says of her.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.facts import Action
from relto.services.house import House
from relto.store.queries.releases import visible_decisions


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One decided opening: its reference, who asked, what came out, and its ledger entry."""

    reference: str
    person: str
    permitted: bool
    at: Instant
    entry: str


def last_opening(house: House, actor: Actor, item_id: str) -> OpeningLine | None:
    """The newest permitted opening of the item that the actor may know of; None when there is none."""
    del house
    rows = visible_decisions(actor).filter(item=item_id, action=Action.OPEN.value, permitted=True)
    row = rows.order_by("-at", "-id").first()
    return None if row is None else OpeningLine(row.id, row.actor, row.permitted, row.at, row.entry)
