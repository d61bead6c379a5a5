"""Several processes of one kind, forked from one that serves nothing and watches them.

One that dies is forked again after a pause that doubles up to five seconds; the others go on meanwhile. On SIGHUP each
in turn is replaced: the new one answers before the old one is told to finish (`relto node restart --rolling`). When the
one that watches ends, all end. What they share must outlive a kill at any moment: memory under a lock that the system
frees with its holder, never a semaphore. Fork before anything is opened that two processes must not share: a database
connection, a thread.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from relto.node.groups import Group
from relto.node.hardening import end_with_parent

_STOP_SECONDS = 8.0
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Seat:
    """One of several processes: which one it is, from 0."""

    number: int
    _told: int = -1

    def ready(self) -> None:
        """Say once that it answers: its predecessor may go."""
        if self._told >= 0:
            os.write(self._told, b"+")
            os.close(self._told)

    def ready_when_listening(self, more: int) -> None:
        """The same, by itself, once this process listens at `more` sockets than now."""
        if self._told >= 0:
            wanted = _listening() + more
            threading.Thread(target=self._wait, args=(wanted,), name="ready", daemon=True).start()

    def _wait(self, wanted: int) -> None:
        while _listening() < wanted:
            time.sleep(_LOOK_SECONDS)
        self.ready()


ALONE = Seat(0)
"""The only process of its kind: nobody waits for its word."""


def spread(count: int, locks: Path, kind: str) -> Seat:
    """Return in each of `count` new processes; this one watches until it is told to stop, and never returns.

    `locks`: the node's folder of locks, where the group is found by `kind`.
    """
    watch = _Watch()
    for one in _SIGNALS:
        signal.signal(one, watch.told)
    with Group.join(locks, kind) as group:
        for number in range(count):
            seat = watch.fork(number)
            if seat is not None:
                return seat
        seat = watch.go_on(group)
        if seat is not None:
            return seat
        watch.end()
    sys.exit(0)


@dataclass
class _Child:
    number: int
    process: int
    answers: int
    """The pipe on which it says that it does; -1 once it was read."""


@dataclass
class _Watch:
    living: dict[int, _Child] = field(default_factory=dict)
    due: dict[int, float] = field(default_factory=dict)
    pauses: dict[int, float] = field(default_factory=dict)
    asked_to_end: bool = False
    asked_to_replace: bool = False

    def told(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.asked_to_replace = True
        else:
            self.asked_to_end = True

    def fork(self, number: int) -> Seat | None:
        """The seat in the new process; None in this one."""
        parent = os.getpid()
        reading, writing = os.pipe()
        process = os.fork()
        if process:
            os.close(writing)
            self.living[process] = _Child(number, process, reading)
            return None
        os.close(reading)
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)
        end_with_parent(parent, signal.SIGKILL)
        for child in self.living.values():
            if child.answers >= 0:
                os.close(child.answers)
        return Seat(number, writing)

    def go_on(self, group: Group) -> Seat | None:
        """Watch until told to end: None; in a process that was forked meanwhile: its seat."""
        while not self.asked_to_end:
            self.bury()
            now = time.monotonic()
            for number in [one for one, when in self.due.items() if when <= now]:
                del self.due[number]
                seat = self.fork(number)
                if seat is not None:
                    return seat
            if self.asked_to_replace:
                self.asked_to_replace = False
                for old in sorted(self.living.values(), key=lambda child: child.number):
                    seat = self.fork(old.number)
                    if seat is not None:
                        return seat
                    if not self._replaced(old):
                        group.tell(whole=False)
                        break
                else:
                    group.tell(whole=True)
            time.sleep(_LOOK_SECONDS)
        return None

    def _replaced(self, old: _Child) -> bool:
        """Once the newest child answers, `old` finishes and is gone. False when it never came to it: `old` goes on."""
        new = next(reversed(self.living.values()))
        until = time.monotonic() + _READY_SECONDS
        answered = False
        while not answered and time.monotonic() < until and not self.asked_to_end:
            if select.select([new.answers], [], [], _LOOK_SECONDS)[0]:
                answered = os.read(new.answers, 1) == b"+"
                break
        os.close(new.answers)
        new.answers = -1
        going = [old] if answered else [new]
        self._let_go(going)
        return answered

    def bury(self) -> None:
        """Forget who ended, and say when another takes the seat; the pause is short again after a long life."""
        for child in list(self.living.values()):
            if _ended(child):
                self._forget(child)
                pause = self.pauses.get(child.number, _FIRST_PAUSE)
                self.pauses[child.number] = min(pause * 2, _LONGEST_PAUSE)
                self.due[child.number] = time.monotonic() + pause
            elif child.answers >= 0 and select.select([child.answers], [], [], 0)[0] and os.read(child.answers, 1):
                self.pauses.pop(child.number, None)
                os.close(child.answers)
                child.answers = -1

    def end(self) -> None:
        """Ask all to end, wait, and end who has not."""
        self._let_go(list(self.living.values()))

    def _let_go(self, children: list[_Child]) -> None:
        for child in children:
            _signal(child, signal.SIGTERM)
        until = time.monotonic() + _STOP_SECONDS
        left = list(children)
        while left and time.monotonic() < until:
            left = [child for child in left if not _ended(child)]
            time.sleep(_LOOK_SECONDS)
        for child in left:
            _signal(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child.process, 0)
        for child in children:
            self._forget(child)

    def _forget(self, child: _Child) -> None:
        if child.answers >= 0:
            os.close(child.answers)
            child.answers = -1
        self.living.pop(child.process, None)


def _listening() -> int:
    """At how many sockets this process listens."""
    found = 0
    for place in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            # Of a file no copy is made: to close one would end every record lock that this process has on it.
            if not str(place.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(place.name))) as one:
                found += one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return found


def _ended(child: _Child) -> bool:
    try:
        return os.waitpid(child.process, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _signal(child: _Child, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(child.process, number)
