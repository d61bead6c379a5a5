"""`relto decisions`: recorded decisions made once more, with the facts and the rules of their day (promise 9).

Or under a draft: what it would have changed in a period, been delayed or prevented.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.base.instants import read_instant
from relto.cli.files import read_file
from relto.cli.output import answer, language, words
from relto.cli.profile import open_client

_COUNTED = (
    "replayed", "differ", "refused", "permitted", "other_reasons", "delayed", "prevented", "no_bundle",
    "not_comparable",
)  # fmt: skip
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


@decisions.command("replay-period")
@click.option("--since", required=True, help="The first instant, such as 2026-11-22T00:00:00Z.")
@click.option("--until", required=True, help="The instant before which the period ends.")
@click.option("--draft", type=click.Path(path_type=Path), help="Under this bundle or draft, not the rules of the day.")
@click.option("--cursor", default="", help="Go on where an earlier answer ended.")
def replay_period(since: str, until: str, draft: Path | None, cursor: str) -> None:
    """Make all decisions of a period once more; --json names those that come out otherwise, for those allowed."""
    start, end = read_instant(since, field="since"), read_instant(until, field="until")
    data = None if draft is None else read_file(draft, "draft")
    sums: Counter[str] = Counter()
    changed: list[Any] = []
    parts = 0
    with open_client() as node:
        while parts == 0 or cursor:
            if data is None:
                found = node.replay_period(start, end, cursor)
            else:
                found = node.replay_under_draft(data, start, end, cursor)
            parts, cursor = parts + 1, found.cursor
            sums.update({name: found.raw[name] for name in _COUNTED})
            changed += found.raw["changed"] or []
            if cursor:
                click.echo(f"{sums['replayed']:,}  --cursor {cursor}", err=True)
    said = [sentence(f"cli.period.{'day' if data is None else 'proposal'}", language(), **sums)]
    missed = [name for name in ("no_bundle", "not_comparable") if sums[name]]
    said += [sentence(f"cli.period.{name}", language(), **sums) for name in missed]
    for one in changed:
        rules = [*(f"- {rule}" for rule in one["stops"]), *(f"+ {rule}" for rule in one["frees"])]
        said.append("  ".join([one["reference"], one["action"], one["change"], one["effect"], *rules]))
    answer({**{name: sums[name] for name in _COUNTED}, "changed": changed}, "\n".join(said))
