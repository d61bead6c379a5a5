"""What changed between two versions of a joint template: clause by clause with the words, and field by field.

Promises: a clause is followed by its code, so that one that only moved is said to have moved; texts are compared word
by word in each language; provisions, evidence and reviews that changed are named; nothing that is the same is shown as
changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relto.alignment.bilingual import LANGUAGES
from relto.alignment.redline import ADDED, CHANGED, REMOVED, SAME, Run, runs
from relto.alignment.templates import Template, TemplateClause, TemplateField

MOVED: Final = "moved"


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause. `word`: added, removed, changed, moved or same; `members`: which of it changed, as codes.

    `heading`, `text`: language -> its words as runs, the removed ones before those that stand in their place.
    """

    code: str
    word: str
    members: tuple[str, ...]
    heading: Mapping[str, tuple[Run, ...]]
    text: Mapping[str, tuple[Run, ...]]
    provisions_added: tuple[str, ...]
    provisions_removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field. `members`: which of it changed."""

    code: str
    word: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """All between two versions: every clause in the order of the newer (removed ones last), the fields that differ."""

    older: int
    newer: int
    clauses: tuple[ClauseChange, ...]
    fields: tuple[FieldChange, ...]
    members: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed but the number."""
        return not self.fields and not self.members and all(one.word == SAME for one in self.clauses)


def compare(older: Template, newer: Template) -> TemplateChange:
    """What the newer version changed."""
    before = {one.code: one for one in older.clauses}
    after = {one.code: one for one in newer.clauses}
    kept_before = [code for code in before if code in after]
    kept_after = [code for code in after if code in before]
    moved = {code for code, other in zip(kept_after, kept_before, strict=True) if code != other}
    clauses = [_clause(code, before.get(code), after.get(code), moved=code in moved) for code in (*after, *before)]
    members = [name for name in ("title", "paper", "basis") if getattr(older, name) != getattr(newer, name)]
    return TemplateChange(
        older=older.number,
        newer=newer.number,
        clauses=tuple({one.code: one for one in clauses}.values()),
        fields=_fields(older.fields, newer.fields),
        members=tuple(members),
    )


def _clause(code: str, older: TemplateClause | None, newer: TemplateClause | None, *, moved: bool) -> ClauseChange:
    names = ("heading", "text", "provisions", "evidence", "reviewed")
    both = older is not None and newer is not None
    members = tuple(name for name in names if both and getattr(older, name) != getattr(newer, name))
    word = MOVED if moved and not members else CHANGED if members else SAME
    was, now = (one.provisions if one else () for one in (older, newer))
    return ClauseChange(
        code=code,
        word=word if both else ADDED if newer else REMOVED,
        members=members,
        heading=_runs(older.heading if older else {}, newer.heading if newer else {}),
        text=_runs(older.text if older else {}, newer.text if newer else {}),
        provisions_added=tuple(one for one in now if one not in was),
        provisions_removed=tuple(one for one in was if one not in now),
    )


def _runs(older: Mapping[str, str], newer: Mapping[str, str]) -> dict[str, tuple[Run, ...]]:
    return {
        language: runs(older.get(language, ""), newer.get(language, ""))
        for language in LANGUAGES
        if language in older or language in newer
    }


def _fields(older: Sequence[TemplateField], newer: Sequence[TemplateField]) -> tuple[FieldChange, ...]:
    before, after = {one.code: one for one in older}, {one.code: one for one in newer}
    found = [FieldChange(code, ADDED, ()) for code in after if code not in before]
    found += [FieldChange(code, REMOVED, ()) for code in before if code not in after]
    names = ("kind", "required", "label", "choices", "longest")
    for code in (one for one in after if one in before):
        members = tuple(name for name in names if getattr(before[code], name) != getattr(after[code], name))
        if members:
            found.append(FieldChange(code, CHANGED, members))
    return tuple(found)
