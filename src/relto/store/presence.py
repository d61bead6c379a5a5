"""A worker's presence in PostgreSQL: what it holds while its session lives, and how it is woken.

Promises: a worker's name and each job that one worker alone may do are advisory locks of one session of its own, so the
server frees them the moment that session ends, however the worker ended and on whatever machine. Nobody holds a lock
twice. A worker whose session is lost knows it within seconds and holds nothing any more. Waking is a hint: whoever was
not woken looks by itself after a while (PostgreSQL 15, sections 13.3.5 and 55; LISTEN, NOTIFY).

The embedded database has none of this: there the names are lock files of one machine (relto.node.work).
"""

from __future__ import annotations

import threading
import uuid
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from relto.base.errors import Conflict

CHANNEL = "relto_work"
"""What triggers of the store notify; the payload names the round that has something to do."""
MOST_WORKERS = 1000
_NAMES, _JOBS = 0x72654C01, 0x72654C02  # advisory locks have two numbers: the first says of what kind
_LOOK_SECONDS = 0.5
_DEAD_LINK = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_DEAD_CLIENT = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"
# A lock that a dead machine held is freed after some ten seconds, not after the two hours of the system's default.


def is_shared() -> bool:
    """Whether the database is one that workers on several machines share."""
    return bool(connection.vendor == "postgresql")


class DatabasePresence:
    """One worker's session. `name` is unique for ever; `number` is free again when the session ends."""

    def __init__(self, *, alone: tuple[str, ...] = (), woken: Mapping[str, threading.Event] | None = None) -> None:
        """Take a name. `alone`: jobs to hold alone; `woken`: by round, what is set when it has something to do.

        Raises Conflict("workers") when a thousand live, and the database's errors.
        """
        import psycopg  # noqa: PLC0415  only where PostgreSQL is used

        self._trouble = psycopg.Error
        given = {**connection.get_connection_params(), **_DEAD_LINK, "autocommit": True}
        self._session: Any = psycopg.connect(**given)
        self._woken = dict(woken or {})
        self._alone = alone
        self._held: frozenset[str] = frozenset()
        self._ending = threading.Event()
        self.lost = threading.Event()
        try:
            self._session.execute(_DEAD_CLIENT)
            self.number = self._take_number()
            self._session.execute(f"LISTEN {CHANNEL}")
            self._look()
        except BaseException:
            self._session.close()
            raise
        self.name = f"{name_prefix(self.number)}{uuid.uuid4().hex[:12]}"
        self._thread = threading.Thread(target=self._attend, name="presence", daemon=True)
        self._thread.start()

    def holds(self, job: str) -> bool:
        """Whether this worker is the one that does the job now."""
        return job in self._held and not self.lost.is_set()

    def end(self) -> None:
        """Let go of everything at once."""
        self._ending.set()
        self._thread.join()
        self._close()

    def _take_number(self) -> int:
        for number in range(1, MOST_WORKERS + 1):
            if self._try(_NAMES, number):
                return number
        raise Conflict("workers", field="worker", expected=f"{MOST_WORKERS} workers at most")

    def _try(self, kind: int, number: int) -> bool:
        found = self._session.execute("SELECT pg_try_advisory_lock(%s, %s)", [kind, number]).fetchone()
        return bool(found[0])

    def _look(self) -> None:
        """Take what nobody holds."""
        for job in self._alone:
            if job not in self._held and self._try(_JOBS, job_number(job)):
                self._held |= {job}
                self._wake(job)

    def _attend(self) -> None:
        try:
            while not self._ending.is_set():
                for told in self._session.notifies(timeout=_LOOK_SECONDS):
                    self._wake(told.payload)
                self._look()
        except self._trouble:
            self._close()
        finally:
            for event in self._woken.values():
                event.set()

    def _wake(self, name: str) -> None:
        event = self._woken.get(name)
        if event is not None:
            event.set()

    def _close(self) -> None:
        self._held = frozenset()
        self.lost.set()
        self._session.close()


def name_prefix(number: int) -> str:
    """How every name begins that a worker of this number has or had."""
    return f"worker-{number}-"


def job_number(job: str) -> int:
    """The second number of a job's lock."""
    return zlib.crc32(job.encode()) & 0x7FFFFFFF


def only_while(held: Callable[[], bool], round_: Callable[[], int]) -> Callable[[], int]:
    """The same round, which does nothing while `held` says no."""
    return lambda: round_() if held() else 0
