"""A round of the worker keeps its own pause, survives trouble, and ends at once when the worker stops."""

from __future__ import annotations

import threading
import time

from relto.base.errors import Unreachable
from relto.node.work import _repeat


def test_a_slow_round_is_run_until_nothing_is_left_and_then_waits_its_own_pause() -> None:
    stopping, waits = threading.Event(), threading.Event()
    left = [0, 2, 1]
    runs = 0

    def sweep() -> int:
        nonlocal runs
        runs += 1
        if not left:
            raise Unreachable("storage")
        done = left.pop()
        if not done:
            waits.set()
        return done

    thread = threading.Thread(target=_repeat, args=("sweep", sweep, 60.0, stopping, None))
    thread.start()
    assert waits.wait(5)
    time.sleep(0.05)
    assert runs == 3
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_trouble_of_a_round_does_not_end_it() -> None:
    stopping = threading.Event()
    runs = 0

    def troubled() -> int:
        nonlocal runs
        runs += 1
        if runs == 2:
            stopping.set()
        raise Unreachable("storage")

    thread = threading.Thread(target=_repeat, args=("sweep", troubled, 0.001, stopping, None))
    thread.start()
    thread.join(5)
    assert runs == 2
