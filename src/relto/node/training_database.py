"""Databases for a training ground: one for each nation, on a PostgreSQL server that is named.

Promises: each nation has a database and a role of its own, neither of which meets the other's; the processes' role owns
nothing, so row-level security stands before it. A database of an earlier training ground is known by its comment and
replaced; any other of that name is refused.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

from relto.base.errors import Conflict, Misconfigured, Unreachable
from relto.base.nations import Nation
from relto.node.database_settings import read_place

_COMMENT = "relto training ground"
_MAINTENANCE = "postgres"  # the database that every server has, from which others are made
_PASSWORD_BYTES = 24
_CONNECTIONS = 250
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def make_database(given: str, nation: Nation, passfile: Path) -> tuple[str, str]:
    """Make the nation's database at `given`, whose role makes it and owns its tables: (database, database_owner).

    From postgresql://maker@host/relto come, for the USA, the database relto_usa and the role relto_usa. The role's
    password is written to `passfile`. Raises Misconfigured("database" or
    "database_connections"), Conflict("database_in_use"), Unreachable("database").
    """
    import psycopg  # noqa: PLC0415  only where PostgreSQL is used

    place = read_place(given)
    if not place.role or place.passfile or not _NAME.fullmatch(place.name):
        expected = (
            "postgresql://ROLE@HOST/NAME: a role that makes databases and roles, a name in lower case, no password file"
        )
        raise Misconfigured("database", field="database", expected=expected)
    name = f"{place.name}_{nation.lower()}"
    own = replace(place, name=name, role=name, passfile=str(passfile))
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    try:
        with psycopg.connect(replace(place, name=_MAINTENANCE).url(), autocommit=True) as maker:
            _make(maker, place.role, name, password)
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
        expected = "a server and a role that may make databases and roles"
        raise Unreachable("database", field="database", expected=expected) from error
    passfile.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    passfile.touch(mode=0o600)
    passfile.write_text(f"*:*:{name}:{name}:{password}\n", encoding="ascii")
    return own.url(), place.role


def _make(maker: Any, owner: str, name: str, password: str) -> None:
    from psycopg import sql  # noqa: PLC0415  likewise

    (room,) = maker.execute("SELECT current_setting('max_connections')::int").fetchone()
    if room < _CONNECTIONS:
        expected = f"a server with max_connections of {_CONNECTIONS} at least: each thread of both nodes has its own"
        raise Misconfigured("database_connections", field="database", found=room, expected=expected)
    found = maker.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    if found is not None and found[0] != _COMMENT:
        raise Conflict(
            "database_in_use", field="database", found=name, expected="no such database, or an earlier demo's"
        )
    known = maker.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    names = {"database": sql.Identifier(name), "owner": sql.Identifier(owner), "password": sql.Literal(password)}
    for statement in (
        "DROP DATABASE IF EXISTS {database}",
        "ALTER ROLE {database} PASSWORD {password}" if known else "CREATE ROLE {database} LOGIN PASSWORD {password}",
        "CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0",
        "REVOKE CONNECT ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {database} TO {database}",
        f"COMMENT ON DATABASE {{database}} IS '{_COMMENT}'",
    ):
        maker.execute(sql.SQL(statement).format(**names))
