"""What can go wrong, how often it did, and when the power goes: at any call that the nodes' code makes."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from random import Random
from types import FrameType
from typing import Any


class Fault(StrEnum):
    """One kind of fault."""

    POWER_CUT = "power cut at any call; what was not synced is lost in part"
    POWER_CUT_AT_COMMIT = "power cut before a commit returned"
    KILL = "process killed at any call"
    FSYNC_FAILED = "fsync of a file or folder fails"
    COMMIT_FAILED = "commit fails, nothing is durable"
    COMMIT_IN_DOUBT = "commit is durable and says that it failed"
    DISK_FULL = "no room for a file"
    DATABASE_FULL = "no room for a commit"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    DOUBLED = "request arrives twice"
    REPEATED_LATE = "an old request arrives again, out of order"
    REQUEST_CHANGED = "bytes of a request changed"
    ANSWER_CHANGED = "bytes of an answer changed"
    DELAYED = "answer comes late"
    PARTITION = "nothing passes for a while"
    CLOCK_BACK = "clock jumps back"
    CLOCK_FORWARD = "clock jumps forward"
    WITNESS_AWAY = "witness away"
    WITNESS_RESTARTED = "witness restarted"
    WITNESS_ANSWER_LOST = "witness's answer lost"
    WITNESS_ANSWER_CHANGED = "bytes of the witness's answer changed"


_LOCKS = (type(threading.Lock()), type(threading.RLock()))


class PowerCut(BaseException):
    """A node is gone in the middle of a call. `node`: which one; it starts again from what its disk held."""

    def __init__(self, node: Any) -> None:
        super().__init__()
        self.node = node


class Counted:
    """How often each fault hit."""

    def __init__(self) -> None:
        self.hits: Counter[Fault] = Counter()

    def hit(self, fault: Fault) -> None:
        self.hits[fault] += 1

    @property
    def total(self) -> int:
        return self.hits.total()


@contextmanager
def struck(calls: int, strike: Callable[[], None]) -> Iterator[None]:
    """After so many calls, returns and calls of C functions inside, `strike` is called, which raises.

    Not where a lock is given back: it would stay taken, which no process that really ended leaves behind.
    """
    left = [calls]

    def watch(_frame: FrameType, _event: str, argument: Any) -> None:
        left[0] -= 1
        if left[0] <= 0 and not isinstance(getattr(argument, "__self__", None), _LOCKS):
            sys.setprofile(None)
            strike()

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


def changed(data: bytes, chance: Random) -> bytes:
    """The bytes with one changed, some left out, or something put in."""
    if not data:
        return b"\x00"
    at = chance.randrange(len(data))
    match chance.randrange(3):
        case 0:
            return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        case 1:
            return data[:at]
        case _:
            return data[:at] + b"\x00" + data[at:]
