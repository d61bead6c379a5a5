"""`relto templates ...`: joint templates, version by version; documents under them, made, checked and printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from relto.adapters.words import sentence
from relto.base.canonical import canonical_bytes, read_object
from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, answer_rows, language, words
from relto.cli.profile import open_client

_LARGEST = 1024 * 1024
_FILE = click.argument("file", type=click.Path(path_type=Path))
_OUTPUT = click.option("--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
_MARKS = {"kept": "", "inserted": "+", "deleted": "-"}


@click.group("templates")
def templates() -> None:
    """Joint templates that both nations signed; documents under them stay valid under their version."""


@templates.command("list")
def list_templates() -> None:
    """The templates that you may use, or negotiate."""
    with open_client() as node:
        found = [dict(one.raw) for one in node.templates()]
    rows = [{**one, "title": _said(one["title"])} for one in found]
    answer_rows(rows, ("entry", "code", "title", "newest", "published", "proposed"), words("cli.empty", "templates"))


@templates.command("drafts")
def drafts() -> None:
    """Drafts that are shipped with relto: our own words, confirmed by nobody."""
    with open_client() as node:
        rows = [{**one.raw, "title": _said(one.raw["title"])} for one in node.template_drafts()]
    answer_rows(rows, ("code", "title", "paper", "basis"), words("cli.empty", "templates"))


@templates.command("show")
@click.argument("entry")
@click.option("--version", default="", help="Such as v3; the newest published, or the first draft, without it.")
def show(entry: str, version: str) -> None:
    """ENTRY with its versions, and the clauses of one."""
    with open_client() as node:
        found = node.template(entry).raw
    listed = [one for one in found["versions"] if version in {"", one["label"], one["digest"]}]
    lines = [f"{found['code']}: {_said(found['title'])}"]
    for one in found["versions"]:
        signed = ", ".join(one["signed"]) or words("template_page", "unsigned")
        lines.append(f"{one['label']} {words('template.state', one['state'])} {one['digest']} ({signed})")
    for number, clause in enumerate(listed[0]["content"]["clauses"] if listed else (), start=1):
        lines.append(f"{number}. {_said(clause['heading'])}: {_said(clause['text'])}")
        lines.append(f"    {', '.join(clause['provisions'])} ({words('evidence', clause['evidence'])})")
    answer(found, "\n".join(lines))


@templates.command("propose")
@click.option("--file", "file", type=click.Path(path_type=Path), default=None, help="A version as JSON.")
@click.option("--draft", default="", help="A draft that is shipped with relto, by its code.")
@click.option("--entry", default="", help="The template that gets this version; without it, a new one.")
def propose(file: Path | None, draft: str, entry: str) -> None:
    """Propose a version for your nation; it is published when both nations signed it (co-chair)."""
    if (file is None) == (not draft) or (draft and entry):
        raise MalformedInput("option", field="file", expected="a file, or --draft for a new template")
    with open_client() as node:
        if file is None:
            told = node.propose_draft(draft).raw
        else:
            content: dict[str, Any] = dict(_object(file))
            content.pop("number", None)
            given = {name: content.get(name, "") for name in ("code", "title", "paper", "basis")}
            lists = {name: content.get(name, []) for name in ("fields", "clauses")}
            told = node.propose_template(**given, **lists, entry=entry).raw
    answer(told, sentence("cli.told.alignment", language(), entry=told["entry"]))


@templates.command("compare")
@click.argument("entry")
@click.argument("older")
@click.argument("newer")
def compare(entry: str, older: str, newer: str) -> None:
    """What NEWER changed of OLDER (labels such as v3), clause by clause, in the words of your language."""
    with open_client() as node:
        found = node.compare_templates(entry, older, newer).raw
    lines = []
    for one in found["clauses"]:
        lines.append(f"{one['code']}: {words('template.word', one['word'])}")
        runs: list[dict[str, str]] = one["text"].get(language()) or next(iter(one["text"].values()), [])
        if one["word"] == "changed":
            lines.append("    " + "".join(_marked(run) for run in runs))
        lines += [f"    + {provision}" for provision in one["provisions_added"]]
        lines += [f"    - {provision}" for provision in one["provisions_removed"]]
    lines += [f"{{{one['code']}}}: {words('template.word', one['word'])}" for one in found["fields"]]
    answer(found, "\n".join(lines))


def _marked(run: dict[str, str]) -> str:
    mark = _MARKS[run["kind"]]
    return f"[{mark}{run['text']}]" if mark else run["text"]


@templates.command("make")
@click.argument("entry")
@click.option(
    "--value", "values", multiple=True, help="field=value; the fields stand in `relto templates show --json`."
)
@click.option("--version", default="", help="Such as v3; the newest published without it.")
@_OUTPUT
def make(entry: str, values: tuple[str, ...], version: str, output: Path) -> None:
    """Make a document under a published version of ENTRY and write it as signed data."""
    given = {}
    for one in values:
        name, sign, value = one.partition("=")
        if not sign:
            raise MalformedInput("option", field="value", expected="field=value")
        given[name] = value
    with open_client() as node:
        made = node.make_document(entry, given, version).raw
    written = write_file(output, canonical_bytes(made["document"]), "output")
    answer({**made, "file": str(written)}, f"{made['label']}: {written}")


@templates.command("check")
@_FILE
def check(file: Path) -> None:
    """Is FILE what the version that it names gives? A later version changes nothing of that."""
    with open_client() as node:
        found = node.validate_document(_object(file)).raw
    code = "valid" if found["valid"] else "not_valid"
    lines = [sentence(f"cli.template.{code}", language(), label=found["label"], newest=found["newest"])]
    lines += [f"{one['where']}: {words('template.difference', one['code'])}" for one in found["differences"]]
    answer(found, "\n".join(lines))
    if not found["valid"]:
        raise click.exceptions.Exit(1)


@templates.command("print")
@_FILE
@click.option("--language", "spoken", type=click.Choice(["en", "hi", "both"]), default="en", help="Of the sheet.")
@_OUTPUT
def print_document(file: Path, spoken: str, output: Path) -> None:
    """Write the document FILE as PDF, with itself inside."""
    with open_client() as node:
        data = node.template_paper(_object(file), language=spoken)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


def _object(file: Path) -> dict[str, Any]:
    return dict(read_object(read_file(file, "file"), field="file", max_bytes=_LARGEST))


def _said(texts: dict[str, str]) -> str:
    return texts.get(language()) or next(iter(texts.values()), json.dumps(texts))
