"""`relto node check-ledger` and `relto node rebuild-log`: the ledger in a node's folder, offline."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language, wants_json, words

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_NOT_VERIFIED = 10
_TOLD_EVERY = 50_000


@click.command("check-ledger")
@_FOLDER
def check_ledger(folder: Path) -> None:
    """Compare the whole ledger of the node in FOLDER with itself: database, details, files, checkpoints, records.

    The node may run meanwhile. Exit status 10 when something is not as it was recorded.
    """
    from relto.node.ledger_commands import check_ledger as check

    told = [0]

    def tell(looked_at: int, size: int) -> None:
        if looked_at - told[0] >= _TOLD_EVERY and not wants_json():
            told[0] = looked_at
            click.echo(f"{looked_at} / {size}", err=True)

    done = check(folder, tell)
    counts = dict(sorted(done.findings.counts.items()))
    named = [one.as_dict() for one in done.findings.named]
    outcome = "found" if counts else "clean"
    first = sentence(f"ledger_check.{outcome}", language(), size=done.looked_at, count=sum(counts.values()))
    lines = [first, *(f"- {count}: {words('ledger_finding', code)} [{code}]" for code, count in counts.items())]
    lines += [f"  {one['place']} [{one['code']}]" for one in named]
    found = {
        "entries": done.looked_at,
        "checkpoint_size": done.size,
        "leaf_only": done.leaf_only,
        "counts": counts,
        "findings": named,
    }
    answer(found, "\n".join(lines))
    if counts:
        sys.exit(_NOT_VERIFIED)


@click.command("rebuild-log")
@_FOLDER
def rebuild_log(folder: Path) -> None:
    """Make the log's files of the stopped node in FOLDER anew from its database.

    Done only when the entries give the root that the own witness cosigned last; otherwise nothing is written.
    """
    from relto.node.ledger_commands import rebuild_log_files

    made = rebuild_log_files(folder)
    text = sentence("ledger_check.rebuilt", language(), size=made.size, vouched=made.vouched)
    answer({"size": made.size, "vouched": made.vouched}, text)
