"""What the witness has cosigned, in SQLite: one step reads, decides and persists, or leaves everything as it was.

Promises: `BEGIN IMMEDIATE` makes check and persist one atomic step, also between processes; `synchronous=FULL` makes it
durable before `step` ends, and nothing is answered before. Every cosigned (size, root) is kept, so a log that later
shows another root for a size is convicted.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relto.ledger.checkpoint import read_checkpoint
from relto.ledger.tree_head import Checkpoint

BUSY_SECONDS = 10
_SCHEMA = """
CREATE TABLE IF NOT EXISTS latest (origin TEXT PRIMARY KEY, time INTEGER NOT NULL, note BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (
  origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;
"""


class Step:
    """Inside one atomic step: what was cosigned, and the new checkpoint to remember. A `CosignedMemory`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Made by `WitnessState.step`."""
        self._connection = connection

    def latest_note(self, origin: str) -> bytes | None:
        """The last cosigned checkpoint with its lines."""
        row = self._connection.execute("SELECT note FROM latest WHERE origin = ?", (origin,)).fetchone()
        return bytes(row[0]) if row else None

    def latest(self, origin: str) -> Checkpoint | None:
        """The last cosigned checkpoint."""
        note = self.latest_note(origin)
        return read_checkpoint(note) if note else None

    def root_at(self, origin: str, size: int) -> bytes | None:
        """The root cosigned at this size."""
        row = self._connection.execute(
            "SELECT root FROM cosigned WHERE origin = ? AND size = ?", (origin, size)
        ).fetchone()
        return bytes(row[0]) if row else None

    def last_time(self) -> int:
        """The time of the last cosignature of any log, in POSIX seconds; 0 when there is none."""
        return int(self._connection.execute("SELECT coalesce(max(time), 0) FROM latest").fetchone()[0])

    def remember(self, checkpoint: Checkpoint, note: bytes, time: int) -> None:
        """Make this the last cosigned checkpoint of its log."""
        self._connection.execute(
            "INSERT INTO latest VALUES (?, ?, ?)"
            " ON CONFLICT (origin) DO UPDATE SET time = excluded.time, note = excluded.note",
            (checkpoint.origin, time, note),
        )
        self._connection.execute(
            "INSERT INTO cosigned VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (checkpoint.origin, checkpoint.size, checkpoint.root),
        )


class WitnessState:
    """The state file of one witness."""

    def __init__(self, path: Path) -> None:
        """Open or make the state file."""
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def step(self) -> Iterator[Step]:
        """One atomic step: durable when the block ends, undone when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Step(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Step]:
        """Read without holding up a writer."""
        with self._lock:
            yield Step(self._connection)

    def close(self) -> None:
        """Close the state file."""
        with self._lock:
            self._connection.close()
