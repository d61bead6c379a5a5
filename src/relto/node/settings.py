"""Typed settings of a node, read from node.toml and checked before any process starts.

A setting is refused by name: `misconfigured.<what>; field <setting>`. The checks of a live node are stricter than those
of a training node; `findings` lists all that is wrong at once, `require_sound` raises the first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from relto.adapters.pkcs11_uri import read_token_uri
from relto.base.errors import MalformedInput, Misconfigured
from relto.base.nations import Nation, read_nation
from relto.node.blob_settings import BlobSettings, read_blobs
from relto.node.database_settings import read_database, read_owner
from relto.node.folder import NodeFolder
from relto.node.process_settings import ProcessSettings, read_processes
from relto.node.reading_settings import ReadingSettings, read_reading_room
from relto.node.sign_in_settings import SignIn, read_sign_in
from relto.node.telemetry_settings import TelemetrySettings, read_telemetry

NodeKind = Literal["training", "live"]
PORTS = ("portal", "key_service", "relay", "inner", "link")
_KNOWN = {
    "nation",
    "host",
    "kind",
    "bind",
    "master_secret",
    "ports",
    "urls",
    "database",
    "blobs",
    "database_owner",
    "witnesses",
    "key_store",
    "dpop",
    "mail",
    "sign_in",
    "reading_room",
    "telemetry",
    "processes",
    "training_clock",
}
_WITNESS_MEMBERS = {"name", "url"}
_DPOP = ("skew_seconds", "nonce_required")
_MAIL = ("host", "port", "sender", "security", "user", "password_file", "authority_file")
_SKEWS = range(5, 3601)
_DEFAULT_SKEW = 60
_MAIL_PORT = 587  # submission (RFC 6409)
_HIGHEST_PORT = 65535
_URLS = ("portal", "key_service", "relay", "link")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")


def is_host(text: object) -> bool:
    """True for a host name in lower case (RFC 1123)."""
    return isinstance(text, str) and _HOST.match(text) is not None


def is_origin(text: object, *, schemes: Collection[str] = ("http", "https")) -> bool:
    """True for scheme://host or scheme://host:port and nothing more."""
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
        sound = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return sound and parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)


@dataclass(frozen=True, slots=True)
class Ports:
    """Listening ports of the node's processes."""

    portal: int
    key_service: int
    relay: int
    inner: int
    link: int


@dataclass(frozen=True, slots=True)
class Urls:
    """Origins under which the node's people (and, for the link, the partner) reach it."""

    portal: str
    key_service: str
    relay: str
    link: str


@dataclass(frozen=True, slots=True)
class Dpop:
    """How callers' proofs of their own keys are judged (RFC 9449): the seconds their clocks may be off, and nonces."""

    skew_seconds: int = _DEFAULT_SKEW
    nonce_required: bool = False


@dataclass(frozen=True, slots=True)
class Mail:
    """The server that notices are handed over to; an empty host: none, and nobody is told by mail.

    `security`: starttls, tls, or none on this machine only; `password_file` holds the user's password alone.
    """

    host: str = ""
    port: int = _MAIL_PORT
    sender: str = ""
    security: str = "starttls"
    user: str = ""
    password_file: str = ""
    authority_file: str = ""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Everything an operator decides about a node."""

    folder: NodeFolder
    nation: Nation
    host: str
    kind: NodeKind
    bind: str
    ports: Ports
    urls: Urls
    master_secret: str
    database: str = ""
    blobs: BlobSettings = field(default_factory=BlobSettings)
    database_owner: str = ""
    witnesses: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    key_store: str = ""
    dpop: Dpop = field(default_factory=Dpop)
    mail: Mail = field(default_factory=Mail)
    sign_in: SignIn = field(default_factory=SignIn)
    reading_room: ReadingSettings = field(default_factory=ReadingSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    processes: ProcessSettings = field(default_factory=ProcessSettings)
    training_clock: str = ""
    """A rehearsal's clock file; a relative path starts at the node's folder. A live node has none."""

    @property
    def training_clock_file(self) -> Path | None:
        """Where the rehearsal's clock lies; None: the machine's clock is followed."""
        return self.folder.root / self.training_clock if self.training_clock else None

    @property
    def ledger_origin(self) -> str:
        """The origin line of the node's log."""
        return f"{self.host}/ledger"


def read_settings(root: Path) -> NodeSettings:
    """The settings of the node in `root`. Raises Misconfigured naming the setting."""
    folder = NodeFolder(root.resolve())
    try:
        table = tomllib.loads(folder.settings_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(
            "no_node", field="folder", found=root.name, expected="a folder made by relto node init"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured("syntax", field="node.toml", expected="TOML") from error
    _known_only(table, _KNOWN, "")
    kind = _text(table, "kind")
    if kind not in ("training", "live"):
        raise Misconfigured("kind", field="kind", found=kind, expected="training or live")
    return NodeSettings(
        folder=folder,
        nation=_nation(table),
        host=_host(table),
        kind="live" if kind == "live" else "training",
        bind=_text(table, "bind"),
        ports=_ports(table),
        urls=_urls(table),
        master_secret=_text(table, "master_secret"),
        database=read_database(table),
        database_owner=read_owner(table),
        blobs=read_blobs(table.get("blobs", {})),
        witnesses=_witnesses(table),
        key_store=_key_store(table),
        dpop=_dpop(table),
        mail=_mail(table),
        sign_in=read_sign_in(table.get("sign_in", {})),
        reading_room=read_reading_room(table.get("reading_room", {})),
        telemetry=read_telemetry(table.get("telemetry", {})),
        processes=read_processes(table.get("processes", {})),
        training_clock=_optional_text(table, "training_clock", "the file of a rehearsal's clock, or leave it out"),
    )


def _known_only(table: dict[str, object], known: Collection[str], prefix: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise Misconfigured(
            "unknown_setting", field=f"{prefix}{unknown[0]}", expected="one of " + ", ".join(sorted(known))
        )


def _nation(table: dict[str, object]) -> Nation:
    try:
        return read_nation(table.get("nation"), field="nation")
    except MalformedInput as error:
        raise Misconfigured("nation", field="nation", expected=error.expected) from error


def _host(table: dict[str, object]) -> str:
    host = _text(table, "host")
    if not is_host(host):
        raise Misconfigured("host", field="host", expected="a host name, such as node.example")
    return host


def _mail(table: dict[str, object]) -> Mail:
    given = table.get("mail", {})
    if not isinstance(given, dict):
        raise Misconfigured("mail", field="mail", expected="a table with " + ", ".join(_MAIL))
    _known_only(given, _MAIL, "mail.")
    port = given.get("port", _MAIL_PORT)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= _HIGHEST_PORT:
        raise Misconfigured("mail", field="mail.port", found=str(port), expected=f"1 to {_HIGHEST_PORT}")
    texts = {name: value for name, value in given.items() if name != "port"}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise Misconfigured("mail", field=f"mail.{name}", expected="a text")
    return Mail(port=port, **texts)


def _dpop(table: dict[str, object]) -> Dpop:
    given = table.get("dpop", {})
    if not isinstance(given, dict):
        raise Misconfigured("dpop", field="dpop", expected="a table with " + ", ".join(_DPOP))
    _known_only(given, _DPOP, "dpop.")
    seconds, nonces = given.get("skew_seconds", _DEFAULT_SKEW), given.get("nonce_required", False)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds not in _SKEWS:
        expected = f"{_SKEWS.start} to {_SKEWS.stop - 1} seconds"
        raise Misconfigured("dpop", field="dpop.skew_seconds", found=str(seconds), expected=expected)
    if not isinstance(nonces, bool):
        raise Misconfigured("dpop", field="dpop.nonce_required", found=str(nonces), expected="true or false")
    return Dpop(seconds, nonces)


def _key_store(table: dict[str, object]) -> str:
    given = table.get("key_store", "")
    if not isinstance(given, str):
        raise Misconfigured("key_store", field="key_store", expected="a PKCS#11 URI, or leave it out for sealed files")
    if given:
        read_token_uri(given)
    return given


def _optional_text(table: dict[str, object], name: str, expected: str) -> str:
    given = table.get(name, "")
    if not isinstance(given, str):
        raise Misconfigured(name, field=name, expected=expected)
    return given


def _text(table: dict[str, object], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise Misconfigured("missing", field=name, expected="a text")
    return value


def _ports(table: dict[str, object]) -> Ports:
    given = table.get("ports")
    if not isinstance(given, dict):
        raise Misconfigured("missing", field="ports", expected="a table with " + ", ".join(PORTS))
    _known_only(given, PORTS, "ports.")
    values: dict[str, int] = {}
    for name in PORTS:
        port = given.get(name)
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port <= _HIGHEST_PORT:
            raise Misconfigured("port", field=f"ports.{name}", found=str(port), expected="1 to 65535")
        values[name] = port
    if len(set(values.values())) != len(values):
        raise Misconfigured("port_twice", field="ports", expected="five different ports")
    return Ports(**values)


def _urls(table: dict[str, object]) -> Urls:
    given = table.get("urls")
    if not isinstance(given, dict):
        raise Misconfigured("missing", field="urls", expected="a table with portal, key_service, relay, link")
    _known_only(given, _URLS, "urls.")
    values: dict[str, str] = {}
    for name in _URLS:
        url = given.get(name)
        if not is_origin(url):
            raise Misconfigured("url", field=f"urls.{name}", found=str(url), expected="scheme://host:port")
        values[name] = str(url).rstrip("/")
    return Urls(**values)


def _witnesses(table: dict[str, object]) -> tuple[tuple[str, str], ...]:
    given = table.get("witnesses", [])
    if not isinstance(given, list):
        raise Misconfigured("witnesses", field="witnesses", expected="a list of tables with name and url")
    found = []
    for position, witness in enumerate(given):
        if not isinstance(witness, dict) or set(witness) != _WITNESS_MEMBERS:
            raise Misconfigured("witnesses", field=f"witnesses[{position}]", expected="name and url")
        if not isinstance(witness["name"], str) or not is_origin(witness["url"]):
            raise Misconfigured("witnesses", field=f"witnesses[{position}].url", expected="scheme://host:port")
        found.append((witness["name"], str(witness["url"])))
    return tuple(found)
