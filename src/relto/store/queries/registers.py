"""Who sees which copies, translations and inventories; what of them stands in the ledger.

* A security officer: her company's. Who was named to witness a destruction: that copy, until it is done.
* The authority's release officers, registrars and inspectors: all, to read.
* Nobody else. Unknown and forbidden look the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from relto.base.instants import Instant
from relto.procedures import copies, item
from relto.procedures.actors import Actor, Role
from relto.store.models import Inventory, Item, ItemCopy, LedgerEntry, Translation
from relto.store.queries.items import visible_items

READERS = frozenset({Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR})


def registered_items(actor: Actor) -> QuerySet[Item]:
    """The items in custody that the actor may know of, without their titles."""
    known = Item.objects.exclude(state=item.ANNOUNCED)
    if actor.roles & READERS:
        return known
    return kept_items(actor)


def kept_items(actor: Actor) -> QuerySet[Item]:
    """The items in custody whose register the actor keeps: her own company's, as its security officer."""
    if not actor.holds(Role.SECURITY_OFFICER) or not actor.company:
        return Item.objects.none()
    return Item.objects.exclude(state=item.ANNOUNCED).filter(id__in=visible_items(actor).values("id"))


def visible_copies(actor: Actor) -> QuerySet[ItemCopy]:
    """The copies that the actor may know of."""
    if actor.roles & READERS:
        return ItemCopy.objects.all()
    seen = Q(witness=actor.person, state=copies.DESTROYING)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        seen |= Q(company_id=actor.company)
    return ItemCopy.objects.filter(seen)


def visible_translations(actor: Actor) -> QuerySet[Translation]:
    """The translations of and into items that the actor may know of."""
    if actor.roles & READERS:
        return Translation.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return Translation.objects.filter(company=actor.company)
    return Translation.objects.none()


def visible_inventories(actor: Actor) -> QuerySet[Inventory]:
    """The inventories that the actor may know of."""
    if actor.roles & READERS:
        return Inventory.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return Inventory.objects.filter(company_id=actor.company)
    return Inventory.objects.none()


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry with all that its evidence consists of."""

    serial: int
    entry: str
    event: str
    actor: str
    company: str
    subject: str
    leaf: bytes
    leaf_hash: bytes
    salt: bytes
    details: dict[str, object]
    recorded_at: Instant
    index: int | None


def stored_entries(subjects: Iterable[str], entries: Iterable[str]) -> list[StoredEntry]:
    """The entries about these things, and those of these ids, in the order they were recorded.

    For the custody of an item that the caller's scope already let through.
    """
    rows = LedgerEntry.objects.filter(Q(subject__in=list(subjects)) | Q(entry__in=list(entries))).order_by("serial")
    return [
        StoredEntry(
            row.serial,
            row.entry,
            row.event,
            row.actor,
            row.company,
            row.subject,
            bytes(row.leaf),
            bytes(row.leaf_hash),
            bytes(row.salt),
            dict(row.details),
            row.recorded_at,
            row.index,
        )
        for row in rows
    ]
