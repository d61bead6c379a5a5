"""Every version of the agreement that was activated here, and what each changed of the one before it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse

from relto.adapters.words import sentence
from relto.services import bundle_history
from relto.services.bundle_history import BundleChange
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language

_WORDS: Final = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_SHOWN: Final = 300
_LONGEST_COMPARED: Final = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, or that was taken out or put in. `kind`: same, del or ins."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as a redline, by words. `part`: the file that it stands in, in words."""

    part: str
    place: str
    kind: str
    pieces: tuple[Piece, ...]


@page()
def history(request: PageRequest) -> HttpResponse:
    """Under which rules was decided when?"""
    versions = bundle_history.history(house(), request.actor)
    parts = {one.version: [(_part(code), count) for code, count in one.changes.items()] for one in versions}
    return show(request, "rule_history", {"versions": [(one, parts[one.version]) for one in versions]})


@page()
def changes(request: PageRequest, version: int) -> HttpResponse:
    """What did this version change?"""
    found = bundle_history.changes_of(house(), request.actor, version)
    rows = [_row(one) for one in found[:_MOST_SHOWN]]
    return show(request, "rule_changes", {"version": version, "rows": rows, "left_out": len(found) - len(rows)})


def _row(one: BundleChange) -> ChangeRow:
    pieces = tuple(_redline(one.before or "", one.after or ""))
    return ChangeRow(_part(one.part), " / ".join(one.place), one.kind, pieces)


def _part(code: str) -> str:
    words = sentence(f"change.part.{code}", language())
    return words.rstrip(":")


def _redline(before: str, after: str) -> Iterator[Piece]:
    """The words that stayed, those taken out, those put in; a long text is taken out and put in whole."""
    if max(len(before), len(after)) > _LONGEST_COMPARED or not before or not after:
        yield from (Piece(kind, text) for kind, text in (("del", before), ("ins", after)) if text)
        return
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matched = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for step, old_from, old_to, new_from, new_to in matched.get_opcodes():
        if step == "equal":
            yield Piece("same", "".join(old[old_from:old_to]))
            continue
        if old_to > old_from:
            yield Piece("del", "".join(old[old_from:old_to]))
        if new_to > new_from:
            yield Piece("ins", "".join(new[new_from:new_to]))
