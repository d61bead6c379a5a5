"""What is compared and what is not: topic by topic, how the two nations' rules stand to each other.

Promises: a topic that nobody compared says so, and is never counted as the same; where no rule of a nation is loaded
the cell says whose is missing; readings that the two nations do not share are in dispute; what was said of an older
text counts as not compared. Nothing is inferred from the texts themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.alignment.relations import Relation, read_relation, same_reading
from relto.alignment.shared_record import RELATION, Entry
from relto.base.nations import Nation
from relto.rules.provisions import Provision

NOT_COMPARED: Final = "not_compared"
IN_DISPUTE: Final = "in_dispute"
ONE_SIDED: Final = "one_sided"
"""Only one nation has said how it reads the provisions; the other has not answered."""
ONLY: Final = "only"
NO_RULE: Final = "no_rule"
STRICTER_HERE: Final = "stricter"
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


@dataclass(frozen=True, slots=True)
class Cell:
    """One word of one topic. `nation`: whose rule is stricter or alone, "" otherwise; `provisions` fall under it."""

    word: str
    nation: str
    entries: tuple[str, ...]
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicCoverage:
    """A topic: its cells, and how many provisions that are rules each nation has in it."""

    topic: str
    rules: Mapping[Nation, int]
    cells: tuple[Cell, ...]


def coverage(
    provisions: Mapping[str, Provision], record: Iterable[Entry], one: Nation, other: Nation
) -> tuple[TopicCoverage, ...]:
    """The topics between two nations, in the order of their codes; every provision of either stands in some cell."""
    readings = [entry for entry in record if entry.kind == RELATION]
    by_topic: dict[str, dict[tuple[str, str], tuple[set[str], set[str]]]] = {}
    said: set[str] = set()
    for entry in readings:
        found = _word(entry, provisions, one, other)
        if found is None:
            continue
        topic, word, nation, named = found
        entries, ids = by_topic.setdefault(topic, {}).setdefault((word, nation), (set(), set()))
        entries.add(entry.entry)
        ids |= named
        said |= named
    own: dict[str, dict[Nation, list[Provision]]] = {}
    for provision in provisions.values():
        if provision.nation in (one, other):
            sides = own.setdefault(provision.topic, {one: [], other: []})
            sides[Nation(provision.nation)].append(provision)
    return tuple(_topic(topic, own[topic], by_topic.get(topic, {}), said) for topic in sorted(own))


def _topic(
    topic: str,
    sides: Mapping[Nation, list[Provision]],
    cells: Mapping[tuple[str, str], tuple[set[str], set[str]]],
    said: set[str],
) -> TopicCoverage:
    rules = {nation: sum(not one.is_gap for one in found) for nation, found in sides.items()}
    having = [nation for nation, count in rules.items() if count]
    left = {one.id for found in sides.values() for one in found if one.id not in said}
    every = {key: (set(entries), set(ids)) for key, (entries, ids) in cells.items()}
    if left:
        word = NOT_COMPARED if len(having) > 1 else ONLY if having else NO_RULE
        key = (word, str(having[0]) if word == ONLY else "")
        every.setdefault(key, (set(), set()))[1].update(left)
    return TopicCoverage(
        topic,
        rules,
        tuple(
            Cell(word, nation, tuple(sorted(entries)), tuple(sorted(ids)))
            for (word, nation), (entries, ids) in sorted(
                every.items(), key=lambda item: (WORDS.index(item[0][0]), item[0])
            )
        ),
    )


def _word(
    entry: Entry, provisions: Mapping[str, Provision], one: Nation, other: Nation
) -> tuple[str, str, str, set[str]] | None:
    """(topic, word, whose, the provisions) of a relation entry; None for other nations or for older texts only."""
    readings = {nation: read_relation(said.body) for nation, said in entry.newest.items()}
    present = {
        nation: reading
        for nation, reading in readings.items()
        if {reading.of, reading.to} == {one, other} and reading.is_about_present(provisions)
    }
    if not present:
        return None
    ids = {identity for reading in present.values() for identity in reading.texts}
    topic = next(iter(present.values())).topic
    if len(present) == 1:
        return topic, ONE_SIDED, str(next(iter(present))), ids
    first, second = list(present.values())[:2]
    if not same_reading(first, second):
        return topic, IN_DISPUTE, "", ids
    return topic, *_agreed(first), ids


def _agreed(reading: Relation) -> tuple[str, str]:
    """(word, whose) of a reading that both nations share."""
    if reading.relation == "missing":
        having = [nation for nation, ids in reading.provisions.items() if ids]
        return ONLY, str(having[0]) if len(having) == 1 else str(reading.of)
    if reading.relation in ("stricter", "looser"):
        return STRICTER_HERE, str(reading.of if reading.relation == "stricter" else reading.to)
    return reading.relation, ""
