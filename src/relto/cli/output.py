"""How commands answer: aligned text for people, JSON for programs, errors with their documented exit status."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from relto.adapters.words import error_sentence, sentence
from relto.base.errors import FaultsFound, ReltoError

_WITHOUT_PAGE = {"declared": "declared label"}  # what the caller declares stands on no page


def wants_json() -> bool:
    """True when the command was given --json."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().meta.get("relto.json"))


def language() -> str:
    """The language chosen with --language."""
    context = click.get_current_context(silent=True)
    return str(context.find_root().meta.get("relto.language", "en")) if context else "en"


def words(prefix: str, code: object) -> str:
    """The words of a code below a prefix, such as `state.case` and `asked`, in the chosen language."""
    return sentence(f"{prefix}.{code}", language())


def answer(value: Any, text: str | None = None) -> None:
    """Print the answer: as JSON when asked for, else `text`, or one `name: value` line for each member."""
    if wants_json():
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))
    elif text is not None:
        click.echo(text)
    elif isinstance(value, Mapping):
        click.echo("\n".join(f"{name}: {_plain(entry)}" for name, entry in value.items()))
    else:
        click.echo(_plain(value))


def answer_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> None:
    """Print a list: JSON, or an aligned table of the columns, or the sentence for an empty one."""
    if wants_json():
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2, sort_keys=True))
    elif rows:
        click.echo(table([columns, *[[_plain(row.get(name)) for name in columns] for row in rows]]))
    else:
        click.echo(empty)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows with their columns aligned; the first row is the heading."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns a text takes on a terminal; marks that combine take none."""
    return sum(0 if unicodedata.combining(letter) or unicodedata.category(letter) == "Mn" else 1 for letter in text)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def fail(error: ReltoError, *, as_json: bool, in_language: str) -> int:
    """Print an error to standard error, with the faults of a document that has some; returns the exit status."""
    faults = [dict(each) for each in error.faults] if isinstance(error, FaultsFound) else []
    if as_json:
        told = {**error.as_dict(), "message": error_sentence(error, in_language)}
        beside = {"faults": faults, "findings": [dict(each) for each in error.findings]}
        click.echo(json.dumps({**told, **{name: one for name, one in beside.items() if one}}, indent=2), err=True)
    else:
        click.echo(f"relto: {error_sentence(error, in_language)} [{error.full_code}]", err=True)
        for line in finding_lines(faults):
            click.echo(line, err=True)
        for line in told_lines(error.findings, in_language):
            click.echo(line, err=True)
    return error.exit_status


def finding_lines(findings: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each fault: place, what is wrong, rule, the text it is about, and what to do."""
    for found in findings:
        number = f" {found['number']}" if found["number"] else ""
        part = f"{found['part']}, " if found["part"] else ""
        place = f"page {found['page']}, {found['place']}{number}"
        if not found["page"]:
            place = _WITHOUT_PAGE.get(found["place"], found["place"])
        yield f"  {part}{place}: {found['message']} [{found['rule']}]"
        if found["text"]:
            yield f"      {found['text']}"
        yield f"      -> {found['fix']}"


def told_lines(findings: Iterable[Mapping[str, Any]], in_language: str) -> Iterator[str]:
    """Each finding of a dossier: where, what, how to mend it, and each provision with how well it is known."""
    for one in findings:
        mark = sentence("cli.dossier.stops" if one["stops"] else "cli.dossier.warns", in_language)
        place = f"{one['place']} ({one['path']}): " if one["path"] else ""
        yield f"  {mark}: {place}{one['sentence']} [{one['code']}]"
        if one["fix"]:
            yield f"      -> {one['fix']}"
        for rule in one["provisions"]:
            known = sentence("words.no_rule" if rule["is_gap"] else "cli.dossier.confirmed", in_language)
            if not rule["is_gap"] and not rule["confirmed"]:
                why = sentence(f"evidence.{rule['evidence']}", in_language)
                known = f"{sentence('words.unconfirmed', in_language)}: {why}"
            yield f"      {rule['nation']} {rule['id']}: {rule['citation'] or rule['title']} ({known})"
