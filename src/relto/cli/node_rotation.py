"""`relto node rotate-keys`: what of a node's keys can be rotated, what will happen, and doing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relto.adapters.words import sentence
from relto.base.instants import instant_text
from relto.cli.output import answer, language, table, words

if TYPE_CHECKING:
    from relto.node.rotating import Rotated

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_COLUMNS = ("kind", "name", "state", "made", "ends")


@click.command("rotate-keys")
@_FOLDER
@click.argument("kind", required=False, type=click.Choice(["wrapping", "token", "link", "master"]))
@click.option("--yes", "does_it", is_flag=True, help="Do it. Without this the command tells what would happen.")
@click.option("--finish", is_flag=True, help="Finish or undo what an interrupted rotation left.")
@click.option("--keep-old", type=click.Path(path_type=Path), help="Of master: a new file for the old secret.")
@click.option("--destroy-old", is_flag=True, help="Of master: let the old secret go; older backups never open again.")
@click.option("--new-master", type=click.Path(path_type=Path), help="Of master: a new file, where a credential is set.")
def rotate_keys(  # noqa: PLR0917  click calls by name
    folder: Path,
    kind: str | None,
    does_it: bool,  # noqa: FBT001  click's flags
    finish: bool,  # noqa: FBT001  likewise
    keep_old: Path | None,
    destroy_old: bool,  # noqa: FBT001  likewise
    new_master: Path | None,
) -> None:
    """List what of the node in FOLDER can be rotated; with KIND tell what will happen, with --yes do it."""
    from relto.base.errors import MalformedInput
    from relto.node import rotating
    from relto.node.hardening import harden_process

    harden_process()
    if finish:
        found = rotating.finish(folder)
        answer({"finished": found}, words("rotation", "finished" if found else "nothing_left"))
    elif kind is None:
        _list(folder)
    elif not does_it:
        answer({"kind": kind, "will": words("rotation_will", kind)}, words("rotation_will", kind))
    elif kind == "master":
        if (keep_old is None) != destroy_old:
            raise MalformedInput("keep_old", field="--keep-old", expected="either --keep-old or --destroy-old")
        _told(kind, rotating.rotate_master(folder, keep_old=keep_old, new_to=new_master))
    else:
        verbs = {"wrapping": rotating.rotate_wrapping, "token": rotating.rotate_token, "link": rotating.rotate_link}
        _told(kind, verbs[kind](folder))


def _list(folder: Path) -> None:
    from relto.node import rotating

    rows = [
        {
            "kind": one.kind,
            "name": one.name,
            "state": one.state,
            "made": instant_text(one.made) if one.made else "",
            "ends": instant_text(one.ends) if one.ends else "",
        }
        for one in rotating.listed(folder)
    ]
    text = [table([_COLUMNS, *[[row[name] for name in _COLUMNS] for row in rows]]), ""]
    text += [f"{kind}: {words('rotation_will', kind)}" for kind in rotating.KINDS]
    text += [f"{kind}: {words('rotation_fixed', kind)}" for kind in rotating.FIXED]
    will = {kind: words("rotation_will", kind) for kind in rotating.KINDS}
    fixed = {kind: words("rotation_fixed", kind) for kind in rotating.FIXED}
    answer({"keys": rows, "will": will, "not_rotated": fixed}, "\n".join(text))


def _told(kind: str, done: Rotated) -> None:
    lines = [sentence(f"rotation_done.{kind}", language())]
    for name in ("made", "retired", "waiting"):
        lines += [f"- {words('rotation_key', name)}: {one}" for one in getattr(done, name)]
    answer(
        {"kind": kind, "made": [*done.made], "retired": [*done.retired], "waiting": [*done.waiting]}, "\n".join(lines)
    )
