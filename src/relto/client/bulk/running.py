"""The run of bulk work: partitions out of the journal, through workers, back into the journal.

Order, for every partition: its start durable, the work done by whichever worker, what it made durable, then `done`.
As many partitions are under way as the workers take, no more are read. Asked to stop, it takes no further one, waits
for those under way and records them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from relto.base.errors import Unreachable
from relto.client.bulk.journal import Journal
from relto.client.bulk.work import Outcome, Planned, failed

Work = Callable[[Sequence[Planned]], list[Outcome]]
Partition = tuple[Planned, ...]
_TELL_EVERY: Final = 1.0


class Spread(Protocol):
    """How partitions reach workers: each comes back once, in any order, with None when every worker of it died."""

    def __call__(self, work: Work, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, list[Outcome] | None]]:
        """The outcomes of each partition, as they come."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far this run is: files and bytes done by it, failures, files left, and files a second since it began."""

    done: int
    failed: int
    left: int
    bytes: int
    seconds: float

    @property
    def rate(self) -> float:
        """Files a second."""
        return (self.done + self.failed) / self.seconds if self.seconds else 0.0


def in_this_process(work: Work, partitions: Iterable[Partition]) -> Iterator[tuple[Partition, list[Outcome] | None]]:
    """One partition after the other, here."""
    for partition in partitions:
        yield partition, work(partition)


def run(  # noqa: PLR0917  what a run is made of
    journal: Journal,
    work: Work,
    spread: Spread,
    size: int,
    tell: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Progress:
    """Do all that the journal says is not done, `size` files at a time; what this run came to.

    `tell` hears of it about once a second, and at the end. `should_stop` is asked before each partition is taken.
    """
    counts = journal.counts()
    left = counts.left + counts.failed
    begun = told = time.monotonic()
    done = failures = worked = 0
    progress = Progress(0, 0, left, 0, 0.0)
    for partition, found in spread(work, _until(journal.partitions(size), should_stop)):
        outcomes = found if found is not None else _lost(partition)
        journal.settle(outcomes)
        wrong = sum(1 for one in outcomes if one.error)
        done, failures = done + len(outcomes) - wrong, failures + wrong
        worked += sum(one.size for one in outcomes)
        now = time.monotonic()
        progress = Progress(done, failures, left - done - failures, worked, now - begun)
        if now - told >= _TELL_EVERY:
            told = now
            tell(progress)
    tell(progress)
    return progress


def _until(partitions: Iterator[Partition], should_stop: Callable[[], bool]) -> Iterator[Partition]:
    while not should_stop():
        partition = next(partitions, None)
        if partition is None:
            return
        yield partition


def _lost(partition: Partition) -> list[Outcome]:
    error = Unreachable("bulk_worker", field="workers", expected="a worker that lives until the work is done")
    return [failed(row.number, error) for row in partition]
