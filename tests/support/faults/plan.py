"""Which request meets which fault: decided by a seed, the direction, what the request is, and its number there.

The faults of a place (one direction and one kind of request) are dealt from a shuffled deck that holds each kind as
often as the others, so that a run meets every kind at every message of the story. What a process meets is a list of
its own from the same seed. Two runs with one seed have the same plan; which message is the n-th of its place is up to
the nodes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What can happen to a request, a process or a node."""

    DROP_REQUEST = "request lost"
    DROP_ANSWER = "answer lost after the partner handled it"
    DELAY = "delayed"
    TWICE = "sent twice at once"
    LATE = "sent again much later"
    REORDER = "held until another passed, its sender told nothing"
    TRICKLE = "slow trickle"
    CUT_REQUEST = "cut in the middle of the request"
    CUT_ANSWER = "cut in the middle of the answer"
    KILL_TAKER = "partner's process killed while it handled it"
    KILL_SENDER = "sender's process killed while it waited"
    PARTITION = "partitioned"
    KILL = "killed (SIGKILL) and started again"
    STOP = "stopped (SIGSTOP) and continued"
    RESTART = "whole node killed and started again"
    FULL_DISK = "no room on the disk of a node"
    CLOCK = "clock of a node set back"


ON_THE_WAY: Sequence[Fault] = (
    Fault.DROP_REQUEST,
    Fault.DROP_ANSWER,
    Fault.DELAY,
    Fault.TWICE,
    Fault.LATE,
    Fault.REORDER,
    Fault.TRICKLE,
    Fault.CUT_REQUEST,
    Fault.CUT_ANSWER,
)
KILLS: Sequence[Fault] = (Fault.KILL_TAKER, Fault.KILL_SENDER)
MESSAGE = "message "
_MESSAGE_RATE = 0.6  # there are fewer of them, and each kind is to meet each fault


def deck_of(place: str) -> list[Fault]:
    """The faults of a place: messages and openings also meet the death of who takes or sends them, openings seldom."""
    if MESSAGE in place:
        return [*ON_THE_WAY, *KILLS]
    return [*ON_THE_WAY] * 6 + [*KILLS] if "openings" in place else [*ON_THE_WAY]


@dataclass(frozen=True, slots=True)
class Hit:
    """One fault that really hit something."""

    fault: Fault
    place: str
    outcome: str
    at: float


@dataclass
class Counted:
    """Every fault that hit, and nothing else. Threads share it."""

    seed: int
    hits: list[Hit] = field(default_factory=list)
    partitions: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, fault: Fault, place: str, outcome: str) -> None:
        """Note a fault that hit."""
        with self._lock:
            self.hits.append(Hit(fault, place, outcome, time.time()))

    @property
    def total(self) -> int:
        """Faults so far; a request refused by a partition counts, as it was hit."""
        return len(self.hits)

    @property
    def total_with_partitions_once(self) -> int:
        """The same with each partition counted once, however many requests it hit."""
        return sum(hit.fault is not Fault.PARTITION for hit in self.hits) + self.partitions

    def unmet(self) -> list[str]:
        """Faults that some kind of message did not meet in some direction, of those that were seen at all."""
        met = {(hit.place, hit.fault) for hit in list(self.hits)}
        places = sorted({place for place, _ in met if MESSAGE in place})
        return [f"{place}: {fault.value}" for place in places for fault in deck_of(place) if (place, fault) not in met]

    def table(self) -> list[dict[str, object]]:
        """Rows of (fault, place, outcome, count), for the evidence."""
        counted = Counter((hit.fault.value, hit.place, hit.outcome) for hit in self.hits)
        return [
            {"fault": fault, "place": place, "outcome": outcome, "count": count}
            for (fault, place, outcome), count in sorted(counted.items())
        ]


class WayPlan:
    """The faults of the way, by place."""

    def __init__(self, seed: int, rate: float) -> None:
        """`rate`: the share of requests that meet a fault, 0 to 1."""
        self._seed = seed
        self._rate = rate
        self._places: dict[str, Iterator[tuple[Fault | None, random.Random]]] = {}
        self._lock = threading.Lock()
        self.calm = False

    def next(self, place: str) -> tuple[Fault | None, random.Random]:
        """What the next request at this place meets, and the chance by which its details are drawn."""
        with self._lock:
            if self.calm:
                return None, random.Random(0)  # noqa: S311  reproducible faults, not secrets
            dealt = self._places.setdefault(place, self._deal(place))
            return next(dealt)

    def _deal(self, place: str) -> Iterator[tuple[Fault | None, random.Random]]:
        chance = random.Random(f"{self._seed}/{place}")  # noqa: S311  reproducible faults, not secrets
        rate = max(self._rate, _MESSAGE_RATE) if MESSAGE in place else self._rate
        deck: list[Fault] = []
        while True:
            fault: Fault | None = None
            if chance.random() < rate:
                if not deck:
                    deck = deck_of(place)
                    chance.shuffle(deck)
                fault = deck.pop()
            yield fault, random.Random(chance.random())  # noqa: S311  likewise
