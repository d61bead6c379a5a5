"""The rule book of an accepted bundle: every signed-in person may read under which rules she works.

A book is put together once for each opened bundle and kept in memory; the equivalent levels, which alone change with
time, are read anew.
"""

from __future__ import annotations

from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.rules.book import Book, matrices_at, read_book
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.house import House
from relto.store.models import NationalOverlay

_KEPT = 8
_books: dict[tuple[str, str], tuple[Bundle, Book]] = {}


def rule_book(house: House, actor: Actor, version: int | None = None, overlay: int | None = None) -> Book:
    """The book of the bundle in force with the overlay in force, or of an accepted version.

    `overlay`: the accepted overlay that is on that version; without it, the version as both authorities signed it.
    Raises Conflict("no_agreement") when none is in force, NotAvailable("bundle") for a version that was never accepted,
    NotAvailable("overlay") for an overlay that was not, or that is not for that version.
    """
    del actor
    now = house.now()
    if version is None:
        return _book(active_bundle.active(house, now), now)
    bundle = active_bundle.bundle_of_version(house, version)
    if overlay is None:
        return _book(bundle, now)
    row = NationalOverlay.objects.filter(agreement=bundle.agreement, version=overlay).first()
    if row is None:
        raise NotAvailable("overlay")
    try:
        return _book(active_bundle.with_overlay(house, bundle, row.digest), now)
    except (Conflict, MalformedInput) as error:
        raise NotAvailable("overlay") from error


def _book(bundle: Bundle, at: Instant) -> Book:
    place = (bundle.digest, bundle.overlay.digest if bundle.overlay else "")
    known = _books.get(place)
    if known is not None and known[0] is bundle and known[1].matrices == matrices_at(bundle, at):
        return known[1]
    while len(_books) >= _KEPT:
        _books.pop(next(iter(_books)))
    book = read_book(bundle, at)
    _books[place] = (bundle, book)
    return book
