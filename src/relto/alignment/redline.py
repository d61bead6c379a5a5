"""What one version's words change of another's, word by word, as values: a page shows them, nothing is decided here.

Promises: the runs of a text, without the inserted ones, are the older text, and without the deleted ones the newer,
character for character; clauses are compared by their codes; equal texts make one kept run, or none of an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from relto.alignment.clauses import LANGUAGES, Clause

KEPT: Final = "kept"
INSERTED: Final = "inserted"
DELETED: Final = "deleted"
SAME: Final = "same"
CHANGED: Final = "changed"
ADDED: Final = "added"
REMOVED: Final = "removed"
_PIECES: Final = re.compile(r"\s+|[^\s\w]|\w+")
"""Words, spaces and single signs: joined, they are the text (a combining sign stands with its letter in neither)."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of words: kept, inserted or deleted."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ClauseRedline:
    """One clause compared: same, changed, added or removed. `texts`: language -> its runs, of languages with words."""

    code: str
    change: str
    heading: tuple[Run, ...]
    texts: tuple[tuple[str, tuple[Run, ...]], ...]


def runs(old: str, new: str) -> tuple[Run, ...]:
    """The runs from the older text to the newer one; what was deleted stands before what took its place."""
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    found: list[Run] = []
    for tag, start, end, other, until in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Run(KEPT, "".join(before[start:end])))
            continue
        found += [
            Run(kind, "".join(pieces))
            for kind, pieces in ((DELETED, before[start:end]), (INSERTED, after[other:until]))
            if pieces
        ]
    return tuple(found)


def older(found: Iterable[Run]) -> str:
    """The text from which the runs go out."""
    return "".join(run.text for run in found if run.kind != INSERTED)


def newer(found: Iterable[Run]) -> str:
    """The text to which the runs lead."""
    return "".join(run.text for run in found if run.kind != DELETED)


def redline(old: Sequence[Clause], new: Sequence[Clause]) -> tuple[ClauseRedline, ...]:
    """Each clause of either version, in the order of the newer one; removed ones behind the one that they followed."""
    before = {one.code: one for one in old}
    after = {one.code: one for one in new}
    order = [one.code for one in new]
    for place, clause in enumerate(old):
        if clause.code not in after:
            known = [one.code for one in old[:place] if one.code in order]
            order.insert(order.index(known[-1]) + 1 if known else 0, clause.code)
    return tuple(_clause(code, before.get(code), after.get(code)) for code in order)


def _clause(code: str, old: Clause | None, new: Clause | None) -> ClauseRedline:
    texts = [
        (language, runs(_text(old, language), _text(new, language)))
        for language in LANGUAGES
        if _text(old, language) or _text(new, language)
    ]
    heading = runs(old.heading if old else "", new.heading if new else "")
    changed = any(run.kind != KEPT for part in (heading, *(found for _, found in texts)) for run in part)
    change = ADDED if old is None else REMOVED if new is None else CHANGED if changed else SAME
    return ClauseRedline(code, change, heading, tuple(texts))


def _text(clause: Clause | None, language: str) -> str:
    return clause.text.get(language, "") if clause else ""
