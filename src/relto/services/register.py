"""The control register as officers and inspectors read it: numbers, items, directions, markings; no titles."""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.services import active_bundle
from relto.services.house import House
from relto.services.labelling import banner_of
from relto.store.queries.items import visible_register


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One line. `direction`: see control_register.Direction; `counterpart`: the other side; `entry`: in the ledger."""

    number: str
    item: str
    uuid: str
    direction: str
    counterpart: str
    company: str
    at: Instant
    banner: str
    state: str
    entry: str


def lines(house: House, actor: Actor, first: int = 0, most: int | None = None) -> list[RegisterLine]:
    """The lines that the actor may see, newest first: her company's, or all for the authority's officers.

    From the one with the number `first`, counted from 0, `most` at most; all without.
    """
    actor.require(
        Role.SECURITY_OFFICER,
        Role.RELEASE_OFFICER,
        Role.REGISTRAR,
        Role.INSPECTOR,
        Role.GOVERNMENT_REPRESENTATIVE,
    )
    seen = visible_register(actor).select_related("item").order_by("-at", "-number")
    rows = list(seen[first:] if most is None else seen[first : first + most])
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return [
        RegisterLine(
            number=row.number,
            item=row.item_id,
            uuid=row.item.uuid,
            direction=row.direction,
            counterpart=row.counterpart,
            company=row.company,
            at=row.at,
            banner=banner_of(bundle, row.item.label),
            state=row.item.state,
            entry=row.entry,
        )
        for row in rows
    ]


def count(actor: Actor) -> int:
    """How many lines of the register the actor may see."""
    return visible_register(actor).count()
