"""What a suspension, a withdrawal or a revocation cuts, as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relto.cli.output import table, words

_COLUMNS = {
    "people": ("pseudonym", "facility"),
    "assurances": ("id", "recipient", "subject_kind", "subject"),
    "arrivals": ("number", "nation", "facility", "banner", "id"),
    "cases": ("number", "nation", "facility", "banner", "id"),
}


def affected_text(affected: Mapping[str, Any]) -> str:
    """A table for each kind of thing that is cut, or the sentence that nothing is."""
    lines = []
    for kind, columns in _COLUMNS.items():
        rows = affected[kind]
        if rows:
            cells = [[str(row[name]) for name in columns] for row in rows]
            lines += [words("cli.affected", kind), table([columns, *cells])]
    if affected["own_items"]:
        lines.append(f"{words('cli.affected', 'own_items')}: {affected['own_items']}")
    return "\n".join(lines) or words("cli.empty", "affected")
