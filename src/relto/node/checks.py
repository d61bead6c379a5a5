"""Start-up checks: what a node refuses to run with, each named by its setting (design.md section 5; promise 1)."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from relto.adapters.http_addresses import is_loopback_name
from relto.adapters.pkcs11_sessions import pkcs11_library, read_pin
from relto.adapters.pkcs11_uri import read_token_uri
from relto.adapters.training_clock import TrainingClock
from relto.base.errors import Misconfigured, Unreachable
from relto.node.blob_settings import blob_findings
from relto.node.settings import PORTS, NodeSettings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def findings(settings: NodeSettings) -> list[Misconfigured]:
    """All that is wrong with the settings, in a fixed order; empty when the node may start."""
    found = list(_for_every_node(settings))
    if settings.kind == "live":
        found.extend(_for_a_live_node(settings))
    return found


def require_sound(settings: NodeSettings) -> None:
    """Raise the first finding, if any."""
    for finding in findings(settings):
        raise finding


def _for_every_node(settings: NodeSettings) -> Iterator[Misconfigured]:
    folder = settings.folder
    for place in (folder.root, folder.secrets):
        if place.exists() and place.stat().st_mode & _OTHERS:
            yield Misconfigured("open_folder", field=place.name, expected="mode 0700: no access for group and others")
    secret = master_secret_path(settings)
    if not secret.is_file():
        yield Misconfigured("master_secret", field="master_secret", expected="an existing file or systemd credential")
    elif secret.stat().st_mode & (stat.S_IRWXO if settings.master_secret.startswith("credential:") else _OTHERS):
        # systemd may hand a credential over with an access list, whose mask shows as group bits (sealed_keys.py).
        yield Misconfigured("open_master_secret", field="master_secret", expected="mode 0600")
    for code, place, what in (
        ("link_certificate", folder.link_certificate, "the node's link certificate"),
        ("link_certificate", folder.link_private_key, "the private key of the node's link certificate"),
        ("link_certificate", folder.link_authority, "the certificate of the own link authority"),
        ("party_record", folder.party_file, "the node's own party record"),
    ):
        if not place.is_file():
            yield Misconfigured(code, field=place.relative_to(folder.root).as_posix(), expected=what)
    yield from _processes(settings)
    yield from _training_clock(settings)
    yield from _token(settings)
    yield from blob_findings(settings.blobs, folder.root, settings.kind)


def _processes(settings: NodeSettings) -> Iterator[Misconfigured]:
    """Several of a kind only where what they do does not rest on the memory of one."""
    several = settings.processes
    for kind, expected, wrong in (
        ("worker", "1 with the embedded database; several share work on PostgreSQL", not settings.database),
        (
            "portal",
            "1 while the reading room is on: a document is open in one process",
            settings.reading_room.rules.levels,
        ),
        ("link", "1: a reconciliation under way is known to one process", True),
    ):
        count: int = getattr(several, kind)
        if count > 1 and wrong:
            yield Misconfigured("processes", field=f"processes.{kind}", found=count, expected=expected)


def _training_clock(settings: NodeSettings) -> Iterator[Misconfigured]:
    file = settings.training_clock_file
    if file is None or settings.kind == "live":
        return
    try:
        TrainingClock(file).ahead()
    except Unreachable as fault:
        yield Misconfigured("training_clock", field="training_clock", expected=fault.expected)


def _token(settings: NodeSettings) -> Iterator[Misconfigured]:
    if not settings.key_store:
        return
    uri = read_token_uri(settings.key_store)
    if not Path(uri.module).is_file():
        yield Misconfigured("key_store_module", field="key_store", expected="a PKCS#11 module that is there")
    for demand in (pkcs11_library, lambda: read_pin(uri.pin_source)):
        try:
            demand()
        except Misconfigured as problem:
            yield problem


def _for_a_live_node(settings: NodeSettings) -> Iterator[Misconfigured]:
    if settings.training_clock:
        yield Misconfigured(
            "training_clock", field="training_clock", expected="none: a live node follows its own clock"
        )
    for name in ("portal", "key_service", "relay", "link"):
        url = str(getattr(settings.urls, name))
        if not url.startswith("https://"):
            yield Misconfigured("plain_http", field=f"urls.{name}", expected="https on a live node")
        if _only_here(urlsplit(url).hostname or ""):
            yield Misconfigured("loopback", field=f"urls.{name}", expected="an address that the users' machines reach")
    if settings.folder.root.resolve() in master_secret_path(settings).resolve().parents:
        yield Misconfigured(
            "master_secret_place", field="master_secret", expected="outside the node's folder, or credential:NAME"
        )
    for position, (_, url) in enumerate(settings.witnesses):
        if not url.startswith("https://"):
            yield Misconfigured("plain_http", field=f"witnesses[{position}].url", expected="https on a live node")
    if not settings.witnesses:
        yield Misconfigured("no_witness", field="witnesses", expected="the own authority's witness")


def _only_here(host: str) -> bool:
    if is_loopback_name(host):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def require_free_ports(settings: NodeSettings) -> None:
    """Raise Misconfigured naming the first port that something listens on already."""
    for name in PORTS:
        port: int = getattr(settings.ports, name)
        if not is_free(settings.bind, port):
            raise Misconfigured("port_taken", field=f"ports.{name}", found=port, expected="a port that is free")


def is_free(host: str, port: int) -> bool:
    """True when this process could listen there."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True


def master_secret_path(settings: NodeSettings) -> Path:
    """The file of the master secret: a path (relative to the node's folder), or `credential:NAME` of systemd."""
    given = settings.master_secret
    if given.startswith("credential:"):
        return Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / given.removeprefix("credential:")
    return settings.folder.root / given
