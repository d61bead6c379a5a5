"""SQLite whose commits fail when they are told to, and which knows how far its write-ahead log was made durable.

What SQLite promises with journal_mode=WAL and synchronous=FULL: COMMIT appends the transaction's frames to the log and
returns after an fsync of it; the frames of a transaction count only with its last one, the commit frame, whose checksum
covers all before it. So when the power goes, the log up to where the last returned COMMIT left it is there; of what
was appended since, any sectors may be there, and a transaction is there whole or not at all. The main file is written
by checkpoints only, which sync the log before and the file after; checkpoints are made here between steps, whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from django.db import OperationalError
from django.db.backends.sqlite3 import base

FULL = 2
_SECTOR = 512


class DatabaseWrapper(base.DatabaseWrapper):
    """One node's connection."""

    durable = 0
    """How many bytes of the write-ahead log the last returned COMMIT made durable."""
    syncs = False
    """Whether the node's own settings make a COMMIT wait for the disk."""
    before_commit: Callable[[], None] = staticmethod(lambda: None)
    after_commit: Callable[[], None] = staticmethod(lambda: None)

    def connect(self) -> None:
        """Connect by the node's own settings; then leave out the real syncs, because power goes only in this test."""
        super().connect()
        held = self.connection
        self.syncs = held.execute("PRAGMA synchronous").fetchone()[0] == FULL
        for setting in ("synchronous=OFF", "wal_autocheckpoint=0"):
            held.execute(f"PRAGMA {setting}").close()
        self.checkpoint()

    @property
    def file(self) -> Path:
        return Path(str(self.settings_dict["NAME"]))

    def log(self) -> bytes:
        place = self.file.with_name(f"{self.file.name}-wal")
        return place.read_bytes() if place.exists() else b""

    def checkpoint(self) -> None:
        """Bring all of the log into the main file, durably."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        self.durable = len(self.log())

    def _commit(self) -> None:
        self.before_commit()
        super()._commit()  # type: ignore[misc]  # Django's own, which its stubs leave out
        self.after_commit()
        if self.syncs:
            self.durable = len(self.log())

    def image(self, into: Path, chance: Random | None) -> None:
        """What is there after the power went; without a chance, what is there after a kill."""
        into.write_bytes(self.file.read_bytes())
        log = self.log()
        if chance is not None:
            log = _as_left(log, self.durable, chance)
        into.with_name(f"{into.name}-wal").write_bytes(log)


def _as_left(log: bytes, durable: int, chance: Random) -> bytes:
    """The log up to what was durable, and of the rest nothing, a beginning, or some of its sectors."""
    rest = bytearray(log[durable:])
    match chance.randrange(3):
        case 0:
            rest.clear()
        case 1:
            del rest[chance.randrange(len(rest) + 1) :]
        case _:
            for at in range(0, len(rest), _SECTOR):
                if chance.random() < 0.3:
                    rest[at : at + _SECTOR] = bytes(len(rest[at : at + _SECTOR]))
    return log[:durable] + bytes(rest)


class CommitFailed(OperationalError):
    """The disk did not take a commit, or took it and did not say so."""


def no_room() -> CommitFailed:
    return CommitFailed(f"database or disk is full ({os.strerror(28)})")


def not_synced() -> CommitFailed:
    return CommitFailed("disk I/O error")
