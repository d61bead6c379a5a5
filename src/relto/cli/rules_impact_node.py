"""`relto rules impact --on-node DRAFT`: what a draft would change on the own node's real holdings and people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, language, table, words
from relto.cli.profile import open_client
from relto.cli.rules_impact import COUNTS, csv_of, parquet_of

_TABLES = {
    "levels": ("by_level", ("level", "nation", "gained", "lost")),
    "programmes": ("by_programme", ("programme", "gained", "lost")),
    "people": ("people_rows", ("person", "gained", "lost")),
    "items": ("item_rows", ("item", "gained", "lost")),
}


def weigh_on_node(draft: Path, *, listed: int, folder: Path | None, parquet: bool) -> None:
    """Ask the node, tell the counts, `listed` rows of each list that it gives, and write what it answered."""
    if folder is not None and not folder.is_dir():
        raise MalformedInput("no_write", field="export", found=folder.name, expected="a folder that exists")
    data = read_file(draft, "draft")
    click.echo(words("impact.stage", "lists"), err=True)
    with open_client() as node:
        found: Mapping[str, Any] = node.weigh_draft(data).raw
    if folder is not None:
        _export(found, folder, parquet=parquet)
    answer({name: value for name, value in found.items() if name != "pictures"}, "\n".join(_lines(found, listed)))


def _lines(found: Mapping[str, Any], listed: int) -> list[str]:
    lines = [
        sentence(
            "impact.asked.node", language(), at=found["at"], old=found["version_in_force"],
            new=found["version_proposed"], people=found["people"], items=found["items"],
        ),
        *(f"  {words('impact', name)}: {found[name]:,}" for name in COUNTS),
        sentence("impact.cases", language(), **found["cases"]),
    ]  # fmt: skip
    for member, columns in _TABLES.values():
        rows = (found[member] or [])[: listed if member.endswith("_rows") else 40]
        if rows:
            heading = [words("impact.column", column) for column in columns]
            body = [
                [f"{row[one]:,}" if isinstance(row[one], int) else row[one] or "-" for one in columns] for row in rows
            ]
            lines += ["", table([heading, *body])]
    for case in (found["case_rows"] or [])[:listed]:
        changes = [*(f"- {rule}" for rule in case["stops"]), *(f"+ {rule}" for rule in case["frees"])]
        lines.append(f"{case['number']}  {' '.join(changes)}")
    said = "every_cell" if found["judged"]["complete"] else "some_cells"
    return [*lines, "", sentence(f"impact.judged.{said}", language(), **found["judged"])]


def _export(found: Mapping[str, Any], folder: Path, *, parquet: bool) -> None:
    for kind, (member, columns) in _TABLES.items():
        if found[member] is None:
            continue
        write_file(folder / f"impact-node-{kind}.csv", csv_of(found[member], columns), "export")
        if parquet:
            write_file(folder / f"impact-node-{kind}.parquet", parquet_of(found[member], columns), "export")
    for kind, picture in found["pictures"].items():
        write_file(folder / f"impact-node-{kind}.svg", str(picture).encode(), "export")
