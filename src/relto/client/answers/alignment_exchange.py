"""What became of a file of the alignment, as a node answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class ImportRow(Answer):
    """A row of a file; `column` and `reason` (a code) of a refused one."""

    place: str
    kind: str
    entry: str
    outcome: str
    column: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ImportOutcome(Answer):
    """What a file would say, or has said. `counts`: outcome -> rows; `said`: entries in which something was said."""

    counts: Mapping[str, int]
    rows: tuple[ImportRow, ...]
    said: tuple[str, ...]
