"""Places of the shared record in the store: found by indexes, one page at a time, counted without any statement.

Rooms: `relto.alignment.places` says what a place is, `relto.services.alignment.places` when it is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from relto.alignment.coverage import MOST_NAMED, Filled
from relto.alignment.places import Place
from relto.alignment.shared_record import RELATION
from relto.procedures.actors import Actor
from relto.store.models import AlignmentMention, AlignmentPlace
from relto.store.queries.alignment import READERS

PAGE: Final = 100
"""Rows of a page."""
_MANY: Final = 1000
_FEW: Final = 5
"""So many entries and provisions of a cell are named in a picture of very many."""
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
    """The cells of a picture of coverage, with the first of each named, and every provision that stands in one.

    `but`: entries that are left out, because they are weighed otherwise.
    """
    if not actor.roles.intersection(READERS):
        return {}, frozenset()
    left_out = list(but)
    places = AlignmentPlace.objects.filter(kind=RELATION, pair=pair).exclude(word="")
    about = AlignmentMention.objects.filter(pair=pair).exclude(word="")
    if left_out:
        places, about = places.exclude(entry__in=left_out), about.exclude(place__in=left_out)
    entries = _counted(places, Count("entry"))
    provisions = _counted(about, Count("provision", distinct=True))
    few = MOST_NAMED if sum(entries.values()) <= _MANY else _FEW
    first = _first(places, "entry", few)
    named = _first(about.values(*_CELL, "provision").distinct(), "provision", few)
    cells = {
        cell: Filled(tuple(first.get(cell, ())), tuple(named.get(cell, ())), count, provisions.get(cell, 0))
        for cell, count in entries.items()
    }
    return cells, frozenset(about.values_list("provision", flat=True).distinct())


def _counted(rows: QuerySet[Any], count: Count) -> dict[Cell, int]:
    found = rows.order_by().values(*_CELL).annotate(many=count).values_list(*_CELL, "many")
    return {(topic, word, whose): many for topic, word, whose, many in found}


def _first(rows: QuerySet[Any], column: str, most: int) -> dict[Cell, list[str]]:
    """The first so many of each cell, in the order of their codes."""
    number = Window(RowNumber(), partition_by=[F(name) for name in _CELL], order_by=column)
    found = rows.annotate(place_in_cell=number).filter(place_in_cell__lte=most)
    cells: dict[Cell, list[str]] = {}
    for topic, word, whose, code in found.values_list(*_CELL, column):
        cells.setdefault((topic, word, whose), []).append(code)
    return cells
