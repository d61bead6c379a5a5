"""`relto dossier statistics`: counts and days by quarter, none so small that it names a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from relto.cli.output import answer_rows, table, wants_json, words
from relto.cli.profile import open_client


@click.command("statistics")
@click.option("--procedure", default="", help="Of this procedure only.")
@click.option("--since", default="", metavar="2026-Q1", help="From this quarter on; a year back without it.")
def statistics(procedure: str, since: str) -> None:
    """How long each step takes and how much passes at once, by quarter, the newest first."""
    with open_client() as node:
        rows = [row.raw for row in node.dossier_statistics(procedure=procedure, since=since)]
    if wants_json() or not rows:
        answer_rows(rows, (), words("statistics_page", "empty"))
        return
    counts = [("quarter", "procedure", "opened", "sent", "passed first"), *map(_counts, rows)]
    days: list[tuple[str, ...]] = [("quarter", "procedure", "step", "side", "taken", "median", "9 of 10")]
    days += [_days(row, one) for row in rows for one in row["days"]]
    click.echo(f"{table(counts)}\n\n{table(days)}")


def _counts(row: Mapping[str, Any]) -> tuple[str, ...]:
    shown = (_shown(row[name], row["fewest"]) for name in ("opened", "sent", "passed_first"))
    return (row["quarter"], row["procedure"], *shown)


def _days(row: Mapping[str, Any], one: Mapping[str, Any]) -> tuple[str, ...]:
    taken = _shown(one["taken"], row["fewest"])
    lengths = ("" if one[name] is None else str(one[name]) for name in ("median", "nine_of_ten"))
    return (row["quarter"], row["procedure"], one["step"], one["side"], taken, *lengths)


def _shown(count: int | None, fewest: int) -> str:
    """A count; one that is hidden stands as what it may be."""
    return f"under {fewest}, or hidden" if count is None else str(count)
