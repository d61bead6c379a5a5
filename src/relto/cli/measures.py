"""`relto align measures` and `annual-report`: counts and days of the working group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.cli.files import write_file
from relto.cli.output import answer, language, table
from relto.cli.profile import open_client


@click.command("measures")
@click.option("--year", default=0, help="One year; the last twelve months without it.")
def measures(year: int) -> None:
    """How long the loop takes, what is open and how old, which rules refuse."""
    with open_client() as node:
        found = node.measures(year=year).raw
    spoken = language()
    spans = [
        [
            sentence(f"measures.span.{one['span']}", spoken),
            one["side"],
            *_shown(one, "ended", "median_days", "nine_of_ten_days"),
        ]
        for one in found["spans"]
    ]
    ages = [
        [sentence(f"measures.kind.{one['kind']}", spoken), *_shown({**one, **one["ages"]}, "open", *one["ages"])]
        for one in found["ageing"]
    ]
    decisions = found["decisions"]
    rules = [[one["rule"], *_shown(one, "refused")] for one in decisions["by_rule"]]
    lines = [
        table([["days", "side", "ended", "median", "9 of 10"], *spans]),
        table([["open", "count", *found["ageing"][0]["ages"]], *ages]),
        table([["rule", "refused"], ["-", *_shown(decisions, "refused")], *rules]),
    ]
    answer(found, "\n\n".join(lines))


@click.command("annual-report")
@click.option("--year", required=True, type=int)
@click.option("--language", "spoken", default="en", type=click.Choice(["en", "hi", "both"]))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The PDF to write.")
def annual_report(year: int, spoken: str, output: Path) -> None:
    """Write the annual report of the working group: numbers alone."""
    with open_client() as node:
        data = node.annual_report(year, language=spoken)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


def _shown(found: dict[str, Any], *names: str) -> list[str]:
    return ["-" if found[name] is None else str(found[name]) for name in names]


COMMANDS = (measures, annual_report)
