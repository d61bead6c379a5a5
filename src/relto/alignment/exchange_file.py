"""The exchange file of the alignment: relto's own JSON, written in pieces and read whole (schema `exchange.json`).

Promises: what is written is read in again as the same rows; a provision says how well it is known, in the record's own
members and in `standing`, and a gap says that no rule is loaded; nothing of a provision is ever read in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from relto.alignment.exchange_rows import COLUMNS, LISTS, Row
from relto.alignment.shared_record import DIVERGENCE, RELATION
from relto.base.canonical import read_json
from relto.base.errors import MalformedInput
from relto.base.instants import Instant, instant_text
from relto.base.json_schemas import JsonSchema
from relto.base.nations import Nation
from relto.rules.provisions import Provision

TYPE: Final = "alignment-exchange"
VERSION: Final = 1
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file that is read in."""
MEMBERS: Final[Mapping[str, str]] = {RELATION: "relations", DIVERGENCE: "divergences"}
CONFIRMED: Final = "confirmed"
UNCONFIRMED: Final = "unconfirmed"
NO_RULE_LOADED: Final = "no_rule_loaded"
_MOST_VALUES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class About:
    """Whose file it is, under which agreement and version, and when it was written."""

    nation: Nation
    agreement: str
    bundle_version: int
    at: Instant


def standing_of(provision: Provision, *, confirmed: bool) -> str:
    """How well a provision is known, in one word that no export leaves out."""
    return NO_RULE_LOADED if provision.is_gap else CONFIRMED if confirmed else UNCONFIRMED


def exchange_file(about: About, provisions: Iterable[Mapping[str, Any]], rows: Iterable[Row]) -> Iterator[bytes]:
    """The file in pieces. `provisions`: records with their `standing`; `rows`: in any order."""
    head = {
        "type": TYPE,
        "version": VERSION,
        "nation": str(about.nation),
        "agreement": about.agreement,
        "bundle_version": about.bundle_version,
        "written_at": instant_text(about.at),
    }
    yield _text(head)[:-1]
    kept: dict[str, list[Row]] = {kind: [] for kind in MEMBERS}
    for row in rows:
        kept[row.kind].append(row)
    yield from _members("provisions", provisions)
    for kind, name in MEMBERS.items():
        yield from _members(name, (_member(row) for row in kept[kind]))
    yield b"}\n"


def read_exchange_file(data: bytes) -> list[Row]:
    """The rows of a file. Raises MalformedInput or TooLarge naming the place that does not fit."""
    value = read_json(data, field="file", max_bytes=LARGEST, max_values=_MOST_VALUES)
    fault = _schema().fault(value)
    if fault is not None or not isinstance(value, dict):
        place = "/".join(str(part) for part in fault.path) if fault is not None else ""
        raise MalformedInput("schema", field=place or "file", expected=fault.keyword if fault is not None else "object")
    members: dict[str, Any] = value
    return [
        _row(kind, given, f"{name} {number}")
        for kind, name in MEMBERS.items()
        for number, given in enumerate(members[name], start=1)
    ]


def _row(kind: str, given: Mapping[str, Any], place: str) -> Row:
    values = {name: tuple(given.get(name, ())) if name in LISTS else str(given.get(name, "")) for name in COLUMNS[kind]}
    return Row(kind, values, place)


def _member(row: Row) -> dict[str, Any]:
    return {
        **{name: list(value) if isinstance(value, tuple) else value for name, value in row.values.items()},
        **row.told,
    }


def _members(name: str, values: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    yield b"," + _text(name) + b":["
    for number, value in enumerate(values):
        yield (b",\n" if number else b"\n") + _text(value)
    yield b"]"


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=isinstance(value, Mapping)).encode("utf-8", "replace")


@cache
def _schema() -> JsonSchema:
    file = resources.files("relto.alignment").joinpath("schemas", "exchange.json")
    return JsonSchema(json.loads(file.read_text("utf-8")))
