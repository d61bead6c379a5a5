"""After a change the page returns with its ledger entry, and says how far that entry has come."""

from __future__ import annotations

from relto.base.errors import ReltoError
from relto.services.ledger import EntryView, entry_state
from relto.web.pages import PageRequest
from relto.web.surroundings import house


def receipt(request: PageRequest) -> EntryView | None:
    """The entry that the address names, when the reader may know of it."""
    entry = request.GET.get("entry", "")
    if not entry:
        return None
    try:
        return entry_state(house(), request.actor, entry[:64])
    except ReltoError:
        return None
