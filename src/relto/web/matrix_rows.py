"""The narrowed alignment matrix as rows of a page: both sides with citations, gaps, what was said, which meetings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from relto.alignment.shared_record import DIVERGENCE
from relto.rules.book import Book
from relto.rules.provisions import BILATERAL
from relto.services.alignment.matrix import LONGEST_SEARCH, MatrixTopic
from relto.web.alignment_pages import word
from relto.web.rule_book import ProvisionRow, provision_row
from relto.web.rule_words import TOPICS

MOST_SHOWN = 12
"""Provisions of a side in one cell; the rule book has the others."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One side of a topic, each provision with its tag. `more`: how many are not shown here."""

    whose: str
    provisions: tuple[ProvisionRow, ...]
    more: int
    is_gap: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A topic. `entries`: (the entry, its title in words)."""

    code: str
    words: Any
    sides: tuple[Cell, ...]
    together: Cell | None
    entries: tuple[tuple[Any, str], ...]


def asked(query: QueryDict) -> tuple[str, str]:
    """(words, topic) that the address asks for; a topic that is none asks for nothing."""
    topic = query.get("topic", "")
    return " ".join(query.get("q", "")[:LONGEST_SEARCH].split()), topic if topic in TOPICS else ""


def matrix_rows(book: Book, topics: list[MatrixTopic]) -> list[Row]:
    """The rows, with the words of topics and relations. `book`: whose provisions they are."""
    return [_row(book, one) for one in topics]


def _row(book: Book, topic: MatrixTopic) -> Row:
    cells = {
        side.whose: Cell(
            whose=side.whose,
            provisions=tuple(provision_row(book, one) for one in side.provisions[:MOST_SHOWN]),
            more=max(0, len(side.provisions) - MOST_SHOWN),
            is_gap=side.is_gap,
        )
        for side in topic.sides
    }
    return Row(
        code=topic.topic,
        words=TOPICS.get(topic.topic, topic.topic),
        sides=tuple(cell for whose, cell in cells.items() if whose != BILATERAL),
        together=cells.get(BILATERAL),
        entries=tuple(
            (one, one.title if one.kind == DIVERGENCE else word("relation", one.title, one.opened_by))
            for one in topic.entries
        ),
    )
