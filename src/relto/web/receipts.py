"""After a change the page returns with its ledger entry, and says how far that entry has come."""

from __future__ import annotations

from relto.base.errors import ReltoError
from relto.procedures.actors import Actor
from relto.services.ledger import EntryView, entry_state
from relto.web.pages import PageRequest
from relto.web.surroundings import house


def receipt(request: PageRequest) -> EntryView | None:
    """The entry that the address names, when the reader may know of it."""
    return receipt_of(request.actor, request.GET.get("entry", "")[:64])


def receipt_of(actor: Actor, entry: str) -> EntryView | None:
    """How far an entry has come, when the actor may know of it."""
    if not entry:
        return None
    try:
        return entry_state(house(), actor, entry)
    except ReltoError:
        return None
