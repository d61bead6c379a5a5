"""Places of the shared record, kept beside the statements so that lists and counts stay quick, and made again by rule.

Rules enforced here:
 1. A place is written in the same step as the statement that changes it.
 2. A place names the rule book under which it was derived. When another bundle or overlay comes into force, the
    worker derives the places anew, a few hundred in a step; what it has not reached yet is weighed when it is read,
    and where that would be too much the reader is told how many are not weighed.
"""

from __future__ import annotations

from typing import Final

from relto.alignment.places import PLACED, Place, PresentTexts, place_of
from relto.alignment.shared_record import Entry
from relto.base.canonical import sha256_hex
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.house import House
from relto.store.queries.alignment import entries_of, entry_of
from relto.store.queries.alignment_places import keep_place, keep_places, outdated

WEIGHED_AT_ONCE: Final = 500
"""Places that one round of the worker derives anew, and that a reader's own question weighs."""
_TEXTS_KEPT: Final = 8
_texts: dict[str, PresentTexts] = {}


def book_of(bundle: Bundle) -> str:
    """Lower-case hex SHA-256 that names the rule book: the bundle and the overlay that is on it."""
    return sha256_hex(f"{bundle.digest} {bundle.overlay.digest if bundle.overlay else ''}".encode())


def texts_of(bundle: Bundle) -> PresentTexts:
    """The texts of the rule book; digests that were made once are kept in memory."""
    book = book_of(bundle)
    found = _texts.get(book)
    if found is None:
        while len(_texts) >= _TEXTS_KEPT:
            _texts.pop(next(iter(_texts)))
        found = _texts[book] = PresentTexts(bundle.provisions)
    return found


def place_under(bundle: Bundle, entry: Entry) -> Place:
    """Where a relation or divergence stands under this bundle."""
    return place_of(entry, texts_of(bundle), sorted(bundle.parties))


def place_again(bundle: Bundle, kind: str, identity: str) -> None:
    """Keep where the entry stands now, inside the step that changed it; other kinds have no place."""
    entry = entry_of(identity) if kind in PLACED else None
    if entry is not None:
        keep_place(place_under(bundle, entry), book_of(bundle))


def tend_places(house: House) -> int:
    """One round of the worker: derive places of another rule book anew; returns how many."""
    bundle = active_bundle.active_or_none(house, house.now())
    if bundle is None:
        return 0
    book = book_of(bundle)
    waiting = outdated(book, WEIGHED_AT_ONCE)
    if not waiting:
        return 0

    def step() -> int:
        keep_places([place_under(bundle, entry) for entry in entries_of(waiting).values()], book)
        return len(waiting)

    return house.commit(step)
