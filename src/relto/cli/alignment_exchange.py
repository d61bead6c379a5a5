"""`relto align export` and `import`: the alignment as files."""

from __future__ import annotations

from pathlib import Path

import click

from relto.adapters.words import sentence
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, language, table
from relto.cli.profile import open_client

_FORM = click.option("--as", "form", default="json", type=click.Choice(["json", "xlsx", "oscal"]), show_default=True)


@click.command("export")
@_FORM
@click.option("--topic", default="", help="One topic of the rule book; all without it.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
def export(form: str, topic: str, output: Path) -> None:
    """Write both rule books and what each nation said last to a file."""
    with open_client() as node:
        data = node.export_alignment(form, topic=topic)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_FORM
@click.option("--apply", "applied", is_flag=True, help="Say the rows; without it nothing is changed.")
def import_file(file: Path, form: str, *, applied: bool) -> None:
    """What the rows of FILE would say, row by row; with --apply they are said (co-chair)."""
    data = read_file(file, "file")
    with open_client() as node:
        told = node.import_alignment(data, form, apply=applied).raw
    spoken = language()
    lines = [f"{sentence(f'import.outcome.{code}', spoken)}: {count}" for code, count in told["counts"].items()]
    rows = [
        [one["place"], sentence(f"import.outcome.{one['outcome']}", spoken), one["column"], _why(one["reason"])]
        for one in told["rows"]
    ]
    if rows:
        lines.append(table([["place", "outcome", "column", "reason"], *rows]))
    if told["said"]:
        lines.append(sentence("cli.told.import", spoken, count=len(told["said"])))
    elif not applied:
        lines.append(sentence("cli.told.dry_run", spoken))
    answer(told, "\n".join(lines))


@click.command("provisions")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "form", default="json", type=click.Choice(["json", "xlsx"]), show_default=True)
@click.option("--draft", required=True, type=click.Path(path_type=Path), help="An unsigned bundle file.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The draft to write.")
def provisions(file: Path, form: str, draft: Path, output: Path) -> None:
    """Put the provisions of FILE into a draft rule book; the one in force is never touched."""
    from relto.adapters.alignment_workbook import read_provision_cells
    from relto.alignment.provision_rows import provisions_of_cells, provisions_of_file, with_provisions

    data = read_file(file, "file")
    records = provisions_of_file(data) if form == "json" else provisions_of_cells(read_provision_cells(data))
    made = with_provisions(read_file(draft, "draft"), records)
    written = write_file(output, made, "output")
    answer({"file": str(written), "provisions": len(records)}, str(written))


def _why(code: str) -> str:
    return sentence(code, language()) if code else ""
