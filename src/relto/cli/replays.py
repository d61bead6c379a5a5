"""`relto decisions`: a recorded decision made once more, with the facts and the rules of its day (promise 9)."""

from __future__ import annotations

import click

from relto.cli.output import answer, words
from relto.cli.profile import open_client

_SHOWN = ("reference", "bundle_version", "engine_then", "engine_now")


@click.group("decisions")
def decisions() -> None:
    """Decisions on record (inspector)."""


@decisions.command("replay")
@click.argument("reference")
def replay(reference: str) -> None:
    """Make decision REFERENCE once more from its own facts and bundle: is the answer the same?"""
    with open_client() as node:
        found = node.replay_decision(reference).raw
    lines = [
        words("cli.replay", "same" if found["same"] else "differs"),
        words("cli.replay", "permitted" if found["permitted"] else "refused"),
        *(f"{name}: {found[name]}" for name in _SHOWN),
    ]
    answer(found, "\n".join(lines))
