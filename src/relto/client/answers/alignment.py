"""The working group's shared record as a node answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class SharedEntry(Answer):
    """A relation or divergence. `state`, `owner` and `title` as the API says; `days` since it was first said."""

    entry: str
    kind: str
    topic: str
    title: str
    state: str
    owner: str
    opened_by: str
    opened: datetime
    changed: datetime
    days: int
    provisions: tuple[str, ...]
    older_text: bool


@dataclass(frozen=True, kw_only=True)
class SaidWord(Answer):
    """One version of one nation's line."""

    nation: str
    number: int
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PrivateNote(Answer):
    """A note of the own nation that never left its node."""

    note: str
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Touched(Answer):
    """Of the newest `weighed` decisions, how many rested on a rule of the divergence, and how many it refused."""

    weighed: int
    touched: int
    refused: int
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SharedEntryDetail(SharedEntry):
    """An entry whole."""

    words: tuple[SaidWord, ...]
    comments: tuple[SaidWord, ...]
    notes: tuple[PrivateNote, ...]
    consequence: Touched | None = None


@dataclass(frozen=True, kw_only=True)
class CoverageCell(Answer):
    """One word of one topic; `nation`: whose rule is stricter or alone.

    `entries` and `provisions` name the first of them; the counts say how many there are.
    """

    word: str
    nation: str
    entries: tuple[str, ...]
    provisions: tuple[str, ...]
    entry_count: int
    provision_count: int


@dataclass(frozen=True, kw_only=True)
class TopicCovered(Answer):
    """A topic between two nations."""

    topic: str
    rules: Mapping[str, int]
    cells: tuple[CoverageCell, ...]


@dataclass(frozen=True, kw_only=True)
class Covered(Answer):
    """What is compared between two nations; `not_weighed`: entries that are yet to be counted."""

    one: str
    other: str
    topics: tuple[TopicCovered, ...]
    not_weighed: int = 0


@dataclass(frozen=True, kw_only=True)
class Told(Answer):
    """The entry in which it was said."""

    entry: str
