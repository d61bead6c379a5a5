"""The rule book of an accepted bundle: every signed-in person may read under which rules she works."""

from __future__ import annotations

from relto.procedures.actors import Actor
from relto.rules.book import Book, read_book
from relto.services import active_bundle
from relto.services.house import House


def rule_book(house: House, actor: Actor, version: int | None = None) -> Book:
    """The book of the bundle in force, or of an accepted version.

    Raises Conflict("no_agreement") when none is in force, NotAvailable("bundle") for a version that was never accepted.
    """
    del actor
    now = house.now()
    if version is None:
        return read_book(active_bundle.active(house, now), now)
    return read_book(active_bundle.bundle_of_version(house, version), now)
