"""`relto node restart --rolling`: replace running processes one by one, while the others answer."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.output import answer
from relto.node.processes import NODE_PROCESSES


@click.command("restart")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, type=click.Choice(NODE_PROCESSES))
@click.option("--rolling", is_flag=True, required=True, help="One process at a time; the others answer meanwhile.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=300, show_default=True, help="Wait at most, for each.")
def restart(folder: Path, names: tuple[str, ...], rolling: bool, seconds: int) -> None:  # noqa: ARG001, FBT001  click's signature
    """Replace the processes of NAMES (default: every kind that has several) on this machine, one by one.

    A new process answers before the old one finishes what it has begun. When a new one does not come to it, the old one
    goes on and nothing more is replaced. A kind of one process cannot be replaced so, the portal excepted.
    """
    from relto.node.groups import groups_of, replace_processes
    from relto.node.settings import read_settings

    locks = read_settings(folder).folder.locks
    chosen = names or tuple(name for name in NODE_PROCESSES if groups_of(locks, name)) or ("portal",)
    for name in chosen:
        replace_processes(locks, name, seconds=float(seconds))
    answer({"replaced": list(chosen)}, f"replaced: {', '.join(chosen)}")
