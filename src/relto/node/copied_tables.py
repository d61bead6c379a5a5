"""What a backup holds of a PostgreSQL database: a file of each table, and what they are of, in `data/postgresql/`.

    tables.json    the migrations that the database had, and of each table its columns, its number of rows, and how far
                   its own numbers were given
    TABLE.copy     its rows, in the text format of COPY (PostgreSQL 15, "COPY", file formats), UTF-8

Text and not binary, and no archive of pg_dump: the rows can be read by any later server, beside a node without the
server's programs, and by `relto node verify` without a server. Nothing here says what a table is: the migrations do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relto.base.canonical import Json, canonical_bytes
from relto.base.errors import NotVerified
from relto.node.backup_format import damaged

PLACE: Final = "data/postgresql"
TABLES: Final = f"{PLACE}/tables.json"
FORM: Final = 1
_LARGEST: Final = 4 * 1024 * 1024
_LONGEST_ROW: Final = 512 * 1024 * 1024
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SIGNS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_NULL: Final = b"\\N"


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """One table: `numbers` says of a column that numbers its rows by itself the last number given."""

    name: str
    columns: tuple[str, ...]
    rows: int
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where its rows are in the node's folder."""
        return f"{PLACE}/{self.name}.copy"


@dataclass(frozen=True, slots=True)
class CopiedTables:
    """All of them, with the applied migrations as (app, name)."""

    migrations: tuple[tuple[str, str], ...]
    tables: tuple[CopiedTable, ...]

    def as_bytes(self) -> bytes:
        """As it is written."""
        tables: list[Json] = [
            {"name": one.name, "columns": [*one.columns], "rows": one.rows, "numbers": dict(one.numbers)}
            for one in self.tables
        ]
        migrations: list[Json] = [[app, name] for app, name in self.migrations]
        return canonical_bytes({"form": FORM, "migrations": migrations, "tables": tables})

    def table(self, name: str) -> CopiedTable:
        """The table of this name. Raises NotVerified("backup_damaged")."""
        for one in self.tables:
            if one.name == name:
                return one
        raise damaged(TABLES)


def read_tables(folder: Path) -> CopiedTables:
    """What `tables.json` below the folder says. Raises NotVerified("backup_damaged") for anything else."""
    try:
        with (folder / TABLES).open("rb") as file:
            data = file.read(_LARGEST + 1)
        found = json.loads(data) if len(data) <= _LARGEST else None
        if not isinstance(found, dict) or found["form"] != FORM:
            raise damaged(TABLES)
        migrations = tuple((_text(app), _text(name)) for app, name in found["migrations"])
        tables = tuple(_table(one) for one in found["tables"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(TABLES) from error
    if len({one.name for one in tables}) != len(tables):
        raise damaged(TABLES)
    return CopiedTables(migrations, tables)


def _table(given: dict[str, object]) -> CopiedTable:
    columns, numbers = given["columns"], given["numbers"]
    if not isinstance(columns, list) or not isinstance(numbers, dict):
        raise TypeError
    names = tuple(_name(one) for one in columns)
    if not names or len(set(names)) != len(names) or not set(numbers) <= set(names):
        raise ValueError
    return CopiedTable(
        _name(given["name"]), names, _number(given["rows"]), {name: _number(last) for name, last in numbers.items()}
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _name(value: object) -> str:
    if not _NAME.fullmatch(_text(value)):
        raise ValueError
    return str(value)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def copied_rows(folder: Path, table: CopiedTable, *columns: str) -> Iterator[tuple[str | None, ...]]:
    """These columns of each row, as PostgreSQL writes their values. Raises NotVerified("backup_damaged")."""
    try:
        places = [table.columns.index(name) for name in columns]
        with (folder / table.path).open("rb") as file:
            while line := file.readline(_LONGEST_ROW):
                cells = line.removesuffix(b"\n").split(b"\t")
                if len(cells) != len(table.columns) or not line.endswith(b"\n"):
                    raise damaged(table.path)
                yield tuple(_value(cells[place]) for place in places)
    except (OSError, ValueError) as error:
        raise damaged(table.path) from error


def _value(cell: bytes) -> str | None:
    if cell == _NULL:
        return None
    text = cell.decode("utf-8")
    return _ESCAPED.sub(lambda found: _SIGNS.get(found[1], found[1]), text) if "\\" in text else text


def octets(value: str | None) -> bytes:
    """What a bytea holds, written as PostgreSQL's hex. Raises NotVerified("backup_damaged")."""
    if value is None or not value.startswith("\\x"):
        raise _no_octets()
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise _no_octets() from error


def _no_octets() -> NotVerified:
    return damaged(PLACE)
