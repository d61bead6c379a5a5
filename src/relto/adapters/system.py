"""The clock and the randomness of the machine.

Promise: the clock is UTC and refuses to answer when it stands earlier than what the node already knows to be past (its
newest checkpoint or cosignature, less the tolerated skew), so that turning it back reopens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from relto.base.errors import Unreachable
from relto.base.instants import Instant, instant_text

TOLERATED_SKEW = timedelta(minutes=5)


class SystemClock:
    """The machine's clock."""

    def __init__(
        self,
        known_past: Callable[[], Instant | None] | None = None,
        tolerated_skew: timedelta = TOLERATED_SKEW,
        ahead: Callable[[], timedelta] | None = None,
    ) -> None:
        """`known_past` gives an instant that certainly passed (of the newest checkpoint or cosignature), or None.

        `ahead`: of a training node in a rehearsal alone, how far its time is ahead (`relto.adapters.training_clock`).
        """
        self._known_past = known_past
        self._skew = tolerated_skew
        self._ahead = ahead

    def now(self) -> Instant:
        """The present instant. Raises Unreachable("clock") when it lies before what has already passed."""
        moment = datetime.now(UTC)
        if self._ahead is not None:
            moment += self._ahead()
        past = self._known_past() if self._known_past else None
        if past is not None and moment < past - self._skew:
            raise Unreachable(
                "clock", field="clock", found=instant_text(moment), expected=f"not before {instant_text(past)}"
            )
        return moment


class SystemEntropy:
    """The operating system's cryptographically secure random bytes."""

    def random_bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        return os.urandom(count)
