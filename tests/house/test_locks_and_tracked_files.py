from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.house.conftest import PROJECT

LOCKS = ("runtime.lock", "dev.lock")
LARGEST_FILE = 2 * 1024 * 1024
NAMES_A_REGISTRY = re.compile(
    rb"(?:index[-_]url|find[-_]links|trusted[-_]host|registry)[\"']?\s*[=:]\s*[\"']?https?://|\"resolved\"\s*:\s*\"https?://"
)
SOMEBODYS_HOME = re.compile(rb"(?<![\w.:/])/(?:home|Users)/[a-z][\w-]*/")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_requirement_by_hash_and_names_no_host(name: str) -> None:
    text = (PROJECT / "requirements" / name).read_text("utf-8")
    requirements = text.replace("\\\n", " ").strip().splitlines()
    assert requirements
    assert "://" not in text
    assert [
        line for line in requirements if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def test_both_locks_agree_on_every_version() -> None:
    pinned = []
    for name in LOCKS:
        text = (PROJECT / "requirements" / name).read_text("utf-8")
        pinned.append(dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE)))
    runtime, development = pinned
    assert runtime.items() <= development.items()


def _hosts_of_this_machine() -> set[bytes]:
    """Hosts that this machine's package clients are told to use: they are nobody else's business."""
    told = [
        value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "UV_", "NPM_CONFIG_", "npm_config_", "GOPROXY"))
    ]
    hosts = {urlsplit(word).hostname for value in told for word in re.split(r"[\s,]+", value) if "://" in word}
    return {host.encode() for host in hosts if host and host != "localhost"}


def _places_of_this_machine() -> set[bytes]:
    here = {PROJECT, PROJECT.parent, Path.home()}
    elsewhere = {Path(PROJECT.anchor), Path(tempfile.gettempdir())}
    return {f"{place}/".encode() for place in here - elsewhere}


def test_no_tracked_file_names_this_machine_or_a_registry(tracked: list[Path]) -> None:
    told = _hosts_of_this_machine() | _places_of_this_machine()
    found = []
    for path in tracked:
        content = path.read_bytes()
        if any(word in content for word in told) or NAMES_A_REGISTRY.search(content) or SOMEBODYS_HOME.search(content):
            found.append(str(path.relative_to(PROJECT)))
    assert found == []


def test_no_tracked_file_is_too_large_to_read(tracked: list[Path]) -> None:
    large = {
        str(path.relative_to(PROJECT)): path.stat().st_size for path in tracked if path.stat().st_size > LARGEST_FILE
    }
    assert large == {}


def test_no_private_key_is_tracked(tracked: list[Path]) -> None:
    header = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}")
    assert [str(path.relative_to(PROJECT)) for path in tracked if header.search(path.read_bytes())] == []
