"""`relto node backup` and `relto node restore`: a copy of a node to keep elsewhere, and the way back from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.adapters.words import sentence
from relto.base.instants import instant_text
from relto.cli.output import answer, language, wants_json

if TYPE_CHECKING:
    from relto.node.backup_format import Manifest

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command("backup")
@_FOLDER
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A folder that does not exist yet.")
def backup(folder: Path, to: Path) -> None:
    """Copy the node in FOLDER, which may run meanwhile, consistently. The master secret stays apart."""
    from relto.node.backing_up import back_up

    made = back_up(folder, to, lambda count: None if wants_json() else click.echo(str(count), err=True))
    _tell(made, "backup.done", folder)


@click.command("restore")
@_FOLDER
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="A backup's folder.")
@click.option("--master-secret", type=click.Path(path_type=Path), help="The file that was kept apart.")
@click.option("--database", default="", help="Of PostgreSQL: an empty database for it, as in the settings.")
@click.option("--database-owner", default="", help="The role that makes its tables, when it is another one.")
def restore(folder: Path, source: Path, master_secret: Path | None, database: str, database_owner: str) -> None:
    """Make the node in FOLDER, which must not exist, from a backup. It is in quarantine until it is recovered."""
    from relto.node.restoring import restore as restore_node

    made = restore_node(source, folder, master_secret, database, database_owner)
    _tell(made, "backup.restored", folder)


def _tell(made: Manifest, done: str, folder: Path) -> None:
    from relto.node.settings import read_settings
    from relto.node.stored_payloads import STORED

    elsewhere = STORED if read_settings(folder).blobs.kind != "files" else ""
    lines = [sentence(done, language(), size=made.size, files=made.files)]
    if made.missing:
        lines.append(sentence("backup.missing", language(), count=len(made.missing)))
    if elsewhere:
        lines.append(sentence("backup.elsewhere", language(), file=elsewhere))
    found = {"backup": made.backup, "at": instant_text(made.at), "size": made.size, "files": made.files}
    answer({**found, "missing": [*made.missing], "payloads_elsewhere": elsewhere}, "\n".join(lines))
