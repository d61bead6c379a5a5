"""docs/how-to/install-on-debian.md, its commands in their order, in a scratch folder.

Every `sh` block is run as it stands, but for: absolute folders get the scratch folder's path before them; `runuser -u
relto --` falls away (there is one user here); what asks systemd, the package manager or a running name service is left
out by name and done here by hand, from the same units; the node is a training node on this machine, without TLS.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT
from tests.packaging.conftest import WHO, Installation, SignedRelease, clean_environment

pytestmark = pytest.mark.accept
PAGE = PROJECT / "docs" / "how-to" / "install-on-debian.md"
LEFT_OUT = ("apt-get", "systemd-sysusers", "systemd-tmpfiles", "systemctl", "chown")
_FOLDERS = re.compile(r"(?<![\w.])/(opt|etc|var|usr/local)/")


def _blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _commands(block: str) -> list[str]:
    return [line.replace("\\\n", "") for line in re.split(r"(?<!\\)\n", block.strip())]


def _free_ports(count: int) -> int:
    """A port from which on `count` are free."""
    for first in range(26000, 32000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


class _Machine:
    """A scratch folder that stands for the machine."""

    def __init__(self, root: Path, ports: int, wheelhouse: Path) -> None:
        self.root, self.ports, self.children = root, ports, []  # type: ignore[var-annotated]
        self.environment = clean_environment(root / "opt" / "relto" / "venv") | {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheelhouse),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "HOME": str(root / "root"),
        }
        self.environment["PATH"] = f"{root}/usr/local/bin:{self.environment['PATH']}"
        for folder in ("root", "etc/systemd/system", "etc/relto", "var/lib/relto", "var/lib/relto-witness"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for folder in ("var/backups/relto", "usr/local/bin", "usr/local/sbin"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def here(self, text: str) -> str:
        """The text with this machine's paths."""
        return _FOLDERS.sub(lambda match: f"{self.root}/{match[1]}/", text)

    def run(self, commands: list[str]) -> str:
        """Commands of the page in one shell, each of which must succeed; the shell's variables are kept."""
        kept = self.root / "root" / ".variables"
        lines = ["set -eu", f'[ ! -e "{kept}" ] || . "{kept}"']
        lines.append(f'relto-node() {{ CREDENTIALS_DIRECTORY="{self.root}/etc/relto" relto node "$@"; }}')
        for command in commands:
            words = command.split()
            if words and words[0] in LEFT_OUT:
                continue
            lines.append(self.here(command).replace("runuser -u relto -- ", ""))
        # A comment is not a variable: what the first block says is all that later ones need.
        lines.append(f'set | grep -E "^(NATION|KIND|HOST|PORT|WITNESS[A-Z_]*|RELEASE|SIGNER)=" > "{kept}"')
        done = subprocess.run(
            ["bash", "-c", "\n".join(lines)],
            cwd=self.root / "root",
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.returncode == 0, f"{commands[0]}…\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def order(self, unit: str) -> list[str]:
        """The command line of an installed unit, as systemd reads it."""
        name = re.sub(r"@\d+", "@", unit)
        text = (self.root / "etc" / "systemd" / "system" / f"{name}.service").read_text("utf-8")
        found = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
        assert found
        line = self.here(found[1]).replace("%%", "%").replace("--port 8500", f"--port {self.ports + 5}")
        return ["bash", "-c", line if line.startswith("exec") else f"exec {line}"]

    def start(self, unit: str) -> subprocess.Popen[bytes]:
        """Start a unit's command with the secret where LoadCredential= would put it."""
        credentials = {"CREDENTIALS_DIRECTORY": str(self.root / "etc" / "relto")}
        with (self.root / "root" / f"{unit}.log").open("wb") as log:
            child = subprocess.Popen(
                self.order(unit),
                cwd=self.root / "root",
                env=self.environment | credentials,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
            )
        self.children.append(child)
        return child

    def stop(self) -> None:
        """End what was started."""
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def wait_for_port(self, port: int, seconds: float = 90.0) -> None:
        """Until something listens there."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, [
                    (log.name, log.read_text("utf-8", "replace")[-800:]) for log in (self.root / "root").glob("*.log")
                ]
                time.sleep(0.3)
            else:
                return


@pytest.fixture
def machine(tmp_path: Path, wheelhouse: Path, released: SignedRelease) -> Iterator[_Machine]:
    made = _Machine(tmp_path, _free_ports(6), wheelhouse)
    shutil.copytree(released.folder, tmp_path / "root" / "release")
    shutil.copyfile(released.allowed, tmp_path / "root" / "allowed_signers")
    try:
        yield made
    finally:
        made.stop()


def test_the_page_leads_from_nothing_to_a_node_that_runs_has_people_and_is_backed_up(
    machine: _Machine, installed: Installation
) -> None:
    home, port = machine.root / "root", machine.ports
    installed.run("relto", "authority", "init", "usa.key", "--nation", "USA", cwd=home)
    keys = installed.run("relto", "witness", "init", "usa-witness", "--name", "witness.usa.example", cwd=home)
    words = ["--nation", "USA", "--host", "node.usa.example", "--kind", "training", "--authority", "usa.key.pub.json"]
    words += ["--witness-name", "witness.usa.example", "--witness-url", "http://127.0.0.1:9"]
    words += [word for key in keys.split("\n")[:2] for word in ("--witness-vkey", key)]
    installed.run("relto", "node", "init", "usa", *words, cwd=home)
    shutil.copyfile(home / "usa" / "party.json", home / "usa-party.json")

    first, *blocks = _blocks()
    assert len(blocks) >= 12
    machine.run(_commands(first))
    mine = {"KIND": "training", "HOST": "ind.localhost", "PORT": str(port), "WITNESS_PORT": str(port + 5)}
    mine |= {"WITNESS_URL": f"http://127.0.0.1:{port + 5}", "RELEASE": str(home / "release"), "SIGNER": WHO}
    machine.run([f"{name}={value}" for name, value in mine.items()])
    for block in blocks:
        commands = _commands(block)
        machine.run(commands)
        for command in commands:
            _done_by_hand(machine, command)
    assert list((machine.root / "var" / "backups" / "relto").iterdir())
    node = machine.root / "var" / "lib" / "relto" / "node"
    assert not (node / "secrets" / "master.secret").exists()
    assert not (node / "first-credentials.json").exists()


def _done_by_hand(machine: _Machine, command: str) -> None:
    """What systemctl would do: start the units' own command lines."""
    port = machine.ports
    if command.startswith("systemctl enable --now relto-witness"):
        machine.start("relto-witness")
        machine.wait_for_port(port + 5)
    elif command.startswith("systemctl enable --now relto.target"):
        for unit in ("relto-worker@1", "relto-link", "relto-key-service@1", "relto-portal@1"):
            machine.start(unit)
        for offset in (0, 1, 2, 4):
            machine.wait_for_port(port + offset)
    elif command.startswith("systemctl start relto-backup"):
        assert machine.start("relto-backup").wait(120) == 0, (machine.root / "root" / "relto-backup.log").read_text(
            "utf-8"
        )
