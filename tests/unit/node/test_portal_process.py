"""The portal's server is two processes: whoever kills the one that is watched must not leave the other behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from relto.base.errors import Conflict
from relto.base.nations import Nation
from relto.node.authority_key import make_authority_key, public_file
from relto.node.checks import is_free
from relto.node.children import node_children
from relto.node.processes import Supervisor
from relto.node.settings import NodeSettings, read_settings
from relto.node.starts import nobody_serves
from relto.node.training_ground import free_ports
from relto.witness.folder import init_witness
from tests.unit.node.test_processes import until


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    """A node of its own, as an operator sets it up."""
    witness, base_port = init_witness(tmp_path / "witness", "witness.usa.localhost"), free_ports(5)
    make_authority_key(tmp_path / "authority.key", Nation("USA"))
    arguments = [
        *("--nation", "USA", "--host", "usa.localhost", "--kind", "training", "--base-port", str(base_port)),
        *("--authority", str(public_file(tmp_path / "authority.key"))),
        *("--witness-name", witness.name, "--witness-url", f"http://127.0.0.1:{base_port + 5}"),
        *(f"--witness-vkey={vkey}" for vkey in witness.vkeys),
    ]
    subprocess.run(
        [sys.executable, "-m", "relto.cli", "node", "init", str(tmp_path / "node"), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return read_settings(tmp_path / "node")


def somebody_serves(settings: NodeSettings) -> bool:
    try:
        with nobody_serves(settings.folder.locks):
            return False
    except Conflict:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_nothing_of_a_killed_portal_stays_behind(settings: NodeSettings) -> None:
    supervisor = Supervisor(node_children(settings, ("portal",)))
    (portal,) = supervisor.children.values()
    try:
        portal.start()
        until(lambda: somebody_serves(settings), 60)
        assert portal.process is not None
        os.kill(portal.process.pid, signal.SIGKILL)
        portal.process.wait()
        until(lambda: not somebody_serves(settings) and is_free(settings.bind, settings.ports.portal))
        # The one that comes instead has the port to itself, and is watched as the first was.
        assert supervisor.watch_once() == ["portal"]
        until(lambda: somebody_serves(settings), 60)
    finally:
        supervisor.stop()
    until(lambda: not somebody_serves(settings) and is_free(settings.bind, settings.ports.portal))
