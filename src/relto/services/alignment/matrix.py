"""The alignment matrix as the authority's people look into it: by topic, and by words in either language.

A row shows both sides' provisions with their citations, the gap where no rule is loaded, what both nations have said of
it, and the meetings that had it on their agenda.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.alignment.matrix import matching, matrix, says
from relto.alignment.shared_record import DIVERGENCE, MEETING, Entry
from relto.procedures.actors import Actor
from relto.rules.bundle import Bundle
from relto.rules.provisions import Provision
from relto.services import active_bundle
from relto.services.alignment.places import place_under
from relto.services.house import House
from relto.services.texts import read_text
from relto.store.queries.alignment import READERS, entries_of, visible_entries
from relto.store.queries.alignment_counts import entries_about
from relto.store.queries.alignment_places import Sought, sought_places

MOST_ENTRIES: Final = 200
"""So many entries are looked at; more of them would not be read by anybody."""
MOST_READ: Final = 500
"""The divergences changed last, whose questions are searched for words."""
LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, slots=True)
class MatrixMeeting:
    """A meeting that had an entry on its agenda."""

    entry: str
    number: str


@dataclass(frozen=True, slots=True)
class MatrixEntry:
    """A relation or divergence. `title`: the relation as its opener sees it, or the question; `open`: not settled."""

    entry: str
    kind: str
    title: str
    state: str
    opened_by: str
    open: bool
    meetings: tuple[MatrixMeeting, ...]


@dataclass(frozen=True, slots=True)
class MatrixSide:
    """One nation's side of a topic; `is_gap`: no rule of it is loaded there."""

    whose: str
    provisions: tuple[Provision, ...]
    is_gap: bool


@dataclass(frozen=True, slots=True)
class MatrixTopic:
    """A topic with its sides and what was said of it."""

    topic: str
    sides: tuple[MatrixSide, ...]
    entries: tuple[MatrixEntry, ...]


def search(house: House, actor: Actor, *, text: str = "", topic: str = "") -> list[MatrixTopic]:
    """The topics in which every word of `text` is found, only `topic` when it is named; all of it when both are empty.

    Raises Refused("role"), MalformedInput("text") for more than 100 characters.
    """
    actor.require(*READERS)
    words = read_text(text, field="text", longest=LONGEST_SEARCH) if text.strip() else ""
    bundle = active_bundle.active(house)
    found = matching(bundle.provisions.values(), words, topic) if words or topic else frozenset(bundle.provisions)
    entries = entries_of(entries_about(actor, found, MOST_ENTRIES))
    if words:
        places = sought_places(actor, Sought(kinds=(DIVERGENCE,), topic=topic)).order_by("-changed", "entry")
        newest = entries_of(places.values_list("entry", flat=True)[:MOST_READ])
        entries |= {identity: one for identity, one in newest.items() if says(one, words)}
    placed = {identity: place_under(bundle, one) for identity, one in entries.items()}
    about = {identity: (one.topic, one.named) for identity, one in placed.items() if topic in {"", one.topic}}
    discussed = _discussed(actor)
    rows = matrix(bundle.provisions, [str(one) for one in bundle.parties], found, about)
    return [
        MatrixTopic(
            topic=row.topic,
            sides=tuple(
                MatrixSide(side.whose, tuple(bundle.provisions[one] for one in side.provisions), side.is_gap)
                for side in row.sides
            ),
            entries=tuple(_entry(bundle, entries[one], discussed.get(one, ())) for one in row.entries),
        )
        for row in rows
    ]


def _entry(bundle: Bundle, entry: Entry, meetings: tuple[MatrixMeeting, ...]) -> MatrixEntry:
    place = place_under(bundle, entry)
    first = entry.newest[entry.opened_by].body
    return MatrixEntry(
        entry=entry.entry,
        kind=entry.kind,
        title=str(first["question" if entry.kind == DIVERGENCE else "relation"]),
        state=place.state,
        opened_by=str(entry.opened_by),
        open=place.state not in {"settled", "withdrawn", "agreed"},
        meetings=meetings,
    )


def _discussed(actor: Actor) -> dict[str, tuple[MatrixMeeting, ...]]:
    """Entry -> the meetings whose agenda names it, in either nation's newest words."""
    found: dict[str, dict[str, MatrixMeeting]] = {}
    for meeting in visible_entries(actor, kinds=(MEETING,)).values():
        for said in meeting.newest.values():
            for item in said.body["agenda"]:
                at = MatrixMeeting(meeting.entry, str(said.body["number"]))
                found.setdefault(str(item["entry"]), {}).setdefault(meeting.entry, at)
    return {entry: tuple(meetings.values()) for entry, meetings in found.items()}
