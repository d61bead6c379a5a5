"""Tell a start of the whole node from the return of one of its processes.

Each process holds a shared lock on `locks/alive` for as long as it lives. Whoever comes and finds that nobody holds it
begins a new start and writes its id; the others join it. A backup brings back an older id, never the locks, so a
restored node that is started begins a new start and compares itself.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from relto.base.errors import Conflict
from relto.base.ids import RANDOM_BYTES, opaque_id
from relto.ports.surroundings import Entropy

_ALIVE, _MUTEX, _START = "alive", "start.mutex", "start"
_OWNER_ONLY_FOLDER = 0o700
SETTLING_SECONDS = 10.0
"""How long a door waits for the comparison before it opens all the same and says that it is not compared."""
_held: list[IO[bytes]] = []


def join_start(locks: Path, entropy: Entropy) -> str:
    """The id (sta_...) of the node's present start, which this process has now joined for its life."""
    with _mutex(locks):
        alive = (locks / _ALIVE).open("ab")
        place = locks / _START
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            place.write_text(opaque_id("sta", entropy.random_bytes(RANDOM_BYTES)), encoding="ascii")
        # Nobody can take it meanwhile: that needs the mutex.
        fcntl.flock(alive, fcntl.LOCK_SH)
        _held.append(alive)
        return place.read_text(encoding="ascii")


@contextmanager
def nobody_serves(locks: Path) -> Iterator[None]:
    """Keep the node's processes away. Raises Conflict("node_running") while one lives."""
    with _mutex(locks), (locks / _ALIVE).open("ab") as alive:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("node_running", field="folder", expected="a node none of whose processes runs") from error
        yield


def somebody_serves(locks: Path) -> bool:
    """True while one of the node's processes lives. Nothing is made; who starts meanwhile waits an instant."""
    if not (locks / _ALIVE).is_file() or not (locks / _MUTEX).is_file():
        return False
    with (locks / _MUTEX).open("rb") as mutex, (locks / _ALIVE).open("rb") as alive:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _mutex(locks: Path) -> Iterator[None]:
    locks.mkdir(mode=_OWNER_ONLY_FOLDER, exist_ok=True)
    with (locks / _MUTEX).open("ab") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)
        yield
