"""What is compared and what is not: topic by topic, how the two nations' rules stand to each other.

Promises: a topic that nobody compared says so, and is never counted as the same; where no rule of a nation is loaded
the cell says whose is missing; readings that the two nations do not share are in dispute; what was said of an older
text counts as not compared. Nothing is inferred from the texts themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.alignment.places import (
    IN_DISPUTE,
    ONE_SIDED,
    ONLY,
    STRICTER_HERE,
    Place,
    PresentTexts,
    pair_of,
    place_of,
)
from relto.alignment.shared_record import RELATION, Entry
from relto.base.nations import Nation
from relto.rules.provisions import Provision

NOT_COMPARED: Final = "not_compared"
NO_RULE: Final = "no_rule"
WORDS: Final = (
    "equal",
    "equivalent",
    STRICTER_HERE,
    "intersects",
    "conflicts",
    ONLY,
    NO_RULE,
    NOT_COMPARED,
    ONE_SIDED,
    IN_DISPUTE,
)
MOST_NAMED: Final = 100
"""So many entries and provisions of a cell are named; how many there are is counted."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands under one word of one topic: how many entries and provisions, and the first of each."""

    entries: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    entry_count: int = 0
    provision_count: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One word of one topic. `nation`: whose rule is stricter or alone, "" otherwise; `provisions` fall under it.

    `entries` and `provisions` name at most MOST_NAMED, none in a picture of very many; `entry_count` and
    `provision_count` say how many there are.
    """

    word: str
    nation: str
    entries: tuple[str, ...]
    provisions: tuple[str, ...]
    entry_count: int
    provision_count: int


@dataclass(frozen=True, slots=True)
class TopicCoverage:
    """A topic: its cells, and how many provisions that are rules each nation has in it."""

    topic: str
    rules: Mapping[Nation, int]
    cells: tuple[Cell, ...]


Cells = Mapping[tuple[str, str, str], Filled]
"""(topic, word, whose) -> what stands there."""


def coverage(
    provisions: Mapping[str, Provision], record: Iterable[Entry], one: Nation, other: Nation
) -> tuple[TopicCoverage, ...]:
    """The topics between two nations, in the order of their codes; every provision of either stands in some cell."""
    texts = PresentTexts(provisions)
    places = [place_of(entry, texts, (one, other)) for entry in record if entry.kind == RELATION]
    cells, said = cells_of(places, one, other)
    return topics(provisions, cells, said, one, other)


def cells_of(
    places: Iterable[Place], one: Nation, other: Nation
) -> tuple[dict[tuple[str, str, str], Filled], frozenset[str]]:
    """The cells that these places fill between two nations, and the provisions that are compared in any of them."""
    found: dict[tuple[str, str, str], tuple[list[str], set[str]]] = {}
    pair = pair_of(one, other)
    for place in places:
        if place.word and place.pair == pair:
            entries, named = found.setdefault((place.topic, place.word, place.whose), ([], set()))
            entries.append(place.entry)
            named.update(place.compared)
    cells = {key: filled(entries, named) for key, (entries, named) in found.items()}
    return cells, frozenset(one for _, named in found.values() for one in named)


def joined(one: Cells, other: Cells) -> dict[tuple[str, str, str], Filled]:
    """The cells of two records of different entries; a provision that both name is counted once."""
    return {key: _sum(one.get(key, Filled()), other.get(key, Filled())) for key in {*one, *other}}


def _sum(one: Filled, other: Filled) -> Filled:
    shared = len({*one.provisions} & {*other.provisions})
    return Filled(
        entries=tuple(sorted({*one.entries, *other.entries})[:MOST_NAMED]),
        provisions=tuple(sorted({*one.provisions, *other.provisions})[:MOST_NAMED]),
        entry_count=one.entry_count + other.entry_count,
        provision_count=one.provision_count + other.provision_count - shared,
    )


def filled(entries: Collection[str], provisions: Collection[str]) -> Filled:
    """A cell with all that stands in it."""
    return Filled(
        entries=tuple(sorted(entries)[:MOST_NAMED]),
        provisions=tuple(sorted(provisions)[:MOST_NAMED]),
        entry_count=len(entries),
        provision_count=len(provisions),
    )


def topics(
    provisions: Mapping[str, Provision], cells: Cells, said: Collection[str], one: Nation, other: Nation
) -> tuple[TopicCoverage, ...]:
    """The picture from cells that were counted elsewhere. `said`: the provisions that are compared in any cell."""
    own: dict[str, dict[Nation, list[Provision]]] = {}
    for provision in provisions.values():
        if provision.nation in (one, other):
            sides = own.setdefault(provision.topic, {one: [], other: []})
            sides[Nation(provision.nation)].append(provision)
    by_topic: dict[str, dict[tuple[str, str], Filled]] = {}
    for (topic, word, whose), found in cells.items():
        by_topic.setdefault(topic, {})[word, whose] = found
    return tuple(_topic(topic, own[topic], by_topic.get(topic, {}), said) for topic in sorted(own))


def _topic(
    topic: str,
    sides: Mapping[Nation, list[Provision]],
    cells: Mapping[tuple[str, str], Filled],
    said: Collection[str],
) -> TopicCoverage:
    rules = {nation: sum(not one.is_gap for one in found) for nation, found in sides.items()}
    having = [nation for nation, count in rules.items() if count]
    left = {one.id for found in sides.values() for one in found if one.id not in said}
    every = dict(cells)
    if left:
        word = NOT_COMPARED if len(having) > 1 else ONLY if having else NO_RULE
        key = (word, str(having[0]) if word == ONLY else "")
        every[key] = _with(every.get(key, Filled()), left)
    return TopicCoverage(
        topic,
        rules,
        tuple(
            Cell(word, nation, one.entries, one.provisions, one.entry_count, one.provision_count)
            for (word, nation), one in sorted(every.items(), key=lambda item: (WORDS.index(item[0][0]), item[0]))
        ),
    )


def _with(before: Filled, left: Collection[str]) -> Filled:
    """The cell with provisions that stand in no other."""
    named = tuple(sorted({*before.provisions, *left})[:MOST_NAMED])
    return Filled(before.entries, named, before.entry_count, before.provision_count + len(left))
