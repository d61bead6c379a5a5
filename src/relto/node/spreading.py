"""Several processes of one kind, forked from one: that one serves nothing, and all end when any of them does.

So what several share is never held by half of them: the supervisor starts all again. Fork before anything is opened
that two processes must not share: a database connection, a thread, a listener.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

from relto.node.hardening import end_with_parent

_STOP_SECONDS = 8.0
_LOOK_SECONDS = 0.05


def spread(count: int) -> int:
    """Return in each of `count` new processes which of them it is, from 0; this one watches, and ends as they do."""
    parent = os.getpid()
    children: set[int] = set()
    for number in range(count):
        child = os.fork()
        if child == 0:
            end_with_parent(parent, signal.SIGKILL)
            return number
        children.add(child)
    sys.exit(_watch(children))


def _watch(children: set[int]) -> int:
    """Wait for the end: 0 when it was asked for, 1 when one ended by itself and the others were ended for it."""
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    while not asked and not _ended(children):
        time.sleep(_LOOK_SECONDS)
    by_itself = not asked
    _signal(children, signal.SIGTERM)
    until = time.monotonic() + _STOP_SECONDS
    while children and time.monotonic() < until:
        _ended(children)
        time.sleep(_LOOK_SECONDS)
    _signal(children, signal.SIGKILL)
    return 1 if by_itself else 0


def _ended(children: set[int]) -> bool:
    """Forget the children that have ended; True when there was one."""
    before = len(children)
    for child in list(children):
        with suppress(ChildProcessError):
            if os.waitpid(child, os.WNOHANG)[0] == 0:
                continue
        children.discard(child)
    return len(children) < before


def _signal(children: set[int], number: signal.Signals) -> None:
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, number)
