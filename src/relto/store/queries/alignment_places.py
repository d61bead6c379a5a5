"""Places of the shared record in the store: found by indexes, one page at a time, counted without any statement.

Rooms: `relto.alignment.places` says what a place is, `relto.services.alignment.places` when it is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from relto.alignment.coverage import Filled, filled
from relto.alignment.places import Place
from relto.procedures.actors import Actor
from relto.store.models import AlignmentMention, AlignmentPlace
from relto.store.queries.alignment import READERS

PAGE: Final = 100
"""Rows of a page."""
_FEW: Final = 1000
"""A picture of more entries counts them and names none; a list that is narrowed to a cell names them."""
_CELL: Final = ("topic", "word", "whose")
_DERIVED: Final = ("kind", "topic", "opened_by", "opened", "changed", "state", "word", "whose", "pair", "book")
_BATCH: Final = 500
Cell = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: each member narrows, an empty one does not. `provision`: those that are about this provision."""

    kinds: tuple[str, ...] = ()
    topic: str = ""
    state: str = ""
    word: str = ""
    whose: str = ""
    provision: str = ""


def keep_place(place: Place, book: str) -> None:
    """Write an entry's place, derived under this rule book, instead of the one before; inside the caller's step."""
    keep_places([place], book)


def keep_places(places: Sequence[Place], book: str) -> None:
    """As `keep_place`, for many."""
    AlignmentPlace.objects.bulk_create(
        [place_row(one, book) for one in places],
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=_DERIVED,
        batch_size=_BATCH,
    )
    AlignmentMention.objects.filter(place__in=[one.entry for one in places]).delete()
    AlignmentMention.objects.bulk_create((row for one in places for row in mentions(one)), batch_size=_BATCH)


def outdated(book: str, most: int) -> list[str]:
    """Entries whose place was derived under another rule book than this, so many at most."""
    before = AlignmentPlace.objects.filter(book__lt=book).values_list("entry", flat=True)[:most]
    behind = AlignmentPlace.objects.filter(book__gt=book).values_list("entry", flat=True)[:most]
    return [*before, *behind][:most]


def count_outdated(book: str) -> int:
    """How many places were derived under another rule book."""
    return AlignmentPlace.objects.filter(Q(book__lt=book) | Q(book__gt=book)).count()


def place_row(place: Place, book: str) -> AlignmentPlace:
    """The row of a place."""
    return AlignmentPlace(
        entry=place.entry,
        kind=place.kind,
        topic=place.topic,
        opened_by=place.opened_by,
        opened=place.opened,
        changed=place.changed,
        state=place.state,
        word=place.word,
        whose=place.whose,
        pair=place.pair,
        book=book,
    )


def mentions(place: Place) -> list[AlignmentMention]:
    """The rows of the provisions that a place is about."""
    compared = set(place.compared)
    return [
        AlignmentMention(
            place_id=place.entry,
            provision=one,
            topic=place.topic,
            word=place.word if one in compared else "",
            whose=place.whose if one in compared else "",
            pair=place.pair if one in compared else "",
        )
        for one in place.named
    ]


def sought_places(actor: Actor, sought: Sought) -> QuerySet[AlignmentPlace]:
    """The places that the actor may see and looks for."""
    if not actor.roles.intersection(READERS):
        return AlignmentPlace.objects.none()
    rows = AlignmentPlace.objects.all()
    if sought.kinds:
        rows = rows.filter(kind__in=sought.kinds)
    asked = {name: getattr(sought, name) for name in ("topic", "state", "word", "whose")}
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    if sought.provision:
        rows = rows.filter(entry__in=AlignmentMention.objects.filter(provision=sought.provision).values("place_id"))
    return rows


def page_of(rows: QuerySet[AlignmentPlace], after: str = "") -> list[str]:
    """The entries of a page, the oldest first, behind the entry `after`; the first page when it is not among them."""
    last = AlignmentPlace.objects.filter(entry=after).values_list("opened", "entry").first() if after else None
    if last is not None:
        opened, entry = last
        rows = rows.filter(Q(opened__gt=opened) | Q(opened=opened, entry__gt=entry))
    return list(rows.order_by("opened", "entry").values_list("entry", flat=True)[:PAGE])


def counted_cells(
    actor: Actor, pair: str, but: Iterable[str]
) -> tuple[dict[tuple[str, str, str], Filled], frozenset[str]]:
    """The cells of a picture of coverage, those of a small one named, and every provision that stands in one.

    `but`: entries that are left out, because they are weighed otherwise.
    """
    if not actor.roles.intersection(READERS):
        return {}, frozenset()
    left_out = list(but)
    places = AlignmentPlace.objects.filter(pair=pair).exclude(word="")
    about = AlignmentMention.objects.filter(pair=pair).exclude(word="")
    if left_out:
        places, about = places.exclude(entry__in=left_out), about.exclude(place__in=left_out)
    entries = _counted(places, Count("entry"))
    if sum(entries.values()) <= _FEW:
        return _named_cells(places, about)
    provisions = _counted(about, Count("provision", distinct=True))
    cells = {cell: Filled((), (), count, provisions.get(cell, 0)) for cell, count in entries.items()}
    return cells, frozenset(about.order_by().values_list("provision", flat=True).distinct())


def _named_cells(
    places: QuerySet[AlignmentPlace], about: QuerySet[AlignmentMention]
) -> tuple[dict[Cell, Filled], frozenset[str]]:
    """The same, each cell with the names of what stands in it."""
    entries: dict[Cell, set[str]] = {}
    provisions: dict[Cell, set[str]] = {}
    for topic, word, whose, entry in places.values_list(*_CELL, "entry"):
        entries.setdefault((topic, word, whose), set()).add(entry)
    for topic, word, whose, provision in about.values_list(*_CELL, "provision"):
        provisions.setdefault((topic, word, whose), set()).add(provision)
    cells = {cell: filled(found, provisions.get(cell, set())) for cell, found in entries.items()}
    return cells, frozenset(one for found in provisions.values() for one in found)


def _counted(rows: QuerySet[Any], count: Count) -> dict[Cell, int]:
    found = rows.order_by().values(*_CELL).annotate(many=count).values_list(*_CELL, "many")
    return {(topic, word, whose): many for topic, word, whose, many in found}
