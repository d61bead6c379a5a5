"""Items that a form lists row by row, with level and copy number: each once, at a level that is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relto.procedures.findings import Finding
from relto.procedures.founded import Founded
from relto.procedures.known import Known


def check_items(rows: Sequence[Mapping[str, Any]], known: Known, found: Founded) -> Iterator[Finding]:
    """A copy that is listed twice (`item_twice`), a level that no policy has (`level_unknown`)."""
    seen: set[tuple[Any, Any]] = set()
    for number, row in enumerate(rows):
        copy = (row.get("item"), row.get("copy"))
        if copy in seen:
            yield found.found("item_twice", f"items/{number}/item")
        seen.add(copy)
        level = row.get("level")
        if level is not None and not known.levels.known(level):
            yield found.found("level_unknown", f"items/{number}/level", level=level)


def other_nations(rows: Sequence[Mapping[str, Any]], known: Known) -> list[str]:
    """The nations other than the own one whose levels are among the rows, in order."""
    levels = {row["level"] for row in rows if row.get("level") is not None and known.levels.known(row["level"])}
    return sorted({level.partition(":")[0] for level in levels} - {str(known.nation)})
