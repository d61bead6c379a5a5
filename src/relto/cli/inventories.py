"""`relto register inventory`: open one, look for each copy, sign the result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.base.instants import read_instant
from relto.cli.files import write_file
from relto.cli.output import answer, answer_rows, words
from relto.cli.profile import open_client

_INVENTORY = click.argument("inventory")
_COUNTS = ("id", "company", "level", "as_of", "state", "copies", "left", "found", "missing", "extra")


@click.group("inventory")
def inventory() -> None:
    """Count the company's copies as of a day, and sign what was found."""


@inventory.command("list")
def list_inventories() -> None:
    """The inventories that you may see, newest first."""
    with open_client() as node:
        answer_rows([one.raw for one in node.inventories()], _COUNTS, words("cli.empty", "inventories"))


@inventory.command("open")
@click.option("--as-of", required=True, help="As of which instant, such as 2026-11-22T14:15:00Z.")
@click.option("--level", default="", help="Of one level of the own policy only; else of every level.")
def open_one(as_of: str, level: str) -> None:
    """Open an inventory of your company's copies (security officer)."""
    with open_client() as node:
        _told(node.open_inventory(read_instant(as_of, field="as_of"), level).raw)


@inventory.command("show")
@_INVENTORY
def show(inventory: str) -> None:
    """One inventory with its lines."""
    with open_client() as node:
        _told(node.inventory(inventory).raw)


@inventory.command("check")
@_INVENTORY
@click.argument("result", type=click.Choice(["found", "not_found", "extra"]))
@click.option("--copy", default="", help="The copy that was looked for; not for something extra.")
@click.option("--note", default="", help="What was seen; it stays at your node. Write no classified words.")
def check(inventory: str, result: str, copy: str, note: str) -> None:
    """Record what became of looking for a copy, or that something extra was found (security officer)."""
    with open_client() as node:
        _told(node.check_copy(inventory, result, copy, note).raw)


@inventory.command("sign")
@_INVENTORY
@click.option("--output", type=click.Path(path_type=Path), help="Write the signed result into this new file.")
def sign(inventory: str, output: Path | None) -> None:
    """Sign the result; each missing copy becomes a suspected loss (security officer)."""
    with open_client() as node:
        found = node.sign_inventory(inventory).raw
    if output is not None:
        write_file(output, found["statement"].encode("utf-8"), "output")
    _told(found)


def _told(found: Mapping[str, Any]) -> None:
    lines = [f"{name}: {found[name]}" for name in _COUNTS]
    for line in found["lines"]:
        result = words("inventory_result", line["result"]) if line["result"] else "-"
        place = " ".join(line[name] for name in ("facility", "custodian", "location", "note") if line[name])
        lines.append(f"  {result}: {line['copy_id']} {line['number'] or ''} {place}")
    answer(found, "\n".join([*lines, f"entry: {found['entry']}"]))
