"""How much a partner may ask of this node's link: the one place of its bounds.

Rules kept here:
 1. What arrived and no accepted message claims yet is bounded in number, in bytes and in age; beside it the disk keeps
    a reserve, so that a partner never stops the node's own work by filling it.
 2. Messages and opening requests of one partner flow through a token bucket: a burst, then a steady rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta

from relto.exchange.messages import LARGEST_PAYLOAD

_HUNDRED = 100


@dataclass(frozen=True, slots=True)
class ArrivalLimits:
    """Bounds of unclaimed arrivals. The reserve is the smaller of `reserve_percent` and `reserve_bytes`."""

    most_arrivals: int = 64
    most_bytes: int = 2 * LARGEST_PAYLOAD
    longest: timedelta = timedelta(days=7)
    reserve_percent: int = 5
    reserve_bytes: int = 1024**3

    def reserve(self, disk_bytes: int) -> int:
        """The bytes of a disk of this size that no arrival may take."""
        return min(self.reserve_bytes, disk_bytes * self.reserve_percent // _HUNDRED)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bounds of one partner's messages and opening requests together: `burst` at once, `per_second` for ever."""

    per_second: float = 50.0
    burst: int = 200


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """All bounds of the link."""

    arrivals: ArrivalLimits = field(default_factory=ArrivalLimits)
    requests: RequestLimits = field(default_factory=RequestLimits)


class TokenBucket:
    """One partner's allowance. The caller gives the time, in seconds of any steady clock, and calls one at a time."""

    def __init__(self, limits: RequestLimits) -> None:
        """Full at first."""
        self._limits = limits
        self._tokens = float(limits.burst)
        self._at: float | None = None

    def take(self, now: float) -> int:
        """Take one token: 0, or the whole seconds after which there is one again (nothing is taken then)."""
        passed = max(0.0, now - self._at) if self._at is not None else 0.0
        self._at = now
        self._tokens = min(float(self._limits.burst), self._tokens + passed * self._limits.per_second)
        if self._tokens < 1.0:
            return max(1, math.ceil((1.0 - self._tokens) / self._limits.per_second))
        self._tokens -= 1.0
        return 0
