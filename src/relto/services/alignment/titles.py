"""What an entry of the shared record is called in a list or on an agenda: in the words of the nation that opened it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from relto.alignment.shared_record import (
    ACTION,
    DIVERGENCE,
    LAW_CHANGE,
    MEETING,
    PROPOSAL,
    REHEARSED,
    RELATION,
    TEMPLATE,
    Entry,
)

LONGEST: Final = 300


def title_of(entry: Entry) -> str:
    """Its title, bounded; its id where its kind has no words of its own."""
    body = entry.newest.get(entry.opened_by, next(iter(entry.newest.values()))).body
    words = _TITLES.get(entry.kind)
    return ((words(body) if words is not None else "") or entry.entry)[:LONGEST]


def _action(body: Mapping[str, Any]) -> str:
    return _in_a_language(body["what"])


def _in_a_language(texts: Mapping[str, str]) -> str:
    return texts.get("en") or next(iter(texts.values()), "")


def _relation(body: Mapping[str, Any]) -> str:
    return f"{body['of']} {body['relation']}: {', '.join(sorted(body['texts']))}"


_TITLES: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    ACTION: _action,
    DIVERGENCE: lambda body: str(body["question"]),
    LAW_CHANGE: lambda body: f"{body['source']}, {body['edition']}",
    MEETING: lambda body: str(body["number"]),
    PROPOSAL: lambda body: str(body["title"]),
    REHEARSED: lambda body: str(body["scenario"]),
    RELATION: _relation,
    TEMPLATE: lambda body: _in_a_language(body["title"]),
}
