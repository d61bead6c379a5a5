"""Provisions out of an exchange file into a draft rule book: never into the one in force.

Promises: the draft is a bundle file that nobody has signed; its provisions are the records of the file, checked as
those of any bundle are, and nothing else of the draft changes; `standing`, which an export adds, is left out again, so
that nothing becomes confirmed by a word in a file: `confirmed` holds only for what the record's own evidence allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from relto.alignment.exchange_file import LARGEST
from relto.base.canonical import canonical_bytes, read_json, read_object
from relto.base.errors import Conflict, MalformedInput
from relto.rules.manifest import read_proposed, unsigned_file
from relto.rules.provisions import read_provisions
from relto.rules.shapes import check_shape, read_shape

MEMBER: Final = "provisions.json"
STANDING: Final = "standing"
JSON_COLUMNS: Final = ("parameters", "related")
"""Columns of a workbook that hold JSON, because a cell holds one text."""
_OF_THE_STATEMENT: Final = frozenset({"type", "version", "files"})
_NEVER_NULL: Final = frozenset({"id", "nation", "topic", "title", "evidence", "basis"})
_NULL_WHERE_EMPTY: Final = frozenset({"requirement", "citation", "source"})


def provisions_of_file(data: bytes) -> list[dict[str, Any]]:
    """The records of an exchange file (JSON). Raises MalformedInput or TooLarge."""
    held = read_object(data, field="file", max_bytes=LARGEST).get("provisions")
    if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
        raise MalformedInput("schema", field="provisions", expected="a list of records")
    return [{name: value for name, value in one.items() if name != STANDING} for one in held if isinstance(one, dict)]


def provisions_of_cells(rows: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The records of a workbook's rows, column -> text. Raises MalformedInput for a cell that cannot be read."""
    return [_record(row, number) for number, row in enumerate(rows, start=2)]


def with_provisions(draft: bytes, records: Iterable[Mapping[str, Any]]) -> bytes:
    """The draft with these records in place of its own. Raises Conflict("alignment.signed_bundle") for a signed file.

    A record that says what the draft's own says stays byte for byte, so that nothing read of it is of an older text.
    Raises MalformedInput naming what does not fit, as any bundle with them would be refused.
    """
    body, files = read_proposed(draft)
    if "proposal" not in read_object(draft, field="bundle", max_bytes=LARGEST):
        raise Conflict("alignment.signed_bundle", field="bundle", expected="a draft that nobody has signed")
    before = {_said(one): one for one in read_shape(files[MEMBER], "provisions", field=MEMBER)["provisions"]}
    held = [before.get(_said(one), dict(one)) for one in records]
    member = {"type": "provisions", "version": 1, "provisions": held}
    check_shape(member, "provisions", field=MEMBER)
    read_provisions(held)
    text = canonical_bytes(member).decode("utf-8")
    stated = {name: value for name, value in body.items() if name not in _OF_THE_STATEMENT}
    return unsigned_file({**files, MEMBER: text}, stated)


def _said(record: Mapping[str, Any]) -> bytes:
    """What a record says: a member that is empty says nothing, so a cell that was left out changes no text."""
    return canonical_bytes({name: value for name, value in record.items() if value not in (None, "", [])})


def _record(row: Mapping[str, str], number: int) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, text in row.items():
        if name == STANDING or (not text and name not in _NULL_WHERE_EMPTY | _NEVER_NULL | {"parameters"}):
            continue
        if name in JSON_COLUMNS:
            record[name] = read_json(text or "{}", field=f"Provisions {name} {number}")
        elif name == "confirmed":
            if text not in {"yes", "no"}:
                raise MalformedInput("workbook.word", field=f"Provisions {name} {number}", expected="yes or no")
            record[name] = text == "yes"
        else:
            record[name] = text if text or name in _NEVER_NULL else None
    return record
