"""`relto node doctor`: what is wrong with a node, and the command or edit that mends it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.output import answer, language, words

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command("doctor")
@_FOLDER
@click.option(
    "--backup-days", type=click.IntRange(1, 366), default=7, show_default=True, help="How old a backup may be."
)
def doctor(folder: Path, backup_days: int) -> None:
    """Look at the node in FOLDER, which may run meanwhile, and change nothing.

    Exit status 0: all well; 1: something is to be done, and nothing stops the node; 2: something stops the node, one of
    its doors or its border.
    """
    from relto.node.doctor.case import World
    from relto.node.doctor.examination import examine
    from relto.node.hardening import harden_process

    world = World(backup_days=backup_days)
    limit = world.core_limit()  # of what started this command, before it forbids itself
    harden_process()
    report = examine(folder, World(backup_days=backup_days, core_limit=lambda: limit))
    rows: list[dict[str, Any]] = [
        {
            "code": one.code,
            "stops": one.stops,
            "thing": one.thing,
            "expected": one.expected,
            "found": one.found,
            "what": words("doctor", one.code),
            "fix": one.fix(folder),
        }
        for one in report.troubles
    ]
    found = {"troubles": rows, "looked_at": [*report.looked_at], "not_looked_at": [*report.not_looked_at]}
    answer({**found, "all_well": not rows and not report.not_looked_at}, "\n".join(_lines(rows, found)))
    if report.exit_status:
        sys.exit(report.exit_status)


def _lines(rows: list[dict[str, Any]], found: dict[str, Any]) -> list[str]:
    lines = []
    for row in rows:
        mark = words("doctor_mark", "stops" if row["stops"] else "warns")
        lines.append(f"{mark}: {row['thing']}: {row['what']} [{row['code']}]")
        told = sentence("error.expected", language(), expected=row["expected"])
        if row["found"] is not None:
            told = f"{sentence('error.found', language(), found=row['found'])} {told}"
        lines += [f"    {told}", f"    -> {row['fix']}"]
    if not rows:
        lines.append(words("doctor_mark", "well"))
    for name in ("looked_at", "not_looked_at"):
        if found[name]:
            looks = "; ".join(words("doctor_look", look) for look in found[name])
            lines.append(f"{words('doctor_mark', name)}: {looks}")
    return lines
