"""Fill an empty PostgreSQL database from a backup: the tables as they were, their rows, then this release's migrations.

Promises: a database that holds anybody's tables is refused. All of it is one transaction of the owner: the tables are
made by the migrations that the backup names, take its rows, every reference is looked at, the numbering goes on where
it was, newer migrations follow, and the leaves give the root that they gave before. Else the database is as empty as it
was. The role of the node's processes is given the rows, not the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.management import call_command
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from relto.base.errors import Conflict, Unreachable
from relto.node.backup_format import CHUNK, damaged
from relto.node.copied_tables import TABLES, CopiedTable, CopiedTables, read_tables
from relto.node.database_settings import read_place
from relto.node.laying_out import as_owner, require_empty
from relto.node.migrating import missing_migrations
from relto.node.settings import NodeSettings
from relto.node.upgrading import ledger_state, unchanged
from relto.store.row_security import allow

_FORMS: Final = ("SET LOCAL client_encoding = 'UTF8'", "SET LOCAL DateStyle = 'ISO, YMD'", "SET LOCAL TimeZone = 'UTC'")


@contextmanager
def filled(settings: NodeSettings, folder: Path) -> Iterator[None]:
    """The database that the settings name, filled from the files below `folder`; what is done within belongs to it.

    Raises Conflict("database_in_use", "database_newer"), NotVerified("backup_damaged", "upgrade"),
    Unreachable("database").
    """
    copied = read_tables(folder)
    try:
        with as_owner(settings):
            require_empty()
            with transaction.atomic():
                for form in _FORMS:
                    _run(form)
                _lay_out(copied)
                _take_rows(copied, folder)
                before = ledger_state(connection)
                if missing_migrations(connection):
                    call_command("migrate", verbosity=0)
                unchanged(before, connection)
                if settings.database_owner:
                    with connection.schema_editor() as editor:
                        allow(editor, read_place(settings.database).role)
                yield
    except (DataError, IntegrityError) as error:  # the files are those of the list, and the rows do not fit together
        raise damaged(TABLES) from error
    except DatabaseError as error:
        expected = "an empty database whose owner takes the tables and rows of the backup"
        raise Unreachable("database", field="database", found=type(error).__name__, expected=expected) from error


def _run(statement: object, *values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def _lay_out(copied: CopiedTables) -> None:
    """The tables by the migrations that the backup names. Raises Conflict("database_newer")."""
    executor = MigrationExecutor(connection)
    nodes = executor.loader.graph.nodes
    whole = {old: key for key, one in executor.loader.disk_migrations.items() if key in nodes for old in one.replaces}
    ours = executor.loader.migrated_apps
    targets = {}
    for app, name in copied.migrations:
        if app not in ours:
            continue
        target = (app, name) if (app, name) in nodes else whole.get((app, name))
        if target is None:
            raise Conflict("database_newer", field="database", found=f"{app}.{name}", expected="a release that has it")
        targets[target] = app
    # An application's last ones alone: to name an earlier one after it would mean to go back to it.
    graph = executor.loader.graph
    last = [
        one
        for one, app in targets.items()
        if not any(child.key in targets for child in graph.node_map[one].children if child.key[0] == app)
    ]
    executor.migrate(last)


def _take_rows(copied: CopiedTables, folder: Path) -> None:
    from psycopg import sql  # noqa: PLC0415  only where PostgreSQL is used

    with connection.cursor() as cursor:
        there = {info.name for info in connection.introspection.get_table_list(cursor)}
    if {one.name for one in copied.tables} != there:
        raise damaged(TABLES)
    _run("SET CONSTRAINTS ALL IMMEDIATE")
    _run(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(sql.Identifier(one.name) for one in copied.tables)))
    _run("SET CONSTRAINTS ALL DEFERRED")
    for table in copied.tables:
        _copy(table, folder)
    _run("SET CONSTRAINTS ALL IMMEDIATE")  # rows that lead nowhere end it here
    _run("SET CONSTRAINTS ALL DEFERRED")


def _copy(table: CopiedTable, folder: Path) -> None:
    from psycopg import sql  # noqa: PLC0415  only where PostgreSQL is used

    names = sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)
    own = sql.Identifier(table.name)
    with connection.cursor() as cursor:
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(own, names)
        with (folder / table.path).open("rb") as file, cursor.copy(statement) as copy:
            while chunk := file.read(CHUNK):
                copy.write(chunk)
        if cursor.rowcount != table.rows:
            raise damaged(table.path)
    for column, last in table.numbers.items():
        (newest,) = _run(sql.SQL("SELECT coalesce(max({}), 0) FROM {}").format(sql.Identifier(column), own))[0]
        if newest or last:
            _run("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", table.name, column, max(newest, last))
