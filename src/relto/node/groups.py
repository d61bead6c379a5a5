"""Groups of processes of one kind on this machine, found by their files, and asked to be replaced one by one.

A group's file in the node's folder of locks is held by a lock for as long as the process lives that watches the group,
so a number of a process in it is never somebody else's. What came of a replacement is written beside it.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relto.base.errors import Conflict, Unreachable

_LOOK_SECONDS = 0.05
_OWNER_ONLY_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class Group:
    """The group that this process watches."""

    place: Path

    @classmethod
    @contextmanager
    def join(cls, locks: Path, kind: str) -> Iterator[Group]:
        """Be found under `kind` until the block ends; several groups of a kind have files of their own."""
        locks.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
        for number in itertools.count(1):
            place = locks / f"{kind}.{number}.group"
            held = place.open("a+b")
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                held.close()
                continue
            break
        with held:
            held.truncate(0)
            held.write(str(os.getpid()).encode("ascii"))
            held.flush()
            # The lock is of the opened file: a forked child must not hold it after this process.
            os.register_at_fork(after_in_child=held.close)
            yield cls(place)

    def tell(self, *, whole: bool) -> None:
        """Say what came of replacing the processes."""
        told = self.place.with_suffix(".rolled")
        fresh = told.with_suffix(".fresh")
        fresh.write_text("whole" if whole else "broken_off", encoding="ascii")
        fresh.replace(told)


def replace_processes(locks: Path, kind: str, *, seconds: float) -> int:
    """Have every group of `kind` on this machine replace its processes, one by one; how many groups.

    Raises Conflict("one_process") when no group is there, Unreachable("process") when a new process did not answer (the
    old one goes on) or it is not done after `seconds`.
    """
    found = groups_of(locks, kind)
    if not found:
        raise Conflict("one_process", field="process", found=kind, expected=f"processes.{kind} of 2 or more, running")
    for place, process in found:
        told = place.with_suffix(".rolled")
        told.unlink(missing_ok=True)
        os.kill(process, signal.SIGHUP)
        until = time.monotonic() + seconds
        while not told.exists():
            if time.monotonic() > until or not _watching(place):
                raise Unreachable("process", field=kind, expected="processes that are replaced in time; see its log")
            time.sleep(_LOOK_SECONDS)
        if told.read_text(encoding="ascii") != "whole":
            raise Unreachable("process", field=kind, expected="a new process that answers; the old one goes on")
    return len(found)


def groups_of(locks: Path, kind: str) -> list[tuple[Path, int]]:
    """The living groups of a kind: the file of each, and the process that watches it."""
    return [(place, process) for place in sorted(locks.glob(f"{kind}.*.group")) if (process := _watching(place))]


def _watching(place: Path) -> int:
    """The process that watches a group; 0 when it is gone."""
    try:
        with place.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or b"0")
    except (OSError, ValueError):
        return 0
    return 0
