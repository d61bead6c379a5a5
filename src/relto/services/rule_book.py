"""The rule book of an accepted bundle: every signed-in person may read under which rules she works."""

from __future__ import annotations

from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.procedures.actors import Actor
from relto.rules.book import Book, read_book
from relto.services import active_bundle
from relto.services.house import House
from relto.store.models import NationalOverlay


def rule_book(house: House, actor: Actor, version: int | None = None, overlay: int | None = None) -> Book:
    """The book of the bundle in force with the overlay in force, or of an accepted version.

    `overlay`: the accepted overlay that is on that version; without it, the version as both authorities signed it.
    Raises Conflict("no_agreement") when none is in force, NotAvailable("bundle") for a version that was never accepted,
    NotAvailable("overlay") for an overlay that was not, or that is not for that version.
    """
    del actor
    now = house.now()
    if version is None:
        return read_book(active_bundle.active(house, now), now)
    bundle = active_bundle.bundle_of_version(house, version)
    if overlay is None:
        return read_book(bundle, now)
    row = NationalOverlay.objects.filter(agreement=bundle.agreement, version=overlay).first()
    if row is None:
        raise NotAvailable("overlay")
    try:
        return read_book(active_bundle.with_overlay(house, bundle, row.digest), now)
    except (Conflict, MalformedInput) as error:
        raise NotAvailable("overlay") from error
