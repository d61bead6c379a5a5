"""Copy a PostgreSQL database out for a backup, table by table, while its node runs.

Promises: every row is of one snapshot, that of one REPEATABLE READ transaction that cannot write (PostgreSQL 15,
13.2.2), ended as soon as the last row was read. The rows are read as the node's own processes read them, by the
role of `database` asking for the node: so the second wall (relto.store.row_security) hides none, and neither the
owner's password nor the server's programs are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from relto.base.errors import Conflict, Unreachable
from relto.node.copied_tables import TABLES, CopiedTable, CopiedTables
from relto.node.database_settings import read_place
from relto.node.django_shell import database
from relto.node.settings import NodeSettings
from relto.store.scopes import NODE, SETTING

if TYPE_CHECKING:
    import psycopg

_TOGETHER: Final = 256 * 1024
_FORMS: Final = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL client_encoding = 'UTF8'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
    f"SET LOCAL \"{SETTING}\" = '{NODE}'",
)
_COLUMNS: Final = """
    SELECT c.relname, a.attname,
        CASE WHEN a.attidentity <> '' OR a.atthasdef THEN pg_get_serial_sequence(c.oid::regclass::text, a.attname) END
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY c.relname, a.attnum
"""
_LAST: Final = (
    "SELECT coalesce(last_value, 0) FROM pg_sequences WHERE format('%%I.%%I', schemaname, sequencename)::regclass"
    " = %s::regclass"
)


@dataclass(slots=True)
class Snapshot:
    """The database as it was at one instant: `size` of its newest checkpoint, `payloads` that it speaks of."""

    size: int
    payloads: set[str]
    _connection: psycopg.Connection[Any]
    _migrations: tuple[tuple[str, str], ...]
    _columns: dict[str, list[tuple[str, str | None]]]

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """(path, chunks) of each file; each is read to its end before the next is asked for."""
        tables = []
        for name, columns in self._columns.items():
            rows: list[int] = []
            table = CopiedTable(name, tuple(column for column, _ in columns), 0, self._numbers(columns))
            yield table.path, self._copy(table, rows)
            tables.append(CopiedTable(name, table.columns, sum(rows), table.numbers))
        yield TABLES, iter([CopiedTables(self._migrations, tuple(tables)).as_bytes()])

    def _numbers(self, columns: list[tuple[str, str | None]]) -> dict[str, int]:
        found = {}
        for column, sequence in columns:
            row = self._connection.execute(_LAST, [sequence]).fetchone() if sequence else None
            if row is not None:
                found[column] = int(row[0])
        return found

    def _copy(self, table: CopiedTable, rows: list[int]) -> Iterator[bytes]:
        from psycopg import sql  # noqa: PLC0415  only where PostgreSQL is used

        columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)
        statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table.name), columns)
        with self._connection.cursor() as cursor:
            held = bytearray()
            with cursor.copy(statement) as copy:
                for row in copy:
                    held += row
                    if len(held) >= _TOGETHER:
                        yield bytes(held)
                        held.clear()
            yield bytes(held)
            rows.append(cursor.rowcount)


@contextmanager
def snapshot(settings: NodeSettings) -> Iterator[Snapshot]:
    """One state of the node's database, held within. Raises Unreachable("database"), Conflict("database_foreign")."""
    import psycopg  # noqa: PLC0415  only where PostgreSQL is used

    try:
        with (
            psycopg.connect(**connection_parameters(settings), autocommit=True) as connection,
            connection.transaction(),
        ):
            yield _taken(connection)
    except psycopg.Error as error:
        expected = "a database that gives all of its rows to the role of the node"
        raise Unreachable("database", field="database", found=type(error).__name__, expected=expected) from error


def _taken(connection: psycopg.Connection[Any]) -> Snapshot:
    from psycopg import sql  # noqa: PLC0415  only where PostgreSQL is used

    for statement in _FORMS:
        connection.execute(statement)
    columns: dict[str, list[tuple[str, str | None]]] = {}
    for table, column, sequence in connection.execute(_COLUMNS):
        columns.setdefault(str(table), []).append((str(column), sequence))
    if "django_migrations" not in columns or "store_checkpoint" not in columns:
        raise Conflict("database_foreign", field="database", expected="the tables of a node")
    migrations = tuple(
        (str(app), str(name)) for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY id")
    )
    prefixes = ("django_", *(f"{app}_" for app in {app for app, _ in migrations}))
    own = {name: found for name, found in columns.items() if name.startswith(prefixes)}
    row = connection.execute("SELECT coalesce(max(size), 0) FROM store_checkpoint").fetchone()
    size = int(row[0]) if row else 0
    spoken = [name for name, found in own.items() if name.startswith("store_") and ("payload_blob" in dict(found))]
    payloads = {
        str(name)
        for table in spoken
        for (name,) in connection.execute(
            sql.SQL("SELECT payload_blob FROM {} WHERE payload_blob <> ''").format(sql.Identifier(table))
        )
    }
    return Snapshot(size, payloads, connection, migrations, own)


def connection_parameters(settings: NodeSettings) -> dict[str, Any]:
    """How libpq reaches the node's database by its settings."""
    place, values = read_place(settings.database), database(settings)
    options = {name: value for name, value in values["OPTIONS"].items() if name != "options"}
    known = {"dbname": place.name, "host": place.host, "port": place.port, "user": place.role, **options}
    return {name: value for name, value in known.items() if value}
