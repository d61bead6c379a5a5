"""Many steps, one durable transaction: the group commit of design.md section 2.

Rules: a step that fails leaves nothing and fails alone (savepoints, where one does); nobody is answered before
the transaction that holds the step has been flushed; a transaction that the database refuses is tried again whole,
because steps only read and write the database and may therefore run twice when the first run left nothing. Whether it
left nothing is looked up, never guessed (relto.store.transactions): no step becomes durable twice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import close_old_connections, connection, transaction

from relto.store.transactions import InDoubtError, Writer, trouble, unreachable

Result = TypeVar("Result")
Part = TypeVar("Part")
Flushed = Callable[[list[Callable[[], Any]], float], None]
_Waiting = tuple[Callable[[], Any], Future[Any]]
_TRIES = 4
_DEFAULT_BATCH = 256


@dataclass(frozen=True, slots=True)
class AlikeStep(Generic[Part, Result]):
    """A step that others of its kind may take together with it: what all of them need is read once, and written once.

    `together` takes the parts of all who wait, with what is `around` them, and answers for each: its result, or the
    error that is its alone and left nothing. Alone it is a step as any other.
    """

    together: Callable[[Any, Sequence[Part]], Sequence[Result | Exception]]
    around: Any
    part: Part

    def __call__(self) -> Result:
        """The one step. Raises what it answers as an error."""
        (found,) = self.together(self.around, [self.part])
        if isinstance(found, Exception):
            raise found
        return found


class DirectCommitter:
    """One step, one transaction, in the caller's thread: for commands and single-threaded processes."""

    def __init__(self) -> None:
        """Nothing is written before the first step."""
        self._writer = Writer()

    def run(self, step: Callable[[], Result]) -> Result:
        """The step's result, durable on return. Raises Unreachable("database").

        Called inside a transaction, the step joins it, and is durable when that one is.
        """
        if connection.in_atomic_block:
            with transaction.atomic():
                return step()
        try:
            return self._writer.transact(step, tries=1)
        except InDoubtError as error:
            raise unreachable() from error


class GroupCommitter:
    """A writer thread of one process that flushes waiting steps together."""

    def __init__(self, max_batch: int = _DEFAULT_BATCH, flushed: Flushed | None = None) -> None:
        """`max_batch`: the largest number of steps flushed in one transaction.

        `flushed`: told the steps of each durable transaction, and its seconds.
        """
        self._max_batch = max_batch
        self._flushed = flushed
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="committer", daemon=True)
        self._started = threading.Lock()
        self._writer = Writer()

    def run(self, step: Callable[[], Result]) -> Result:
        """The step's result, durable on return.

        Called from the writer thread itself, the step joins the present one.
        """
        if threading.current_thread() is self._thread:
            with transaction.atomic():
                return step()
        with self._started:
            if not self._thread.is_alive():
                self._thread.start()
        outcome: Future[Result] = Future()
        self._waiting.put((step, outcome))
        return outcome.result()

    def close(self) -> None:
        """Flush what waits and stop the writer thread."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _work(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                break
            batch = [first]
            closing = False
            while len(batch) < self._max_batch:
                try:
                    another = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if another is None:
                    closing = True
                    break
                batch.append(another)
            close_old_connections()
            self._flush(batch)
            if closing:
                break
        connection.close()

    def _flush(self, batch: list[_Waiting]) -> None:
        """Run the batch in one transaction and answer everybody who waits, whatever happens."""
        steps = [step for step, _ in batch]
        began = time.perf_counter() if self._flushed is not None else 0.0
        try:
            answers = self._transact(steps)
        except BaseException as error:  # noqa: BLE001  whoever waits is answered, and the writer lives on
            if isinstance(error, InDoubtError):
                for _, outcome in batch:
                    outcome.set_exception(unreachable())
            elif len(batch) == 1:
                batch[0][1].set_exception(error)
            else:  # a deferred constraint speaks only at the commit: run each step alone, so that one fails alone
                for waiting in batch:
                    self._flush([waiting])
            return
        for (_, outcome), (result, problem) in zip(batch, answers, strict=True):
            if problem is None:
                outcome.set_result(result)
            else:
                outcome.set_exception(problem)
        if self._flushed is not None:
            with suppress(Exception):  # who watches never stops the writer
                self._flushed(steps, time.perf_counter() - began)

    def _transact(self, steps: list[Callable[[], Any]]) -> list[tuple[Any, Exception | None]]:
        """Each step's result or error, durable on return. Raises Unreachable("database"), InDoubtError.

        Steps seldom fail, and a savepoint costs more than a small step: so they run without, and when one fails nothing
        of all is left, and each runs again in its own. Of a step that is alone the error is the caller's.
        """
        try:
            return self._writer.transact(lambda: _run_all(steps), tries=_TRIES)
        except _OneFailedError:
            return self._writer.transact(lambda: [_run_in_savepoint(step) for step in steps], tries=_TRIES)


class _OneFailedError(Exception):
    """One of several steps failed: the transaction is undone and each step runs again in a savepoint."""


def _run_all(steps: list[Callable[[], Any]]) -> list[tuple[Any, Exception | None]]:
    results: list[tuple[Any, Exception | None]] = [(None, None)] * len(steps)
    for places in _alike(steps):
        try:
            first = steps[places[0]]
            if isinstance(first, AlikeStep):
                parts = [step.part for step in (steps[place] for place in places) if isinstance(step, AlikeStep)]
                for place, found in zip(places, first.together(first.around, parts), strict=True):
                    results[place] = (None, found) if isinstance(found, Exception) else (found, None)
            else:
                results[places[0]] = (first(), None)
        except Exception as error:
            if trouble(error) or len(steps) == 1:
                raise
            raise _OneFailedError from error
    return results


def _alike(steps: list[Callable[[], Any]]) -> Iterable[list[int]]:
    """The places of steps that are taken together, each where the first of its kind stands."""
    found: dict[object, list[int]] = {}
    for place, step in enumerate(steps):
        kind = (step.together, id(step.around)) if isinstance(step, AlikeStep) else place
        found.setdefault(kind, []).append(place)
    return found.values()


def _run_in_savepoint(step: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        with transaction.atomic():
            return step(), None
    except Exception as error:
        if trouble(error):
            raise  # the whole transaction is in doubt, not this step alone
        return None, error  # the caller's thread raises it
