"""`relto node quarantine` and `relto node recover`: how a node stands, and the way out of a quarantine."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import error_sentence, sentence
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


@click.command("recover")
@_FOLDER
@click.option("--ledger", type=click.Path(path_type=Path), help="A newer export of this node's ledger (a folder).")
def recover(folder: Path, ledger: Path | None) -> None:
    """Recover a stopped node from a newer LEDGER export and from its partner; lift its quarantine when it agrees.

    Lists what cannot be recovered. Exit status 8 while the node stays in quarantine.
    """
    from relto.node.quarantined import recover_node

    done = recover_node(folder, ledger)
    rows = [_row(finding) for finding in done.remaining]
    found = {
        "lifted": bool(done.entry),
        "entry": done.entry,
        "entries": [
            {"index": one.index, "event": one.event, "subject": one.subject, "at": instant_text(one.at)}
            for one in done.entries
        ],
        "messages": [asdict(one) for one in done.messages],
        "lost": done.lost,
        "not_done": [{"source": one.source, **one.error.as_dict()} for one in done.not_done],
        "findings": rows,
    }
    lines = [words("recovery", "lifted" if done.entry else "not_lifted")]
    lines += [
        f"- {one.source}: {error_sentence(one.error, language())} [{one.error.full_code}]" for one in done.not_done
    ]
    lines += [f"- {row['what']} [{row['code']}]" for row in rows]
    for code, count in done.lost.items():
        lines += ["", f"{count}: {words('lost', code)} [{code}]"]
        lines += _lost_lines(code, found)
    answer(found, "\n".join(lines))
    if not done.entry:
        sys.exit(_QUARANTINED)


def _lost_lines(code: str, found: dict[str, Any]) -> list[str]:
    """The rows behind a count of what is lost."""
    if code == "entries_without_details":
        columns = ("index", "event", "subject", "at")
        rows = found["entries"]
    else:
        columns = ("partner", "sequence", "kind", "code")
        sent = code == "messages_sent_without_state"
        rows = [one for one in found["messages"] if (one["direction"] == "out") == sent and (sent or one["code"])]
    return [table([columns, *[[str(row[name]) for name in columns] for row in rows]])]


def _row(finding: Finding) -> dict[str, Any]:
    facts: dict[str, str | int] = {"source": finding.source, "held": finding.held, "seen": finding.seen}
    what = sentence(f"finding.{finding.code}", language(), source=finding.source, held=finding.held, seen=finding.seen)
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
