"""`relto custodians`: the keys of those who may recover, and the records of what they recovered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from relto.cli.files import read_file
from relto.cli.output import answer, table, words
from relto.cli.profile import open_client
from relto.cli.recover import told

_COLUMNS = ("recovered_at", "container", "custodians", "imported_at", "findings", "entry")


@click.group("custodians")
def custodians() -> None:
    """Those who may recover a document: their keys, and the records of what they did."""


@custodians.command("make-key")
@click.argument("key_file", type=click.Path(path_type=Path))
@click.option("--nation", required=True, help="ISO 3166-1 alpha-3 code, such as USA.")
@click.option("--number", required=True, type=click.IntRange(1, 8), help="Which of the nation's custodians: 1, 2, 3…")
def make_key(key_file: Path, nation: str, number: int) -> None:
    """Make KEY_FILE (secret, under a passphrase) and KEY_FILE.pub.json, which goes into the agreement."""
    from relto.base.nations import read_nation
    from relto.client.custodian_files import make_key_file, public_file

    owner = read_nation(nation)
    asked = told("passphrase", number=number, nation=owner)
    passphrase = click.prompt(asked, hide_input=True, confirmation_prompt=True, err=True)
    key = make_key_file(key_file, owner, number, passphrase)
    answer(
        {
            "custodian": f"{number}, {owner}",
            "kid": key.public.kid,
            "statement_key": key.public.statement_key.key_id,
            "public_file": str(public_file(key_file)),
        }
    )


@custodians.group("records")
def records() -> None:
    """Records of recoveries: each is overdue until the node of each nation concerned has it."""


@records.command("import")
@click.argument("record", type=click.Path(path_type=Path))
def import_record(record: Path) -> None:
    """Hand the RECORD of a recovery in at your node (release officer, registrar)."""
    data = read_file(record, "record")
    with open_client() as node:
        answer(node.import_recovery(data).raw)


@records.command("list")
def list_records() -> None:
    """The recoveries on record at your node, and what is missing of each custodian's."""
    with open_client() as node:
        found = node.recoveries().raw
    matters = [f"{words('custodians.matter', one['code'])}: {_place(one)}" for one in found["open_matters"]]
    shown = [_row(row) for row in found["records"]]
    listed = table([_COLUMNS, *([row[name] for name in _COLUMNS] for row in shown)]) if shown else ""
    answer(found, "\n".join(filter(None, [_who(found), listed or words("cli.empty", "recoveries"), *matters])))


def _who(book: Mapping[str, Any]) -> str:
    """Whether anybody may recover, and how many it takes."""
    if not book["custodians"]:
        return told("nobody")
    return told("quorum", quorum=book["quorum"], custodians=book["custodians"])


def _row(record: Mapping[str, Any]) -> dict[str, str]:
    parts = (f"{use['number']}, {use['nation']}: {use['use']}" for use in record["custodians"])
    findings = (words("custodians.finding", code) for code in record["findings"])
    return {**record, "custodians": "; ".join(parts), "findings": "; ".join(findings)}


def _place(matter: Mapping[str, Any]) -> str:
    uses = str(matter["use"]) if matter["use"] == matter["until"] else f"{matter['use']}-{matter['until']}"
    return f"{matter['number']}, {matter['nation']}: {uses}"
