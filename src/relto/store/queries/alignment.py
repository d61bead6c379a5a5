"""The shared record in the store. It belongs to the authorities: companies read the rule book, not the negotiation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from relto.alignment.shared_record import Entry, Said, entries
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.store.models import AlignmentNote, AlignmentStatement, DecisionRecord

READERS = (Role.CO_CHAIR, Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)
MOST_NOTES = 200


def line(entry: str, nation: Nation | str, *, lock: bool = False) -> tuple[Said, ...]:
    """One nation's versions of an entry, the first first; locked for the step when it is about to grow."""
    rows = AlignmentStatement.objects.filter(entry=entry, nation=nation).order_by("number")
    return _read(rows.select_for_update() if lock else rows)


def entry_of(identity: str) -> Entry | None:
    """The entry with all its lines; None for one that is not held."""
    return entries_of((identity,)).get(identity)


def entries_of(identities: Iterable[str]) -> dict[str, Entry]:
    """These entries with all their lines, by id, the oldest first."""
    rows = AlignmentStatement.objects.filter(entry__in=list(identities))
    return entries(_read(rows))


def visible_entries(actor: Actor, *, kinds: Iterable[str], topic: str = "", about: str = "") -> dict[str, Entry]:
    """The entries of these kinds that the actor may read; of one topic, or about one entry, when named."""
    if not actor.roles.intersection(READERS):
        return {}
    rows = AlignmentStatement.objects.filter(kind__in=tuple(kinds))
    if topic:
        rows = rows.filter(topic=topic)
    if about:
        rows = rows.filter(about=about)
    return entries(_read(rows))


def told_about(kind: str, about: str) -> list[Entry]:
    """The entries of a kind that are about one entry: for what the record itself demands of a statement."""
    rows = AlignmentStatement.objects.filter(kind=kind, about=about)
    return list(entries(_read(rows)).values())


def notes(actor: Actor, entry: str) -> list[AlignmentNote]:
    """This nation's private notes on an entry, the newest first: for the co-chair alone."""
    rows = AlignmentNote.objects.filter(entry=entry).order_by("-at", "id")
    return list(rows[:MOST_NOTES]) if actor.holds(Role.CO_CHAIR) else []


def newest_decided(actor: Actor, most: int) -> list[Mapping[str, Any]]:
    """The newest decisions of the node as they were recorded, `most` at most: codes and outcomes, for counting."""
    if not actor.roles.intersection(READERS):
        return []
    return [row.decision for row in DecisionRecord.objects.order_by("-at").only("decision")[:most]]


def newest_decisions(actor: Actor, most: int) -> list[str]:
    """The references of the newest decisions of the node, `most` at most."""
    if not actor.roles.intersection(READERS):
        return []
    return list(DecisionRecord.objects.order_by("-at").values_list("id", flat=True)[:most])


def decided(actor: Actor, references: Collection[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """These decisions as they were recorded, by reference: codes and outcomes, for counting."""
    if actor.roles.intersection(READERS):
        rows = DecisionRecord.objects.filter(id__in=references).only("id", "decision")
        yield from ((row.id, row.decision) for row in rows)


def _read(rows: QuerySet[AlignmentStatement]) -> tuple[Said, ...]:
    """The statements without their envelopes; there may be thousands, so no row becomes an object of its own."""
    columns = ("entry", "kind", "nation", "number", "previous", "statement", "at", "body")
    return tuple(
        Said(entry, kind, Nation(nation), number, previous, statement, at, body)
        for entry, kind, nation, number, previous, statement, at, body in rows.values_list(*columns)
    )
