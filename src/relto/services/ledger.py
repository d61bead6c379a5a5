"""What the ledger says, to those who may ask: an entry's state, the ledger's standing, the entries about a thing.

States (design section 2): recorded (durable at home), sequenced (in the tree under a signed checkpoint), witnessed
(the own authority's witness cosigned a checkpoint that covers it), agreed (partner node and both witnesses did).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.services.house import House
from relto.store.queries.ledger import (
    EntryFact,
    EntryScope,
    entries_about,
    entry_counts,
    entry_fact,
    events_by,
    newest_agreed,
    newest_checkpoint,
    newest_entries,
    newest_witnessed,
)

EntryState = Literal["recorded", "sequenced", "witnessed", "agreed"]


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of the ledger. `index` is its place in the tree, None while it waits; `origin` names the log."""

    entry: str
    index: int | None
    event: str
    at: Instant
    state: EntryState
    origin: str


@dataclass(frozen=True, slots=True)
class LedgerView:
    """How the ledger stands: sizes in entries, and the newest checkpoint as text."""

    origin: str
    sequenced: int
    waiting: int
    checkpoint: str
    checkpoint_size: int
    signed_at: Instant | None
    witnessed_size: int
    agreed_size: int


@dataclass(frozen=True, slots=True)
class _Sizes:
    checkpoint: int
    witnessed: int
    agreed: int

    @classmethod
    def now(cls) -> _Sizes:
        newest, witnessed, agreed = newest_checkpoint(), newest_witnessed(), newest_agreed()
        return cls(newest.size if newest else 0, witnessed.size if witnessed else 0, agreed.size if agreed else 0)

    def state(self, index: int | None) -> EntryState:
        if index is None or index >= self.checkpoint:
            return "recorded"
        if index < self.agreed:
            return "agreed"
        return "witnessed" if index < self.witnessed else "sequenced"


def _scope(actor: Actor) -> EntryScope | None:
    """An authority's roles see the whole ledger; others see their company's entries and what they did themselves."""
    if actor.roles & (AUTHORITY_ROLES | {Role.OPERATOR}):
        return None
    return EntryScope(actor.person, actor.company if actor.holds(Role.SECURITY_OFFICER) else None)


def _view(house: House, fact: EntryFact, sizes: _Sizes) -> EntryView:
    state = sizes.state(fact.index)
    return EntryView(fact.entry, fact.index, fact.event, fact.recorded_at, state, house.ledger_origin)


def entry_states() -> Callable[[int | None], EntryState]:
    """How far an entry with an index has come, by one reading of the checkpoints; None is an index not given yet."""
    return _Sizes.now().state


def entry_state(house: House, actor: Actor, entry: str) -> EntryView:
    """The state of an entry. Raises NotAvailable("entry") for an unknown one and for one outside the actor's scope."""
    fact = entry_fact(entry, _scope(actor))
    if fact is None:
        raise NotAvailable("entry", field="entry")
    return _view(house, fact, _Sizes.now())


def entries_for(house: House, actor: Actor, subject: str) -> list[EntryView]:
    """The entries about one thing that the actor may see, in the order they were recorded."""
    sizes = _Sizes.now()
    return [_view(house, fact, sizes) for fact in entries_about(subject, _scope(actor))]


def own_events(house: House, actor: Actor) -> frozenset[str]:
    """Which kinds of entries the actor has made herself: codes of events, and nothing about what they were made of."""
    del house
    return events_by(actor.person)


def newest_visible(house: House, actor: Actor, limit: int = 20) -> list[EntryView]:
    """The newest entries that the actor may see, newest first, at most `limit`."""
    sizes = _Sizes.now()
    return [_view(house, fact, sizes) for fact in newest_entries(_scope(actor), limit)]


def ledger_view(house: House, actor: Actor) -> LedgerView:
    """How the ledger stands; every role may know it, since sizes and checkpoints go to partner and witnesses anyway."""
    actor.require(*Role)
    newest, sizes = newest_checkpoint(), _Sizes.now()
    sequenced, waiting = entry_counts()
    return LedgerView(
        origin=house.ledger_origin,
        sequenced=sequenced,
        waiting=waiting,
        checkpoint=newest.note if newest else "",
        checkpoint_size=sizes.checkpoint,
        signed_at=newest.signed_at if newest else None,
        witnessed_size=sizes.witnessed,
        agreed_size=sizes.agreed,
    )
