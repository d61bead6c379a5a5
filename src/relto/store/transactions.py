"""One durable transaction that is never run twice: what a committer does when the database does not say how it ended.

Rules: whatever fails before the commit left nothing. When the commit itself fails, as it does when the connection is
lost or the disk is full, the transaction may be durable all the same; so each one writes its number into its writer's
row (CommitMark), and that row is read before anything is run again. When the number is there, the results that were
computed in that attempt are the results. When nobody can tell, nothing is run again and the caller learns that the
database is unreachable.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from relto.base.errors import Unreachable

if TYPE_CHECKING:
    from django.db.models import Manager

    from relto.store.models import CommitMark

Result = TypeVar("Result")
_TROUBLE = (OperationalError, InterfaceError)
_PAUSES = (0.0, 0.1, 0.5, 2.0)  # seconds before each look for the mark: a database that restarts needs some
_KEPT = timedelta(days=30)
_MARK = "UPDATE store_commitmark SET number = %s, written_at = CURRENT_TIMESTAMP WHERE writer = %s"


class InDoubtError(Exception):
    """Whether the transaction is durable is not known: it must not be run again. Committers say it as Unreachable."""


class _Attempt(Generic[Result]):
    """What one attempt computed; `whole` once nothing was left to do but the commit."""

    def __init__(self) -> None:
        self.result: Result
        self.whole = False


class Writer(threading.local):
    """Runs work in transactions of its own, one at a time: each thread that uses it is a writer with its own row."""

    def __init__(self) -> None:
        """No row is made before the first transaction."""
        self._writer = ""
        self._number = 0

    def transact(self, work: Callable[[], Result], *, tries: int) -> Result:
        """The result of `work`, durable on return; run again, `tries` times at most, while nothing of it is durable.

        Raises InDoubtError; or else, when nothing of it is durable, Unreachable("database") and whatever else `work` or
        the commit raised.
        """
        for attempt in range(1, tries + 1):
            made = _Attempt[Result]()
            try:
                self._try(work, made)
            except Exception as error:
                if made.whole and self._is_durable():
                    return made.result
                if not isinstance(error, _TROUBLE):
                    raise
                if attempt == tries:
                    raise unreachable() from error
                connection.close()
            else:
                return made.result
        raise AssertionError  # the last attempt returned or raised

    def _try(self, work: Callable[[], Result], made: _Attempt[Result]) -> None:
        if not self._writer:
            self._begin()
        self._number += 1
        with transaction.atomic():
            made.result = work()
            self._mark()
            made.whole = True

    def _mark(self) -> None:
        with connection.cursor() as cursor:  # every transaction pays for it: a statement made once, not each time
            cursor.execute(_MARK, [self._number, self._writer])
            if not cursor.rowcount:
                _marks().create(writer=self._writer, number=self._number, written_at=Now())

    def _begin(self) -> None:
        """Make the row apart from any work: who looks for the mark then waits until a commit under way has ended."""
        writer = uuid.uuid4().hex
        with transaction.atomic():
            _marks().filter(written_at__lt=Now() - _KEPT).delete()
            _marks().create(writer=writer, written_at=Now())
        self._writer = writer

    def _is_durable(self) -> bool:
        """Whether the mark of the newest attempt is there. Raises InDoubtError when the database does not say."""
        for pause in _PAUSES:
            time.sleep(pause)
            connection.close()  # it may be lost; closing it also ends what it had begun
            try:
                with transaction.atomic():
                    row = _marks().select_for_update().filter(writer=self._writer).first()
            except _TROUBLE:
                continue
            return row is not None and row.number == self._number
        raise InDoubtError


def _marks() -> Manager[CommitMark]:
    """The rows; their model is found when it is needed, because committers are imported before Django is set up."""
    from relto.store.models import CommitMark as Model  # noqa: PLC0415  see above

    return Model.objects


def unreachable() -> Unreachable:
    """What a caller is told when the database did not take a transaction, or does not say whether it did."""
    return Unreachable("database", field="database", expected="a database that takes the transaction")


def trouble(error: BaseException) -> bool:
    """Whether the database itself failed, so that the whole transaction is in question and not one step."""
    return isinstance(error, _TROUBLE)
