"""The alignment matrix, narrowed: what each side has on a matter, topic by topic, and what the group has said of it.

Promises (domain.md capability 16): every word that is looked for stands in a provision's own record or in what a nation
said of an entry, in whichever language; a side on which no rule is loaded is a gap, and says so; a side that
has rules on the topic, none of which is about the matter, is empty and is no gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.alignment.shared_record import Entry
from relto.rules.provisions import Provision

_SAID = ("question", "options", "reason", "title")


@dataclass(frozen=True, slots=True)
class Side:
    """What one nation (or both together) has of a row. `is_gap`: no rule of the nation is loaded on the topic."""

    whose: str
    provisions: tuple[str, ...]
    is_gap: bool


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One topic: the sides, the nations first and what binds both last, and the entries about it."""

    topic: str
    sides: tuple[Side, ...]
    entries: tuple[str, ...]

    @property
    def has_gap(self) -> bool:
        """Whether a nation has no rule loaded."""
        return any(one.is_gap for one in self.sides)


def matching(provisions: Iterable[Provision], text: str, topic: str = "") -> frozenset[str]:
    """The provisions of the topic (any, when empty) in whose records every word stands."""
    words = text.casefold().split()
    return frozenset(
        one.id for one in provisions if topic in {"", one.topic} and _holds(words, _texts(one.record.values()))
    )


def says(entry: Entry, text: str) -> bool:
    """Whether every word stands in what some nation said last of the entry."""
    words = text.casefold().split()
    return any(
        _holds(words, _texts(said.body[name] for name in _SAID if name in said.body)) for said in entry.newest.values()
    )


def matrix(
    provisions: Mapping[str, Provision],
    parties: Collection[str],
    found: Collection[str],
    entries: Mapping[str, tuple[str, Collection[str]]],
) -> tuple[MatrixRow, ...]:
    """The rows, in the order of their topics. `entries`: id -> (topic, its provisions), which are shown with it."""
    named = set(found) | {one for _, ids in entries.values() for one in ids if one in provisions}
    topics = sorted({provisions[one].topic for one in named} | {topic for topic, _ in entries.values()})
    of_topic: dict[str, list[Provision]] = {topic: [] for topic in topics}
    for one in provisions.values():
        if one.topic in of_topic:
            of_topic[one.topic].append(one)
    return tuple(
        MatrixRow(
            topic,
            tuple(_side(whose, of_topic[topic], named) for whose in _order(parties, of_topic[topic], named)),
            tuple(sorted(identity for identity, (about, _) in entries.items() if about == topic)),
        )
        for topic in topics
    )


def _order(parties: Collection[str], held: Iterable[Provision], named: Collection[str]) -> list[str]:
    """The parties, and whatever else has a provision among those named."""
    others = {one.nation for one in held if one.id in named} - set(map(str, parties))
    return [*sorted(map(str, parties)), *sorted(others)]


def _side(whose: str, held: Iterable[Provision], named: Collection[str]) -> Side:
    own = [one for one in held if one.nation == whose]
    has_rule = any(not one.is_gap for one in own)
    shown = tuple(sorted(one.id for one in own if one.id in named or (one.is_gap and not has_rule)))
    return Side(whose, shown, is_gap=not has_rule)


def _holds(words: Iterable[str], texts: str) -> bool:
    return all(word in texts for word in words)


def _texts(values: Iterable[Any]) -> str:
    """All texts among the values, lists of them included, in one."""
    found: list[str] = []
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, str)]
    return " ".join(found).casefold()
