"""`relto rules impact` and `relto rules generate`: what a draft would change for everybody, on holdings in a file."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from relto.adapters.words import sentence
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import instant_text, read_instant
from relto.cli.files import check_place, read_file, write_file, writing
from relto.cli.output import answer, language, table, words

if TYPE_CHECKING:
    from relto.rules.impact.answer import Impact

COUNTS = (
    "permitted_before", "permitted_after", "pairs_gained", "pairs_lost", "people_gaining", "people_losing",
    "items_gaining", "items_losing",
)  # fmt: skip


@click.command("impact")
@click.argument("old", type=click.Path(path_type=Path), required=False)
@click.argument("new", type=click.Path(path_type=Path), required=False)
@click.option("--on-node", "on_node", type=click.Path(path_type=Path), help="Weigh this draft on what your node holds.")
@click.option("--holdings", type=click.Path(path_type=Path), help="Columns (NPZ) or lines of JSON.")
@click.option("--action", type=click.Choice(["open", "release"]), default="open", show_default=True)
@click.option("--channel", default="link", show_default=True, help="The channel of a release.")
@click.option("--at", "moment", help="The instant asked about, such as 2026-11-22T14:00:00Z; now when left out.")
@click.option("--changed", multiple=True, type=click.Path(path_type=Path), help="A further draft; only what differs.")
@click.option("--list", "listed", type=click.IntRange(0, 10_000), default=0, help="Name so many pairs of each kind.")
@click.option("--export", "folder", type=click.Path(path_type=Path), help="A folder for tables (CSV) and pictures.")
@click.option("--parquet", is_flag=True, help="Write the exported tables as Parquet too (needs pyarrow).")
@click.option("--cells", type=click.IntRange(0, 1_000_000), default=1000, show_default=True, help="Cells for Cedar.")
def impact_of_draft(  # noqa: PLR0913, PLR0917  click calls by name
    old: Path | None,
    new: Path | None,
    on_node: Path | None,
    holdings: Path | None,
    action: str,
    channel: str,
    moment: str | None,
    changed: tuple[Path, ...],
    listed: int,
    folder: Path | None,
    parquet: bool,  # noqa: FBT001  click passes flags by position
    cells: int,
) -> None:
    """Weigh NEW against OLD: who gains and who loses which items, as counts; with --list and --export by name.

    Both are bundle files, signed or not. Cedar judges what is counted; the last line says how much it was asked.
    With --on-node DRAFT and nothing else, your node weighs it on its own holdings, people and open cases.
    """
    if on_node is not None:
        from relto.cli.rules_impact_node import weigh_on_node

        weigh_on_node(on_node, listed=listed, folder=folder, parquet=parquet)
        return
    if old is None or new is None or holdings is None:
        raise MalformedInput("usage", field="holdings", expected="OLD, NEW and --holdings, or --on-node DRAFT")
    from relto.rules.bundle import read_rules
    from relto.rules.impact.asking import impacts
    from relto.rules.impact.reading import read_holdings

    at = datetime.now(UTC).replace(microsecond=0) if moment is None else read_instant(moment, field="at")
    if folder is not None and not folder.is_dir():
        raise MalformedInput("no_write", field="export", found=folder.name, expected="a folder that exists")
    before = read_rules(read_file(old, "old"))
    drafts = [read_rules(read_file(draft, "new")) for draft in (new, *changed)]
    approved = {code for rules in (before, *drafts) for code in rules.limits.codes("approved_channels")}
    if action == "release" and channel not in approved:
        raise UnknownValue("channel", field="channel", found=channel, expected=" or ".join(sorted(approved)))
    try:
        with holdings.open("rb") as stream:
            held = read_holdings(stream)
    except OSError as error:
        raise MalformedInput("no_file", field="holdings", found=holdings.name, expected="a readable file") from error
    found = impacts(
        held, before, drafts, action, at, channel=channel, examples=listed, cells=cells, progress=_progress()
    )
    told, lines = [], []
    for number, impact in enumerate(found):
        told.append({**impact.as_dict(), **({"pairs": list(impact.pair_rows(listed))} if listed else {})})
        lines += _lines(told[-1])
        if folder is not None:
            _export(impact, folder, f"impact-{number + 1}", parquet=parquet)
    answer(told[0] if len(told) == 1 else told, "\n".join(lines))


@click.command("generate")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--people", type=click.IntRange(0), required=True)
@click.option("--items", type=click.IntRange(0), required=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--at", "moment", help="The instant around which periods lie; now when left out.")
@click.option("--bundle", type=click.Path(path_type=Path), help="Its programmes and facilities come first.")
def generate_holdings(  # noqa: PLR0917  click calls by name
    target: Path, people: int, items: int, seed: int, moment: str | None, bundle: Path | None
) -> None:
    """Write synthetic holdings of any size to TARGET: no person and no item in them exists."""
    from relto.rules.bundle import read_rules
    from relto.rules.impact.reading import write_holdings
    from relto.rules.impact.synthetic import synthetic_holdings

    at = datetime.now(UTC).replace(microsecond=0) if moment is None else read_instant(moment, field="at")
    programmes = {} if bundle is None else read_rules(read_file(bundle, "bundle")).programmes
    facilities = dict(sorted(pair for one in programmes.values() for pair in one.facilities.items()))
    made = synthetic_holdings(
        people, items, seed, at, facilities=list(facilities.items()), programmes=sorted(programmes)
    )
    with writing(check_place(target, "target"), "target"), target.open("wb") as stream:
        write_holdings(made, stream)
    answer({"file": str(target), "people": people, "items": items, "seed": seed, "at": instant_text(at)})


def _progress() -> Callable[[str, int, int], None]:
    """To standard error, on one line where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda _stage, _done, _of: None

    def told(stage: str, done: int, of: int) -> None:
        click.echo(f"\r\x1b[K{words('impact.stage', stage)} {100 * done // max(of, 1)} %", err=True, nl=stage == "done")

    return told


def _lines(told: Mapping[str, Any]) -> list[str]:
    judged = told["judged_by_cedar"]
    lines = [
        sentence(
            f"impact.asked.{told['action']}", language(), at=told["at"], old=told["versions"][0],
            new=told["versions"][1], people=told["people"], items=told["items"],
        ),
        *(f"  {words('impact', name)}: {told[name]:,}" for name in COUNTS),
    ]  # fmt: skip
    for name, columns in (("by_level_and_nation", ("level", "nation")), ("by_programme", ("programme",))):
        rows = told[name][:40]
        if rows:
            heading = [*(words("impact.column", column) for column in (*columns, "gained", "lost"))]
            lines += [
                "",
                table(
                    [
                        heading,
                        *[
                            [
                                f"{row[one]:,}" if isinstance(row[one], int) else row[one] or "-"
                                for one in (*columns, "gained", "lost")
                            ]
                            for row in rows
                        ],
                    ]
                ),
            ]
    if told.get("pairs"):
        heading = [words("impact.column", column) for column in ("change", "person", "item")]
        body = [[words("impact.column", row["change"]), row["person"], row["item"]] for row in told["pairs"]]
        lines += ["", table([heading, *body])]
    said = "every_cell" if judged["every_affected_cell_asked"] else "some_cells"
    return [*lines, "", sentence(f"impact.judged.{said}", language(), **judged)]


def _export(impact: Impact, folder: Path, name: str, *, parquet: bool) -> None:
    from relto.rules.impact.pictures import bars, matrix

    levels, programmes = impact.by_level(), impact.by_programme()
    tables = {
        "levels": (levels, ("level", "nation", "gained", "lost")),
        "programmes": (programmes, ("programme", "gained", "lost")),
        "people": (impact.people_rows(), ("person", "gained", "lost")),
        "items": (impact.item_rows(), ("item", "gained", "lost")),
    }
    for kind, (rows, columns) in tables.items():
        write_file(folder / f"{name}-{kind}.csv", csv_of(rows, columns), "export")
        if parquet:
            write_file(folder / f"{name}-{kind}.parquet", parquet_of(rows, columns), "export")
    both = words("impact.column", "gained"), words("impact.column", "lost")
    most = sorted(programmes, key=lambda row: -(row["gained"] + row["lost"]))[:40]
    pictures = {
        "levels": matrix(words("impact.picture", "levels"), levels, both),
        "programmes": bars(words("impact.picture", "programmes"), most, "programme", both),
    }
    for kind, picture in pictures.items():
        write_file(folder / f"{name}-{kind}.svg", picture.encode(), "export")


def csv_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        texts = [row[name] for name in columns]
        writer.writerow([f"'{one}" if isinstance(one, str) and one[:1] in "=+-@\t\r" and one else one for one in texts])
    return out.getvalue().encode()


def parquet_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """The same as Parquet. Raises MalformedInput without pyarrow."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError as error:
        raise MalformedInput("parquet", field="parquet", expected="relto[parquet] installed") from error
    out = io.BytesIO()
    parquet.write_table(pa.table({name: [row[name] for row in rows] for name in columns}), out)
    return out.getvalue()
