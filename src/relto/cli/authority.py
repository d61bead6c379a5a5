"""`relto authority`: the key with which a nation's authority signs bundles, and what else it signs with it, offline."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.output import answer
from relto.cli.rules_statements import fresh, rotate


@click.group()
def authority() -> None:
    """The key of a nation's authority, kept apart from any node."""


authority.add_command(rotate)
authority.add_command(fresh)


@authority.command("init")
@click.argument("key_file", type=click.Path(path_type=Path))
@click.option("--nation", required=True, help="ISO 3166-1 alpha-3 code, such as USA.")
def init(key_file: Path, nation: str) -> None:
    """Make KEY_FILE (secret, mode 0600) and KEY_FILE.pub.json (public)."""
    from relto.base.nations import read_nation
    from relto.node.authority_key import make_authority_key, public_file

    key = make_authority_key(key_file, read_nation(nation))
    answer({"owner": key.public.owner, "key_id": key.public.key_id, "public_file": str(public_file(key_file))})
