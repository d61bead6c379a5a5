"""Where a node's database is: the setting `database`, read and checked; and who lays its tables out.

`postgresql://ROLE@HOST:PORT/NAME` as libpq writes it (PostgreSQL 15, 34.1.1.2), with `?host=/folder` for a socket and
`?passfile=/file` for the role's password; or, shorter, `postgresql:NAME@HOST`. A password is never a setting: libpq
finds it in the password file, or the server knows the role otherwise. `database_owner` names the role that owns the
tables; the role of `database` then owns nothing, and row-level security stands before it (relto.store.row_security).
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from relto.base.errors import Misconfigured

EXPECTED = "postgresql://ROLE@HOST/NAME or postgresql:NAME@HOST, or leave it out for SQLite"
_OWN_LINE = re.compile(r"\s*database(_owner)?\s*=")
_SHORT = re.compile(r"postgresql:([^@\s/]+)@([^@\s]+)")
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PARAMETERS = {"host", "passfile"}
_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A database on a PostgreSQL server. `host`: a name, an address or a socket's folder; empty texts: libpq's own."""

    name: str
    host: str = ""
    port: str = ""
    role: str = ""
    passfile: str = ""

    def url(self) -> str:
        """The same as a setting."""
        given = [(name, value) for name, value in (("host", self._folder), ("passfile", self.passfile)) if value]
        host = "" if self._folder else f"[{self.host}]" if ":" in self.host else self.host
        port, role = f":{self.port}" if self.port else "", f"{quote(self.role)}@" if self.role else ""
        query = "&".join(f"{name}={quote(value)}" for name, value in given)
        return f"postgresql://{role}{host}{port}/{quote(self.name)}{'?' if query else ''}{query}"

    def of(self, role: str, passfile: str = "") -> DatabasePlace:
        """The same database for another role."""
        return replace(self, role=role, passfile=passfile or self.passfile)

    @property
    def _folder(self) -> str:
        return self.host if self.host.startswith("/") else ""


def read_place(given: str) -> DatabasePlace:
    """What a setting says. Raises Misconfigured("database")."""
    short = _SHORT.fullmatch(given)
    if short is not None:
        return DatabasePlace(short[1], short[2])
    try:
        parts = urlsplit(given)
        port = parts.port
        more = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError as error:
        raise _refused() from error
    name, host = unquote(parts.path[1:]), more.get("host", "") or parts.hostname or ""
    if parts.password is not None:
        raise Misconfigured("database_password", field="database", expected="a password file (passfile), no password")
    if parts.scheme not in _SCHEMES or not name or "/" in name or not host or parts.fragment or set(more) - _PARAMETERS:
        raise _refused()
    if ("host" in more and (parts.hostname or not host.startswith("/"))) or any(sign.isspace() for sign in given):
        raise _refused()
    return DatabasePlace(name, host, str(port) if port else "", unquote(parts.username or ""), more.get("passfile", ""))


def read_database(table: dict[str, object]) -> str:
    """The setting `database` as it is given; empty for SQLite. Raises Misconfigured."""
    given = table.get("database", "")
    if not isinstance(given, str):
        raise _refused()
    if given:
        read_place(given)
    return given


def read_owner(table: dict[str, object]) -> str:
    """The setting `database_owner`: a role's name, or nothing. Raises Misconfigured("database_owner")."""
    given = table.get("database_owner", "")
    if not isinstance(given, str) or (given and not _ROLE.fullmatch(given)):
        raise Misconfigured("database_owner", field="database_owner", expected="a role of the server, in lower case")
    if given and not table.get("database"):
        raise Misconfigured("database_owner", field="database_owner", expected="none: SQLite has no roles")
    return given


def with_database(text: str, database: str, owner: str) -> str:
    """A node's settings with this database and owner in place of those that they name; nothing else is changed.

    Raises Misconfigured("database") when that cannot be done line by line.
    """
    head, table, rest = text.partition("\n[") if not text.startswith("[") else ("", "", text)
    kept = "".join(line for line in head.splitlines(keepends=True) if not _OWN_LINE.match(line))
    given = {"database": database, "database_owner": owner}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items() if value)
    made = f"{lines}{kept}{table}{rest}"
    try:
        found, before = tomllib.loads(made), tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused() from error
    wanted = {name: value for name, value in before.items() if name not in given}
    if found != {**wanted, **{name: value for name, value in given.items() if value}}:
        raise _refused()
    return made


def _refused() -> Misconfigured:
    return Misconfigured("database", field="database", expected=EXPECTED)
