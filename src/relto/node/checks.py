"""Start-up checks: what a node refuses to run with, each named by its setting (design.md section 5; promise 1)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from relto.base.errors import Misconfigured
from relto.node.settings import NodeSettings

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
    elif secret.stat().st_mode & _OTHERS:
        yield Misconfigured("open_master_secret", field="master_secret", expected="mode 0600")
    if not folder.link_certificate.is_file():
        yield Misconfigured("link_certificate", field="link/node.crt", expected="the node's link certificate")


def _for_a_live_node(settings: NodeSettings) -> Iterator[Misconfigured]:
    for name in ("portal", "key_service", "relay", "link"):
        url = str(getattr(settings.urls, name))
        if not url.startswith("https://"):
            yield Misconfigured("plain_http", field=f"urls.{name}", expected="https on a live node")
        if ".localhost" in url or "127.0.0.1" in url:
            yield Misconfigured("loopback", field=f"urls.{name}", expected="an address that the users' machines reach")
    if settings.folder.root in master_secret_path(settings).parents:
        yield Misconfigured(
            "master_secret_place", field="master_secret", expected="outside the node's folder, or credential:NAME"
        )
    if not settings.witnesses:
        yield Misconfigured("no_witness", field="witnesses", expected="the own authority's witness")


def master_secret_path(settings: NodeSettings) -> Path:
    """The file of the master secret: a path (relative to the node's folder), or `credential:NAME` of systemd."""
    given = settings.master_secret
    if given.startswith("credential:"):
        return Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / given.removeprefix("credential:")
    return settings.folder.root / given
