"""The journal of one bulk run: an SQLite file beside the archive that says of each file how far it is.

Promises: `started` is durable before a file is touched, `done` only after what was made of it is; so whoever is killed
at any moment resumes with the files that are not done, and what was under way is recognised by its identity, which is
made from the run, the file's relative path and its content alone. Nothing is held in memory but one partition. One run
at a time has the journal (a lock of an open file that ends with the process). The file holds relative paths of
documents: it is readable by its owner alone, and no line of it goes anywhere else.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from relto.adapters.durable_files import OWNER_ONLY, lock
from relto.base.errors import Conflict, MalformedInput
from relto.client.bulk.work import DONE, FAILED, PLANNED, STARTED, Counts, Found, Outcome, Planned
from relto.client.files import writing

_VERSION: Final = "1"
_FILES_A_COMMIT: Final = 1000
_SCHEMA: Final = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE file (
    number INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'started', 'done', 'failed')),
    is_stale INTEGER NOT NULL DEFAULT 0,
    made TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX file_by_state ON file (state, is_stale);
"""
# A file whose start is recorded keeps the size and time it was started with: what changed since is not taken for it.
_PLAN: Final = """
INSERT INTO file (path, size, changed_at, state) VALUES (?1, ?2, ?3, 'planned')
ON CONFLICT (path) DO UPDATE SET
    size = CASE state WHEN 'planned' THEN ?2 WHEN 'failed' THEN ?2 ELSE size END,
    changed_at = CASE state WHEN 'planned' THEN ?3 WHEN 'failed' THEN ?3 ELSE changed_at END,
    is_stale = (state = 'done' AND (size <> ?2 OR changed_at <> ?3))
"""
_NEXT: Final = """
SELECT number, path, size, changed_at, state FROM file WHERE number > ? AND state <> 'done' ORDER BY number LIMIT ?
"""


class Journal:
    """An open journal. Only the process that holds it writes to it; workers hand their outcomes back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Takes a connection whose schema is there; use `open_journal`."""
        self._connection = connection

    @property
    def namespace(self) -> uuid.UUID:
        """The run's own random name, which every identity in it is made from."""
        return uuid.UUID(self._said("namespace"))

    @property
    def created_at(self) -> str:
        """When the run began, as an instant's text."""
        return self._said("created_at")

    def plan(self, found: Iterable[Found]) -> None:
        """Add what an archive holds; what is done stays done, what failed is planned as it is now."""
        rest = iter(found)
        while rows := [(one.path, one.size, one.changed_at) for one in islice(rest, _FILES_A_COMMIT)]:
            with self._connection:
                self._connection.executemany(_PLAN, rows)

    def partitions(self, size: int) -> Iterator[tuple[Planned, ...]]:
        """Every file that is not done, `size` at a time, each once. They are durably `started` when they are given."""
        last = 0
        while rows := self._connection.execute(_NEXT, (last, size)).fetchall():
            last = rows[-1][0]
            with self._connection:
                self._connection.executemany(
                    "UPDATE file SET state = 'started', error = '' WHERE number = ?", [(row[0],) for row in rows]
                )
            yield tuple(Planned(number, path, bytes_, at, state == STARTED) for number, path, bytes_, at, state in rows)

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Record how a partition ended; call it only when what was made is durable."""
        rows = [
            (
                FAILED if one.error else DONE,
                one.made,
                json.dumps(one.error, ensure_ascii=False, sort_keys=True) if one.error else "",
                one.number,
            )
            for one in outcomes
        ]
        with self._connection:
            self._connection.executemany("UPDATE file SET state = ?, made = ?, error = ? WHERE number = ?", rows)

    def counts(self) -> Counts:
        """How many files are in each state, and how many changed after they were done."""
        rows = self._connection.execute("SELECT state, is_stale, count(*) FROM file GROUP BY state, is_stale")
        found = {(state, is_stale): number for state, is_stale, number in rows}
        by_state = {state: sum(n for (one, _), n in found.items() if one == state) for state in _STATES}
        return Counts(**by_state, changed=sum(n for (_, is_stale), n in found.items() if is_stale))

    def failures(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The relative path of each file that failed, with its error as `as_dict` gives one, in the order of the plan.

        A file that changed after it was done comes with conflict.bulk_changed.
        """
        for path, error in self._connection.execute(
            "SELECT path, error FROM file WHERE state = 'failed' OR is_stale ORDER BY number"
        ):
            yield os.fsdecode(path), json.loads(error) if error else _CHANGED

    def _said(self, name: str) -> str:
        row = self._connection.execute("SELECT value FROM run WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise _unreadable()
        return str(row[0])


_STATES: Final = (PLANNED, STARTED, DONE, FAILED)
_CHANGED: Final = MappingProxyType(
    Conflict("bulk_changed", field="document", expected="the document as it was when it was done").as_dict()
)


@contextmanager
def open_journal(place: Path, work: Mapping[str, str], *, now: str) -> Iterator[Journal]:
    """The journal at `place`, made when there is none, for the work that `work` names (verb, archive, output).

    Raises Conflict("bulk_running") while another run holds it, Conflict("bulk_journal") when it is of other work,
    MalformedInput for what is no journal or cannot be written.
    """
    with writing(place, "journal"):
        handle = os.open(place.with_name(place.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY)
        try:
            if not lock(handle):
                raise Conflict("bulk_running", field="journal", expected="one run at a time")
            os.close(os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY))
            with _connected(place) as connection:
                _begun(connection, {"version": _VERSION, **work}, now)
                yield Journal(connection)
        finally:
            os.close(handle)


@contextmanager
def read_journal(place: Path) -> Iterator[Journal]:
    """A journal to look at, also while a run holds it. Raises MalformedInput."""
    if not place.is_file():
        raise MalformedInput("no_file", field="journal", found=place.name, expected="a journal of a bulk run")
    with _connected(place) as connection:
        journal = Journal(connection)
        if journal.namespace:
            yield journal


@contextmanager
def _connected(place: Path) -> Iterator[sqlite3.Connection]:
    """WAL with a full sync at each commit: a commit is durable, and a killed process leaves the last one whole."""
    connection = sqlite3.connect(place, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        yield connection
    except sqlite3.DatabaseError as error:
        raise _unreadable() from error
    finally:
        connection.close()


def _begun(connection: sqlite3.Connection, work: Mapping[str, str], now: str) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'run'").fetchone():
        said = {**work, "namespace": str(uuid.uuid4()), "created_at": now}
        rows = ", ".join("(?, ?)" for _ in said)
        values = [text for pair in said.items() for text in pair]
        connection.executescript(f"BEGIN; {_SCHEMA}")
        connection.execute(f"INSERT INTO run (name, value) VALUES {rows}", values)  # noqa: S608  question marks alone
        connection.commit()
        return
    held = dict(connection.execute("SELECT name, value FROM run"))
    for name, value in work.items():
        if held.get(name) != value:
            raise Conflict("bulk_journal", field=name, expected="the work that the journal was begun for")


def _unreadable() -> MalformedInput:
    return MalformedInput("bulk_journal", field="journal", expected="a journal of a bulk run")
