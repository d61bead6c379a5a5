"""`relto refusal`: why something was refused, as far as one may know, and who can supply what is missing."""

from __future__ import annotations

import click

from relto.cli.decisions import gates_text
from relto.cli.output import answer
from relto.cli.profile import open_client


@click.command("refusal")
@click.argument("reference")
def refusal(reference: str) -> None:
    """Why REFERENCE was refused: you see the gate and who can help; your security officer sees the facts."""
    with open_client() as node:
        found = node.refusal(reference).raw
    lines = [
        str(found["sentence"]),
        f"{found['reference']}: {found['action']}, {found['at']}, {found['agreement']} {found['bundle_version']}",
        gates_text(found["gates"]),
        f"entry: {found['entry']}",
    ]
    answer(found, "\n".join(line for line in lines if line))
