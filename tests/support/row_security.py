"""Tests on PostgreSQL with the second wall before them: the tables' owner lays them out, another role works with them.

A pytest plugin (`-p tests.support.row_security`). What tests do by themselves, they do for the node, as a node's
own processes do; what they ask of a door, the door asks for whoever signed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.db.backends.signals import connection_created

ROLE = "relto_application"
_lowered: list[bool] = []


def _lower(connection: Any, **_: Any) -> None:
    """Each connection works as the application's role once that exists."""
    if _lowered and connection.vendor == "postgresql":
        connection.connection.execute(f"SET ROLE {ROLE}")
        if not connection.connection.autocommit:
            connection.connection.commit()


def _for_the_node(**_: Any) -> None:
    from relto.store import scopes  # noqa: PLC0415  once Django is set up

    scopes._acting.set(scopes.NODE)


def lower_connections() -> None:
    """From now on every connection of this process is the application's."""
    from relto.store import row_security, scopes  # noqa: PLC0415  once Django is set up

    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [ROLE])
        if cursor.fetchone() == (0,):
            cursor.execute(f"CREATE ROLE {ROLE}")
    with connection.schema_editor() as editor:
        row_security.guard(editor)
        row_security.allow(editor, ROLE)
        editor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {ROLE}")  # for the tests' own cleaning
    scopes.begin_process(scopes.NOBODY)
    for signal in (request_started, request_finished):
        signal.disconnect(dispatch_uid="relto.scopes")
        signal.connect(_for_the_node, dispatch_uid="relto.scopes")
    connection_created.connect(_lower, dispatch_uid="relto.test-role")
    _lowered.append(True)
    connection.close()


@pytest.fixture(scope="session", autouse=True)
def _wall(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        lower_connections()
    yield
    with django_db_blocker.unblock():  # the database is its owner's to remove
        _lowered.clear()
        connection.close()


@pytest.fixture(autouse=True)
def _tests_act_for_the_node() -> Iterator[None]:
    from relto.store import scopes  # noqa: PLC0415  once Django is set up

    before = scopes._acting.set(scopes.NODE)
    yield
    scopes._acting.reset(before)
