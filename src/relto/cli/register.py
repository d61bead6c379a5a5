"""`relto register`: the control register, as far as one may see it."""

from __future__ import annotations

import click

from relto.cli.output import answer_rows, words
from relto.cli.profile import open_client


@click.command("register")
def register() -> None:
    """The control register: numbers, directions, markings; no titles."""
    with open_client() as node:
        rows = [row.raw for row in node.register()]
    columns = ("number", "direction", "banner", "counterpart", "at", "state", "item")
    answer_rows(rows, columns, words("cli.empty", "register"))
