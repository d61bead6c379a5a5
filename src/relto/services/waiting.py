"""What waits for a person, and what she waits for: one queue over all kinds of work (the pages' brief, sections 1, 2).

Promises: everybody sees only what her roles and company may see, by the same scoped queries as the pages themselves;
each kind is one bounded query, whatever the node holds; what is late stands first, then what has a limit, then what has
none, in the order in which it came. Nothing is counted that is not told: no number speaks of what she may not see.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.services.house import House
from relto.services.waiting_rows import SOURCES
from relto.services.waiting_view import Waiting, WaitingView

MOST: Final = 100
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def waiting(house: House, actor: Actor) -> WaitingView:
    """All that waits for this actor, and all of hers that waits for others; 100 of each at most."""
    rows = [row for source in SOURCES for row in source(house, actor)]
    mine = sorted((row for row in rows if row.mine), key=_urgency)
    others = sorted((row for row in rows if not row.mine), key=lambda row: (row.since, row.id))
    return WaitingView(tuple(mine[:MOST]), tuple(others[:MOST]), max(0, len(mine) - MOST) + max(0, len(others) - MOST))


def _urgency(row: Waiting) -> tuple[bool, Instant, Instant, str]:
    at = row.due.at if row.due is not None else None
    return not (row.due is not None and row.due.overdue), at or _LAST, row.since, row.id
