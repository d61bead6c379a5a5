"""Processes that are watched: one that dies is started again, after a pause that grows; all end together."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from relto.base.errors import Conflict, Misconfigured, Unreachable
from relto.node.children import beats
from relto.node.processes import Child, Supervisor, listens
from relto.node.training_ground import free_ports, prepare_ground

SLEEPS = [sys.executable, "-S", "-c", "import time; print('up', flush=True); time.sleep(60)"]
ENDS = [sys.executable, "-S", "-c", "raise SystemExit(3)"]


def child(folder: Path, name: str, command: list[str]) -> Child:
    log = folder / f"{name}.log"
    return Child(name, command, log, lambda: log.exists() and b"up" in log.read_bytes())


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "one", SLEEPS), child(tmp_path, "two", SLEEPS)])
    try:
        supervisor.start(seconds=20)
        assert supervisor.watch_once() == []
        first = supervisor.children["one"].process
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not supervisor.children["one"].running())
        assert supervisor.watch_once() == ["one"]
        second = supervisor.children["one"].process
        assert second is not None
        assert second.pid != first.pid
        supervisor.restart("two")
        assert supervisor.children["two"].running()
    finally:
        supervisor.stop()
    assert not any(one.running() for one in supervisor.children.values())


def test_the_pause_before_the_next_start_doubles_up_to_five_seconds(tmp_path: Path) -> None:
    dying = child(tmp_path, "dying", ENDS)
    supervisor = Supervisor([dying])
    pauses = []
    for _ in range(7):
        dying.not_before = 0.0
        assert supervisor.watch_once() == ["dying"]
        assert dying.process is not None
        dying.process.wait()
        assert supervisor.watch_once() == []
        pauses.append(dying.pause)
    assert pauses == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_child_that_does_not_come_up_is_named(tmp_path: Path) -> None:
    supervisor = Supervisor([child(tmp_path, "dying", ENDS)])
    with pytest.raises(Unreachable) as said:
        supervisor.start(seconds=20)
    assert said.value.field == "dying"
    supervisor.stop()


def test_listening_and_heartbeats(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listens("127.0.0.1", port)
    assert not listens("127.0.0.1", port)
    beat = tmp_path / "worker.heartbeat"
    assert not beats(beat)
    beat.touch()
    assert beats(beat)
    os.utime(beat, (time.time() - 60, time.time() - 60))
    assert not beats(beat)


def test_a_training_ground_replaces_nothing_but_itself(tmp_path: Path) -> None:
    kept = tmp_path / "mine" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("years of work")
    for place in (kept.parent, kept):
        with pytest.raises(Conflict) as said:
            prepare_ground(place)
        assert said.value.full_code == "conflict.folder_in_use"
    assert kept.read_text() == "years of work"


def test_a_training_ground_asks_for_free_ports_before_it_touches_its_folder(tmp_path: Path) -> None:
    earlier = tmp_path / "demo"
    earlier.mkdir()
    (earlier / "relto-training-ground").write_text("18400\n")
    with socket.create_server(("127.0.0.1", free_ports(12) + 3)) as taken:
        with pytest.raises(Misconfigured) as said:
            prepare_ground(earlier, taken.getsockname()[1] - 3)
        assert said.value.field == "base_port"
    assert (earlier / "relto-training-ground").exists()
