"""A connection to a node's database that can only read, in the place of this process's own while it is looked at."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from relto.node.django_shell import base_settings, database, start_shell
from relto.node.settings import NodeSettings
from relto.store.scopes import NODE, begin_process
from relto.web.shell import portal_settings

_SECONDS = 5
_READ_ONLY = "-c default_transaction_read_only=on"


@contextmanager
def reading(settings: NodeSettings, *, serving: bool) -> Iterator[BaseDatabaseWrapper]:
    """Read the node's tables through the models meanwhile. `serving`: one of the node's processes lives.

    The connection is opened by whoever first uses it, and raises Django's OperationalError then.
    """
    if not django_settings.configured:
        begin_process(NODE)  # who operates the node sees the rows of every company
        # With the portal's applications: their tables are the node's too. Nothing is signed with this key.
        shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
        start_shell({**base_settings(settings, secrets.token_hex(32)), **shell, "ROOT_URLCONF": "relto.node.urls"})
    values = read_only(settings, serving=serving)
    own = ConnectionHandler({DEFAULT_DB_ALIAS: values})[DEFAULT_DB_ALIAS]
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = own
    try:
        yield own
    finally:
        connections[DEFAULT_DB_ALIAS] = before
        with suppress(Exception):  # a connection that broke has nothing to lose
            own.close()


def read_only(settings: NodeSettings, *, serving: bool) -> dict[str, Any]:
    """Django's entry for the node's database, opened so that nothing can be written."""
    values = database(settings)
    if settings.database:
        given = values.get("OPTIONS", {})
        options = f"{given.get('options', '')} {_READ_ONLY}".strip()
        more = {**given, "options": options, "connect_timeout": _SECONDS}
        return {**values, "CONN_MAX_AGE": 0, "OPTIONS": more}
    return {
        "ENGINE": values["ENGINE"],
        "NAME": sqlite_address(settings.folder.database, serving=serving),
        "OPTIONS": {"timeout": _SECONDS, "init_command": "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;"},
    }


def sqlite_address(place: Path, *, serving: bool) -> str:
    """The file as SQLite is told to open it for reading.

    Of a node that was stopped nobody writes, and all is in the one file: `immutable` then keeps SQLite from making the
    files of its log beside it.
    """
    log = place.with_name(f"{place.name}-wal")
    still = not serving and not (log.exists() and log.stat().st_size)
    return f"{place.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
