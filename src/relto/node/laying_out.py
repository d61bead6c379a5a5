"""The tables of a node's database, made and brought up to date by the role that owns them.

Promises: only the owner changes the structure; the role that the node's processes work as is given rows to read and
write and nothing else. A database that already holds somebody's tables is refused, not added to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import OperationalError, connection

from relto.base.errors import Conflict, Unreachable
from relto.node.database_settings import read_place
from relto.node.settings import NodeSettings
from relto.store.row_security import allow


@contextmanager
def as_owner(settings: NodeSettings) -> Iterator[None]:
    """This process's connection is the owner's within; the embedded database has no other.

    The password file of `database` is the processes' own: the owner's is where libpq looks by itself (PGPASSFILE).
    """
    if not settings.database_owner:
        yield
        return
    working = {name: connection.settings_dict[name] for name in ("USER", "OPTIONS")}
    options = {name: value for name, value in working["OPTIONS"].items() if name != "passfile"}
    connection.close()
    connection.settings_dict.update(USER=settings.database_owner, OPTIONS=options)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(working)


def require_empty() -> None:
    """Raises Conflict("database_in_use") for a database with tables, Unreachable("database") for none at all."""
    try:
        tables = connection.introspection.table_names()
    except OperationalError as error:
        raise Unreachable("database", field="database", expected="a database that this role may connect to") from error
    if tables:
        raise Conflict("database_in_use", field="database", expected="an empty database")


def lay_out(settings: NodeSettings) -> None:
    """Make all tables, or bring them up to this release, and let the processes' role work with them."""
    with as_owner(settings):
        call_command("migrate", verbosity=0)
        if settings.database_owner:
            role = read_place(settings.database).role
            with connection.schema_editor() as editor:
                allow(editor, role)
