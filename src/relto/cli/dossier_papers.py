"""`relto dossier paper, export, schema, import, take-over, verify`: dossiers as files, out, in, and checked offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from relto.base.errors import MalformedInput
from relto.cli.files import read_file, write_file
from relto.cli.output import answer, language, told_lines, words
from relto.cli.profile import open_client
from relto.client.dossier_files import node_key_of, verify_dossier_file
from relto.ledger.quorum import read_policy

_OUTPUT = click.option("--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
_BATCH = 200


@click.command("paper")
@click.argument("dossier")
@click.argument("paper")
@click.option("--language", "spoken", type=click.Choice(["en", "hi", "both"]), default="en", help="Of the sheet.")
@_OUTPUT
def paper(dossier: str, paper: str, spoken: str, output: Path) -> None:
    """Write PAPER of DOSSIER as PDF, with its data and proof inside."""
    with open_client() as node:
        data = node.dossier_paper(dossier, paper, language=spoken)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


@click.command("export")
@click.argument("dossier")
@_OUTPUT
def export(dossier: str, output: Path) -> None:
    """Write DOSSIER as signed data with the proof of each of its ledger entries."""
    with open_client() as node:
        data = node.export_dossier(dossier)
    written = write_file(output, data, "output")
    answer({"file": str(written), "bytes": len(data)}, str(written))


@click.command("schema")
@click.argument("procedure")
@click.option("--step", default="", help="The form of this step, instead of the main form.")
def schema(procedure: str, step: str) -> None:
    """The JSON Schema (draft 2020-12) of PROCEDURE's form."""
    with open_client() as node:
        found = dict(node.form_schema(procedure, step=step).json_schema)
    answer(found, json.dumps(found, ensure_ascii=False, indent=2))


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_form(file: Path) -> None:
    """Begin a dossier from FILE: JSON with "procedure" and "answers". Everything that is found is told."""
    value = _object(read_file(file, "file"))
    if not isinstance(value.get("procedure"), str) or not isinstance(value.get("answers"), dict):
        raise MalformedInput("form", field="file", found=file.name, expected='"procedure" and "answers"')
    with open_client() as node:
        made = node.import_dossier(value["procedure"], value["answers"]).raw
    begun = made["dossier"]
    lines = [f"{begun['number']}: {begun['state_words']}" if begun else words("cli.dossier", "not_begun")]
    answer(made, "\n".join([*lines, *told_lines(made["findings"], language())]))


@click.command("take-over")
@click.argument("file", type=click.Path(path_type=Path))
def take_over(file: Path) -> None:
    """Take over earlier records from FILE, JSON, one a line. What was taken over before is known and not doubled."""
    done: dict[str, Any] = {"numbers": [], "known": 0, "refused": []}
    with open_client() as node:
        for start, lines in _batches(file):
            part = node.take_over_records(b"\n".join(lines)).raw
            done["numbers"] += part["numbers"]
            done["known"] += part["known"]
            done["refused"] += [{**one, "line": one["line"] + start} for one in part["refused"]]
    told = [f"{one['line'] + 1}: {one['code']} {one['field']}".rstrip() for one in done["refused"]]
    counted = f"{words('cli.dossier', 'taken_over')}: {len(done['numbers'])} (+{done['known']})"
    answer(done, "\n".join([counted, *told]))


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--party", type=click.Path(path_type=Path), required=True, help="The nation's party record (node keys).")
@click.option("--trust", type=click.Path(path_type=Path), help="A tlog-policy file, to check the proofs too.")
def verify(file: Path, party: Path, trust: Path | None) -> None:
    """Verify FILE, an export, offline: signature, entries and, with --trust, the proof of each."""
    key = node_key_of(read_file(party, "party"))
    policy = None if trust is None else read_policy(read_file(trust, "trust"))
    found = verify_dossier_file(read_file(file, "file"), node_keys=[key], policy=policy)
    told = {"number": found.record["number"], "proven": list(found.proven), "unproven": list(found.unproven)}
    answer(told, f"{found.record['number']}: {len(found.proven)} / {len(found.proven) + len(found.unproven)}")


@click.command("calendar")
@click.option("--language", "spoken", type=click.Choice(["en", "hi"]), default="en", help="Of the entries.")
@click.option("--close", is_flag=True, help="End the address instead.")
def calendar(spoken: str, *, close: bool) -> None:
    """A new address of your calendar of due dates, for any calendar program; an earlier one ends."""
    with open_client() as node:
        if close:
            node.close_calendar_feed()
            answer({"url": None}, words("cli.dossier", "calendar_closed"))
            return
        made = node.open_calendar_feed(language=spoken)
    answer(made.raw, made.url)


@click.command("notices")
@click.option("--address", default="", help="Where to be told; without it, no longer.")
@click.option("--language", "spoken", type=click.Choice(["en", "hi"]), default="en", help="Of the notices.")
def notices(address: str, spoken: str) -> None:
    """Be told by mail that something waits: a number and the portal's address, nothing else."""
    with open_client() as node:
        told = node.begin_mail_notices(address, language=spoken) if address else node.end_mail_notices()
    answer(told.raw, words("cli.dossier", "told" if told.told else "not_told"))


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise MalformedInput("json", field="file", expected="a JSON object") from error
    return value if isinstance(value, dict) else {}


def _batches(file: Path) -> Iterator[tuple[int, list[bytes]]]:
    """(place of its first line, lines) of each batch; a file of any length is read line by line."""
    try:
        with file.open("rb") as source:
            batch: list[bytes] = []
            place = 0
            for line in source:
                if line.strip():
                    batch.append(line.strip())
                if len(batch) == _BATCH:
                    yield place, batch
                    place, batch = place + len(batch), []
            if batch:
                yield place, batch
    except OSError as error:
        raise MalformedInput("no_file", field="file", found=file.name, expected="a readable file") from error


COMMANDS = (paper, export, schema, import_form, take_over, verify, calendar, notices)
