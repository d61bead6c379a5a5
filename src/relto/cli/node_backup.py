"""`relto node backup` and `relto node restore`: a copy of a node to keep elsewhere, and the way back from it."""

from __future__ import annotations

from pathlib import Path

import click

from relto.adapters.words import sentence
from relto.base.instants import instant_text
from relto.cli.output import answer, language, wants_json

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command("backup")
@_FOLDER
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A folder that does not exist yet.")
def backup(folder: Path, to: Path) -> None:
    """Copy the node in FOLDER, which may run meanwhile, consistently. The master secret stays apart."""
    from relto.node.backing_up import back_up

    made = back_up(folder, to, lambda count: None if wants_json() else click.echo(str(count), err=True))
    lines = [sentence("backup.done", language(), size=made.size, files=made.files)]
    if made.missing:
        lines.append(sentence("backup.missing", language(), count=len(made.missing)))
    found = {"backup": made.backup, "at": instant_text(made.at), "size": made.size, "files": made.files}
    answer({**found, "missing": [*made.missing]}, "\n".join(lines))


@click.command("restore")
@_FOLDER
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="A backup's folder.")
@click.option("--master-secret", type=click.Path(path_type=Path), help="The file that was kept apart.")
def restore(folder: Path, source: Path, master_secret: Path | None) -> None:
    """Make the node in FOLDER, which must not exist, from a backup. It is in quarantine until it is recovered."""
    from relto.node.restoring import restore as restore_node

    made = restore_node(source, folder, master_secret)
    lines = [sentence("backup.restored", language(), size=made.size, files=made.files)]
    if made.missing:
        lines.append(sentence("backup.missing", language(), count=len(made.missing)))
    found = {"backup": made.backup, "at": instant_text(made.at), "size": made.size, "files": made.files}
    answer({**found, "missing": [*made.missing]}, "\n".join(lines))
