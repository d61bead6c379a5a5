"""`relto node quarantine` and `relto node recover`: how a node stands, and the way out of a quarantine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.base.instants import instant_text
from relto.cli.output import answer, language, table, words

if TYPE_CHECKING:
    from relto.services.quarantine import Finding

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_QUARANTINED = 8


@click.command("quarantine")
@_FOLDER
def quarantine(folder: Path) -> None:
    """Say whether the node may act, and list what it has lost. Exit status 8 while it is in quarantine."""
    from relto.node.quarantined import recorded_standing

    view = recorded_standing(folder)
    rows = [_row(finding) for finding in view.findings]
    found = {
        "standing": view.state,
        "what": words("standing", view.state),
        "waiting_for": view.waiting_for,
        "quarantine": view.quarantine,
        "since": instant_text(view.since) if view.since else "",
        "findings": rows,
    }
    answer(found, _told(found, rows))
    if view.quarantine:
        sys.exit(_QUARANTINED)


def _row(finding: Finding) -> dict[str, Any]:
    facts = {"source": finding.source, "held": finding.held, "seen": finding.seen}
    what = sentence(f"finding.{finding.code}", language(), **facts)
    return {"code": finding.code, **facts, "what": what, "messages": [dict(one) for one in finding.messages]}


def _told(found: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    lines = [str(found["what"])]
    if found["waiting_for"]:
        lines.append(f"{sentence(str(found['waiting_for']), language())} [{found['waiting_for']}]")
    if found["quarantine"]:
        lines.append(f"{found['quarantine']}, {found['since']}")
    lines += [f"- {row['what']} [{row['code']}]" for row in rows]
    for row in rows:
        if row["messages"]:
            named = [[str(one[name]) for name in ("sequence", "kind", "message")] for one in row["messages"]]
            lines += ["", f"{row['source']}, {row['code']}:", table([["number", "kind", "message"], *named])]
    return "\n".join(lines)
