"""Bring a stopped node's database to this release: `relto node upgrade`.

Promises: a node that runs, a database of a newer release and a node that the doctor finds unsound are refused, and
nothing is changed. A backup is made first. The embedded database is upgraded as a copy beside it, and takes its place
by one rename when all migrations were applied, nothing dangles and the ledger gives the very root that it gave before;
of PostgreSQL all of it is one transaction. So the node is as it was before, or upgraded; whoever was interrupted asks
again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from relto.adapters.durable_files import storage, sync_folder
from relto.base.errors import Conflict, NotVerified, Unreachable
from relto.ledger.tree import CompactRange, leaf_hash
from relto.node.backing_up import back_up
from relto.node.database_settings import read_place
from relto.node.django_shell import database
from relto.node.doctor.case import World
from relto.node.doctor.examination import examine
from relto.node.folder import NodeFolder
from relto.node.laying_out import as_owner
from relto.node.migrating import missing_migrations, unknown_migrations
from relto.node.settings import NodeSettings, read_settings
from relto.node.starts import nobody_serves
from relto.store.row_security import allow

_BESIDE: Final = "upgrading.sqlite3"
_MENDED: Final = frozenset({"database_unmigrated"})
"""What the upgrade itself mends."""
_OUTSIDE: Final = frozenset({"witness_unreachable", "port_taken", "quarantined", "bundle_expired", "clock_behind"})
"""What stops a node that serves and does not touch its database."""
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Entries with a place in the tree, those without, and the root that the leaves give, in hex."""

    size: int
    waiting: int
    root: str


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The migrations that were applied (or would be), in order; the ledger before and after; where the backup lies."""

    migrations: tuple[str, ...]
    ledger: LedgerState
    backup: str


def planned(root: Path) -> Upgraded:
    """What an upgrade would do; nothing is changed. Raises as `upgrade`."""
    settings = _sound(root)
    with nobody_serves(settings.folder.locks):
        own = connections[DEFAULT_DB_ALIAS]
        return Upgraded(tuple(missing_migrations(own)), ledger_state(own), "")


def upgrade(root: Path, backup: Path | None, tell: Callable[[str], None] = lambda _step: None) -> Upgraded:
    """Upgrade the stopped node in `root`; `backup`: the new folder for a backup, None where the server made its own.

    `tell` is given the code of each step. Raises Conflict("node_running", "database_newer", "node_unsound",
    "backup_needed", "folder_in_use"), NotVerified("upgrade"), Unreachable("storage", "database").
    """
    settings = _sound(root)
    own = connections[DEFAULT_DB_ALIAS]
    missing = tuple(missing_migrations(own))
    if not missing:
        return Upgraded((), ledger_state(own), "")
    if backup is None and not settings.database:
        raise Conflict("backup_needed", field="--backup-to", expected="a folder that does not exist yet")
    with nobody_serves(settings.folder.locks):
        if backup is not None:
            tell("backup")
            back_up(root, backup, at=datetime.now(UTC))
        tell("migrate")
        after = _in_one_transaction(settings) if settings.database else beside(settings)
    return Upgraded(missing, after, str(backup or ""))


def _sound(root: Path) -> NodeSettings:
    """The settings of a node that the doctor finds fit to be upgraded."""
    report = examine(root, World())
    for one in report.troubles:
        if one.code == "database_newer":
            raise Conflict("database_newer", field=one.thing, found=one.found, expected=one.expected)
        if one.stops and one.code not in _MENDED | _OUTSIDE and one.code != "door_silent":
            raise Conflict("node_unsound", field=one.thing, found=one.code, expected=one.expected)
    return read_settings(root)


def ledger_state(connection: BaseDatabaseWrapper) -> LedgerState:
    """The ledger as the database holds it: the tree is made anew from the leaves themselves."""
    tree = CompactRange()
    with connection.cursor() as cursor:
        cursor.execute('SELECT count(*) FROM store_ledgerentry WHERE "index" IS NULL')
        waiting = int(cursor.fetchone()[0])
        cursor.execute('SELECT leaf FROM store_ledgerentry WHERE "index" IS NOT NULL ORDER BY "index"')
        while rows := cursor.fetchmany(_AT_ONCE):
            for (leaf,) in rows:
                tree.append(leaf_hash(bytes(leaf)))
    return LedgerState(tree.size, waiting, tree.root().hex())


def _in_one_transaction(settings: NodeSettings) -> LedgerState:
    """Upgrade the tables of a PostgreSQL database as the role that owns them, all or nothing."""
    try:
        with as_owner(settings), transaction.atomic():
            own = connections[DEFAULT_DB_ALIAS]
            before = ledger_state(own)
            call_command("migrate", verbosity=0)
            if settings.database_owner:
                with own.schema_editor() as editor:
                    allow(editor, read_place(settings.database).role)
            return unchanged(before, own)
    except DatabaseError as error:
        raise Unreachable("database", field="database", found=type(error).__name__) from error


def beside(settings: NodeSettings) -> LedgerState:
    """Upgrade a copy of the embedded database and let it take the place of the old one. Raises as `upgrade`."""
    folder = settings.folder
    copy = folder.database.with_name(_BESIDE)
    try:
        with storage():
            _clear(copy)
            _copy(folder.database, copy)
        with _connected(settings, copy) as own:
            before = ledger_state(own)
            call_command("migrate", verbosity=0)
            after = unchanged(before, own)
        _require_whole(copy)
        with storage():
            _take_place(folder, copy)
    except (DatabaseError, sqlite3.Error) as error:
        raise Unreachable("database", field="database", found=type(error).__name__) from error
    finally:
        _clear(copy)
    return after


def unchanged(before: LedgerState, own: BaseDatabaseWrapper) -> LedgerState:
    """The ledger is what it was, and the database is of this release. Raises NotVerified("upgrade")."""
    after = ledger_state(own)
    if after != before:
        raise NotVerified("upgrade", field="ledger", found=after.root, expected=before.root)
    left = [*missing_migrations(own), *unknown_migrations(own)]
    if left:
        raise NotVerified("upgrade", field="database", found=left[0], expected="the migrations of this release")
    return after


def _copy(source: Path, copy: Path) -> None:
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.close(descriptor)
    with closing(sqlite3.connect(source, timeout=60)) as old, closing(sqlite3.connect(copy)) as new:
        old.execute("PRAGMA query_only=ON")
        try:
            old.backup(new)
        except sqlite3.OperationalError as error:  # a full disk
            raise OSError(str(error)) from error


@contextmanager
def _connected(settings: NodeSettings, copy: Path) -> Iterator[BaseDatabaseWrapper]:
    """This process's connection is to the copy meanwhile."""
    values = {**database(settings), "NAME": str(copy)}
    own = ConnectionHandler({DEFAULT_DB_ALIAS: values})[DEFAULT_DB_ALIAS]
    before = connections[DEFAULT_DB_ALIAS]
    before.close()
    connections[DEFAULT_DB_ALIAS] = own
    try:
        yield own
    finally:
        own.close()
        connections[DEFAULT_DB_ALIAS] = before


def _require_whole(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as own:
        own.execute("PRAGMA journal_mode=DELETE")  # one file; the node turns its log on again
        sound = own.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        if not sound or own.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise NotVerified("upgrade", field="database", expected="rows that refer to rows that are there")


def _take_place(folder: NodeFolder, copy: Path) -> None:
    """The old database's log is written into it and put away first: it must never be taken for the new one's."""
    with closing(sqlite3.connect(folder.database, timeout=60)) as old:
        if old.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",):
            raise Conflict("node_running", field="folder", expected="a node none of whose processes runs")
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    copy.replace(folder.database)
    sync_folder(folder.database.parent)


def _clear(copy: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        copy.with_name(copy.name + ending).unlink(missing_ok=True)
