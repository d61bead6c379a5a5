"""The processes of one node, started and watched.

Portal, key service, link, worker (and, apart, an authority's witness).

Each runs in its own session, so that it can be ended whole; each ends when its supervisor ends; each writes its log
to log/<name>.log (codes and counts only). A process that dies is started again after a pause that doubles up to
five seconds.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from relto.base.errors import Unreachable
from relto.node.hardening import end_with_parent

NODE_PROCESSES = ("key_service", "link", "portal", "worker")
_STOP_SECONDS = 8.0
_LONGEST_PAUSE = 5.0


@dataclass
class Child:
    """One process: how to start it, where it logs, how to tell that it is ready."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    pause: float = 0.2
    not_before: float = 0.0

    def start(self) -> None:
        """Start it, and end what a dead one left behind; its output is appended to its log."""
        self.kill()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  our own command line, no shell
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=partial(end_with_parent, os.getpid(), signal.SIGTERM),  # noqa: PLW1509  no threads are running in the supervisor
            )

    def running(self) -> bool:
        """True while the process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to it and all it started, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end; after eight seconds make it end."""
        if self.ask_to_end():
            self.wait_for_end()

    def ask_to_end(self) -> bool:
        """SIGTERM to it; False when it does not run."""
        if not self.running():
            return False
        self._signal(signal.SIGTERM)
        return True

    def wait_for_end(self) -> None:
        """After `ask_to_end`: wait up to eight seconds, then end it and all it started."""
        if self.process is None:
            return
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def listens(host: str, port: int) -> bool:
    """True when something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


class Supervisor:
    """Starts children, waits for readiness, restarts what dies, stops all."""

    def __init__(self, children: Sequence[Child]) -> None:
        """`children` in starting order."""
        self.children = {child.name: child for child in children}
        self._stopping = False

    def start(self, *, seconds: float = 60.0) -> None:
        """Start all and wait until each is ready. Raises Unreachable naming the process that is not."""
        for child in self.children.values():
            child.start()
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until each child is ready. Raises Unreachable naming the first that died or is not ready in time."""
        deadline = time.monotonic() + seconds
        for child in self.children.values():
            while not child.ready():
                if not child.running() or time.monotonic() > deadline:
                    raise Unreachable("process", field=child.name, expected=f"a running process; see {child.log.name}")
                time.sleep(0.05)

    def restart(self, name: str) -> None:
        """SIGKILL one child and start it again."""
        child = self.children[name]
        child.kill()
        child.start()

    def watch_once(self) -> list[str]:
        """Start again what died, after its pause; returns the names started."""
        started = []
        now = time.monotonic()
        for child in self.children.values():
            if child.running() or now < child.not_before:
                continue
            child.start()
            child.not_before = now + child.pause
            child.pause = min(child.pause * 2, _LONGEST_PAUSE)
            started.append(child.name)
        return started

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT, then stop all."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopping = True

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        while not self._stopping:
            for name in self.watch_once():
                sys.stderr.write(f"process.restarted {name}\n")
            time.sleep(0.3)
        self.stop()

    def stop(self) -> None:
        """Ask all children to end, last started first, then wait for each."""
        for child in reversed(self.children.values()):
            child.ask_to_end()
        for child in reversed(self.children.values()):
            child.wait_for_end()  # of one that died, what it left behind
