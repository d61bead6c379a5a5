"""`relto node keys`: the wrapping keys of a node's key service, for its operator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.base.instants import instant_text
from relto.cli.output import answer, answer_rows

if TYPE_CHECKING:
    from relto.node.key_commands import NodeKeys

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_KID = click.argument("kid")
COLUMNS = ("kid", "algorithm", "state", "lives_in", "in_agreement", "manifests", "made")


@click.group()
def keys() -> None:
    """List, make, retire and destroy the keys that shares are wrapped for."""


@keys.command("list")
@_FOLDER
def list_keys(folder: Path) -> None:
    """List the keys: where each lives, whether the agreement in force names it, how many manifests need it."""
    from relto.node.key_commands import listed

    answer_rows(key_rows(listed(folder)), COLUMNS, "No wrapping key.")


def key_rows(found: NodeKeys) -> list[dict[str, Any]]:
    """One row for each key; a token that does not answer is said beside its keys."""
    lives_in = {"token": "token" if found.token_answers else "token (does not answer)", "file": "sealed file"}
    return [
        {
            "kid": use.key.kid,
            "algorithm": use.key.algorithm,
            "state": use.key.state,
            "lives_in": lives_in.get(use.place, "nowhere: its sealed half is gone"),
            "in_agreement": use.in_agreement,
            "manifests": use.manifests,
            "made": instant_text(use.key.created_at),
        }
        for use in found.keys
    ]


@keys.command("make")
@_FOLDER
@click.argument("algorithm")
@click.option("--in-file", is_flag=True, help="In a sealed file, although a token is set.")
def make(folder: Path, algorithm: str, in_file: bool) -> None:  # noqa: FBT001  click passes flags by position
    """Make a key of ALGORITHM, such as rsa:2048 or hpqt:secp384r1-mlkem1024; new seals use it from now on."""
    from relto.node.key_commands import made

    kid = made(folder, algorithm, in_file=in_file)
    answer(
        {"kid": kid, "party": str(folder / "party.json")},
        f"Made {kid}; new seals use it.\nReleases use it once a bundle names it: {folder / 'party.json'} lists it.",
    )


@keys.command("retire")
@_FOLDER
@_KID
@click.option("--at-once", is_flag=True, help="Although it is still needed: releases wait for the next bundle.")
def retire(folder: Path, kid: str, at_once: bool) -> None:  # noqa: FBT001  click passes flags by position
    """Let KID wrap nothing new. It goes on unwrapping what was wrapped for it."""
    from relto.node.key_commands import retired

    retired(folder, kid, at_once=at_once)
    answer({"kid": kid, "state": "retired"}, f"{kid} wraps nothing new; it still unwraps.")


@keys.command("destroy")
@_FOLDER
@_KID
@click.option("--lose-items", is_flag=True, help="Although registered items need it; nobody opens them again.")
def destroy(folder: Path, kid: str, lose_items: bool) -> None:  # noqa: FBT001  click passes flags by position
    """Destroy the private half of the retired key KID for good."""
    from relto.node.key_commands import destroyed

    destroyed(folder, kid, lose=lose_items)
    answer({"kid": kid, "state": "destroyed"}, f"{kid} is destroyed here. Destroy its backups too.")
