"""Which copies of what is held need somebody, and how many there are: read for a page of any size of holding.

Promises: the same scope as the copies themselves; of a copy only its state and its place are read.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.procedures.actors import Actor
from relto.procedures.copies import DESTROYED, RETURNED
from relto.services.copy_view import matters_of
from relto.store.queries.registers import registered_items, visible_copies

MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class OpenCopy:
    """A copy that needs somebody: `open_matters` as in `copy_view.CopyView`, but for working papers."""

    id: str
    open_matters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCopies:
    """`present`: how many copies are here or on their way; `count`: how many need somebody; `first`: 50 of these."""

    present: int
    count: int
    first: tuple[OpenCopy, ...]


def kept_count(actor: Actor) -> int:
    """How many items the actor sees in custody."""
    return registered_items(actor).count()


def open_copies(actor: Actor) -> OpenCopies:
    """The copies of these items that need somebody."""
    rows = (
        visible_copies(actor)
        .filter(item__in=registered_items(actor).values("id"))
        .exclude(state__in=(DESTROYED, RETURNED))
    )
    listed = rows.order_by("recorded_at", "id").only("id", "state", "location")
    read = [(row.id, matters_of(row.state, row.location)) for row in listed]
    found = [OpenCopy(one, matters) for one, matters in read if matters]
    return OpenCopies(len(read), len(found), tuple(found[:MOST_TOLD]))
