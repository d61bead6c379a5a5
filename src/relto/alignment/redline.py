"""What one version's words change of another's, word by word, as values: a page shows them, nothing is decided here.

Promises: the runs of a text, without the inserted ones, are the older text, and without the deleted ones the newer,
character for character; clauses are compared by their codes; equal texts make one kept run, or none of an empty text.
The work is bounded whoever wrote the texts: a text of very many words, and whatever follows after very many changed
words, is shown as replaced whole; a word that stands often is no place to begin a comparison.
"""

from __future__ import annotations

import re
from collections import Counter
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
MOST_PIECES: Final = 2600
"""Of one text; 4,000 characters of prose have about 1,300."""
MOST_IN_ALL: Final = 30_000
_OFTEN: Final = 8
_PIECES: Final = re.compile(r"[^\s.,;:()\u0964]+|[.,;:()\u0964]|\s+")
"""Words with whatever signs belong to their letters, signs of sentences (the danda among them), and spaces."""


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
    if old == new:
        return _whole(KEPT, old)
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    if max(len(before), len(after)) > MOST_PIECES:
        return _whole(DELETED, old) + _whole(INSERTED, new)
    often = {piece for piece, count in Counter(after).items() if count > _OFTEN}
    found: list[Run] = []
    matcher = SequenceMatcher(often.__contains__, before, after, autojunk=False)
    for tag, start, end, other, until in matcher.get_opcodes():
        if tag == "equal":
            found += _whole(KEPT, "".join(before[start:end]))
        else:
            found += _whole(DELETED, "".join(before[start:end])) + _whole(INSERTED, "".join(after[other:until]))
    return tuple(found)


def _whole(kind: str, text: str) -> tuple[Run, ...]:
    return (Run(kind, text),) if text else ()


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
    found = []
    left = MOST_IN_ALL
    for code in order:
        compared = _clause(code, before.get(code), after.get(code), left)
        left -= sum(len(_PIECES.findall(run.text)) for _, part in compared.texts if len(part) > 1 for run in part)
        found.append(compared)
    return tuple(found)


def _clause(code: str, old: Clause | None, new: Clause | None, left: int) -> ClauseRedline:
    """One clause; with no pieces `left`, a text that differs is shown as replaced whole."""
    compare = runs if left > 0 else _replaced
    texts = [
        (language, compare(_text(old, language), _text(new, language)))
        for language in LANGUAGES
        if _text(old, language) or _text(new, language)
    ]
    heading = compare(old.heading if old else "", new.heading if new else "")
    changed = any(run.kind != KEPT for part in (heading, *(found for _, found in texts)) for run in part)
    change = ADDED if old is None else REMOVED if new is None else CHANGED if changed else SAME
    return ClauseRedline(code, change, heading, tuple(texts))


def _replaced(old: str, new: str) -> tuple[Run, ...]:
    return _whole(KEPT, old) if old == new else _whole(DELETED, old) + _whole(INSERTED, new)


def _text(clause: Clause | None, language: str) -> str:
    return clause.text.get(language, "") if clause else ""
