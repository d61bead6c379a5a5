"""Failures about a secret take the same time, whatever failed (OpenTDF, no oracle; cf. RFC 8017 section 7.1.2).

The work is the same each time already: unwrapping, binding and policy are all tried. What is left are microseconds: an
error raised here and not there, a text that is given up at its first or at its last character. So an attempt has a
deadline from its beginning, and a failure is told at the deadline, never when it was found. The deadline follows what
attempts of the same wrapping take on this machine at present, several times over; it does not depend on the attempt.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

LEAST_SECONDS = 0.0015
TIMES = 3
MOST_SECONDS = 0.1
_FIRST_GUESS = 0.001
_WEIGHT = 1 / 64
_OUTLIER = 4
_WRAPPINGS = frozenset({"wrapped", "ec-wrapped", "mlkem-wrapped", "hybrid-wrapped"})
_SPIN_SECONDS = 0.0003  # a sleep ends late by less than this, mostly


@dataclass
class LevelTime:
    """How long attempts take, by wrapping type; one for the life of the process, shared by its threads."""

    _usual: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, wrapping: str) -> Attempt:
        """An attempt begins: when its failure would be told is settled now."""
        with self._lock:
            usual = self._usual.get(wrapping, _FIRST_GUESS)
        began = time.perf_counter()
        return Attempt(wrapping, began, began + min(LEAST_SECONDS + TIMES * usual, MOST_SECONDS))

    def found(self, attempt: Attempt) -> None:
        """Its outcome is known to us; what it took moves the deadlines of later ones, an outlier only a little."""
        took = time.perf_counter() - attempt.began
        with self._lock:
            if attempt.wrapping not in _WRAPPINGS:
                return
            usual = self._usual.get(attempt.wrapping, _FIRST_GUESS)
            self._usual[attempt.wrapping] = usual + _WEIGHT * (min(took, _OUTLIER * usual) - usual)

    @staticmethod
    def wait(attempt: Attempt) -> None:
        """Return at the attempt's deadline: most of the time asleep, the rest by looking at the clock."""
        remaining = attempt.deadline - time.perf_counter()
        if remaining > _SPIN_SECONDS:
            time.sleep(remaining - _SPIN_SECONDS)
        while time.perf_counter() < attempt.deadline:
            pass


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a share: its wrapping type, its beginning and its deadline, in seconds of the process's clock."""

    wrapping: str
    began: float
    deadline: float
