"""When a message is sent again: exponential back-off with full jitter, from random bytes that the caller gives.

The delay is drawn evenly from (0, min(cap, first * 2^attempts)]: two nodes that failed together do not knock together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

RANDOM_BYTES = 4
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """`first`: the longest first delay; `cap`: the longest ever; `overdue_after`: attempts before people are told."""

    first: timedelta
    cap: timedelta
    overdue_after: int

    def delay(self, attempts: int, random: bytes) -> timedelta:
        """The delay after `attempts` (from 1) failed attempts; `random` are 4 fresh random bytes."""
        doublings: int = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
        ceiling = min(self.cap, self.first * (1 << doublings))
        return ceiling * ((int.from_bytes(random[:RANDOM_BYTES], "big") + 1) / (1 << 8 * RANDOM_BYTES))


TRAINING = RetrySchedule(first=timedelta(milliseconds=200), cap=timedelta(seconds=2), overdue_after=30)
LIVE = RetrySchedule(first=timedelta(seconds=1), cap=timedelta(minutes=5), overdue_after=20)
