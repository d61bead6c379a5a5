"""A node with data of an earlier day goes on under the wheel of today (both bear the same version: see the commit)."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.packaging.conftest import Installation, SignedRelease, clean_environment, install
from tools.release import Source, build, copy_of

pytestmark = pytest.mark.accept

EARLIER = "cfc15804ead4"
"""22 November 2026, when five of the store's migrations were there; its acceptance run is among the evidence."""
NATIONS = ("ind", "usa")
_MIGRATE = """
import sys
from pathlib import Path
from django.core.management import call_command
from relto.node.settings import read_settings
from relto.node.wiring import open_secrets, start_django
from relto.web.shell import portal_settings
settings = read_settings(Path(sys.argv[1]))
shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
start_django(settings, open_secrets(settings), {**shell, "ROOT_URLCONF": "relto.node.urls"})
call_command("migrate", verbosity=1)
"""


@contextmanager
def _running(environment: Path, cwd: Path, *words: str) -> Iterator[Path]:
    """A command that stays, in its own session; yields its log, and ends it with SIGINT, then whatever it left."""
    log = cwd / f"{'-'.join(Path(word).name for word in words)[:60]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(environment / "bin" / words[0]), *words[1:]],
            cwd=cwd,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(log: Path, text: str, seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while text not in log.read_text("utf-8", "replace"):
        assert time.monotonic() < deadline, log.read_text("utf-8", "replace")[-3000:]
        time.sleep(0.5)


class _Node:
    """What its people see of a node of the demo in `folder`."""

    def __init__(self, installed: Installation, folder: Path, nation: str) -> None:
        self.installed, self.folder, self.nation = installed, folder, nation

    def ask(self, role: str, *words: str) -> str:
        profile = self.folder / "demo" / "profiles" / f"{self.nation}-{role}.json"
        return self.installed.run("relto", "--json", "--profile", str(profile), *words, cwd=self.folder)

    def items(self) -> dict[str, dict[str, object]]:
        return {str(one["id"]): one for one in json.loads(self.ask("engineer", "items", "list"))}

    def ledger(self) -> tuple[int, str]:
        """Size and root of the newest checkpoint, and what both nations cosigned."""
        size, root = json.loads(self.ask("inspector", "ledger", "show"))["checkpoint"].splitlines()[1:3]
        return int(size), str(root)

    def opened(self, item: str, place: Path) -> bytes:
        self.ask("engineer", "open", item, "--output", str(place))
        return place.read_bytes()

    @property
    def root(self) -> Path:
        return self.folder / "demo" / self.nation / "node"


def _upgrade(installed: Installation, node: _Node) -> str:
    """`relto node upgrade` where there is one, else the migrations alone."""
    commands = installed.run("relto", "node", "--help", cwd=node.folder)
    if re.search(r"^\s+upgrade\b", commands, re.MULTILINE):
        return installed.run("relto", "node", "upgrade", str(node.root), cwd=node.folder)
    return installed.run("python", "-c", _MIGRATE, str(node.root), cwd=node.folder)


def test_two_nodes_with_data_of_an_earlier_day_go_on_with_ledger_items_and_openings(
    place: Path, wheelhouse: Path, released: SignedRelease, tmp_path: Path
) -> None:
    try:
        earlier = Source.of(EARLIER)
    except subprocess.CalledProcessError:
        pytest.skip("this clone does not reach back to the earlier commit (git fetch --unshallow)")
    made = build(copy_of(earlier, tmp_path / "tree"), tmp_path / "out", earlier, {"LC_ALL": "C"})
    old_wheel = next(file for name, file in made.items() if name.endswith(".whl"))
    installed = install(tmp_path / "venv", wheelhouse, released.file(".requirements.lock"), old_wheel)
    nodes = [_Node(installed, tmp_path, nation) for nation in NATIONS]
    before: dict[str, tuple[dict[str, dict[str, object]], tuple[int, str], str, bytes]] = {}
    with _running(installed.environment, tmp_path, "relto", "demo") as log:
        _wait_for(log, "Ctrl-C")
        for node in nodes:
            items = node.items()
            received = next(item for item, facts in items.items() if facts["held_as"] == "received")
            before[node.nation] = (
                items,
                node.ledger(),
                received,
                node.opened(received, tmp_path / f"{node.nation}-before"),
            )
    checkpoints = {node.nation: (node.root / "ledger" / "checkpoint").read_bytes() for node in nodes}

    pip = [str(installed.environment / "bin" / "pip"), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--force-reinstall", str(released.file(".whl"))], check=True, cwd=tmp_path)
    for node in nodes:
        _upgrade(installed, node)
        assert (node.root / "ledger" / "checkpoint").read_bytes() == checkpoints[node.nation]
        installed.run("relto", "node", "check-ledger", str(node.root), cwd=tmp_path)
        installed.run("relto", "node", "check", str(node.root), cwd=tmp_path)

    def witness_port(node: _Node) -> str:
        found = re.search(
            r'^url = "http://127\.0\.0\.1:(\d+)"', (node.root / "node.toml").read_text("utf-8"), re.MULTILINE
        )
        assert found
        return found[1]

    first, second = nodes
    run = [("relto", "node", "run", str(node.root)) for node in nodes]
    watch = [
        ("relto", "witness", "run", str(node.root.parent / "witness"), "--port", witness_port(node)) for node in nodes
    ]
    environment = installed.environment
    with (
        _running(environment, tmp_path, *watch[0]),
        _running(environment, tmp_path, *watch[1]),
        _running(environment, tmp_path, *run[0]) as one,
        _running(environment, tmp_path, *run[1]) as other,
    ):
        _wait_for(one, "http://")
        _wait_for(other, "http://")
        for node in (first, second):
            items, (size, _), received, content = before[node.nation]
            now = node.items()
            assert {item: {name: now[item][name] for name in facts} for item, facts in items.items()} == items
            assert _opened_in_time(node, received, tmp_path / f"{node.nation}-after") == content
            _wait_until_longer(node, size)  # the witness cosigned it as a continuation of what it had cosigned before
        for node in (first, second):
            folder = tmp_path / f"{node.nation}-export"
            node.ask("inspector", "ledger", "export", str(folder))
            installed.run("relto", "verify", str(folder), "--trust", "demo/trust.policy", cwd=tmp_path)


def _opened_in_time(node: _Node, item: str, place: Path, seconds: float = 60.0) -> bytes:
    """Both nodes compare themselves at their start; until then they open nothing."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return node.opened(item, place)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(2)


def _wait_until_longer(node: _Node, size: int, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while node.ledger()[0] <= size:
        assert time.monotonic() < deadline
        time.sleep(1)
