"""A node that lives on a disk that can be cut, with its witness, and starts again from what was left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from django.db import connections
from django.db.utils import ConnectionHandler

from relto.adapters import durable_files
from relto.adapters.log_files import FolderLogFiles
from relto.adapters.system import TOLERATED_SKEW
from relto.base.errors import Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.notes import VerifierKey
from relto.node.django_shell import _SQLITE
from relto.services.comparing import Comparison
from relto.services.house import House
from relto.services.standing import ServedStanding
from relto.store.queries.ledger import newest_known_past
from tests.support.power_cuts.backend.base import DatabaseWrapper, no_room, not_synced
from tests.support.power_cuts.disk import IO_ERROR, NO_ROOM, RecordedDisk
from tests.support.power_cuts.faults import Counted, Fault, PowerCut
from tests.support.tampering.two_nodes import _empty_tables
from tests.unit.services_exchange.world import NOW, LoopLink, activate_agreement, log_keys, make_house

_CUTS = {Fault.POWER_CUT, Fault.POWER_CUT_AT_COMMIT}
_COMMITS = {
    Fault.POWER_CUT_AT_COMMIT,
    Fault.COMMIT_FAILED,
    Fault.COMMIT_IN_DOUBT,
    Fault.DATABASE_FULL,
}


@dataclass
class JumpingClock:
    """The world's time, with a jump; it refuses as the machine's clock does (relto.adapters.system)."""

    moment: Instant = NOW
    jump: timedelta = timedelta()
    guarded: bool = False

    def now(self) -> Instant:
        """The present instant by this clock. Raises Unreachable("clock")."""
        shown = self.moment + self.jump
        past = newest_known_past() if self.guarded else None
        if past is not None and shown < past - TOLERATED_SKEW:
            raise Unreachable("clock", field="clock")
        return shown


@dataclass
class Node:
    """One nation's node, from one start to the next."""

    nation: Nation
    root: Path
    chance: Random
    counted: Counted
    clock: JumpingClock = field(default_factory=JumpingClock)
    planned: Fault | None = None
    """A fault of the disk or a commit that is to come next."""
    gone: Fault | None = None
    """Struck, and not yet started again."""
    starts: int = 0

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True)
        self.origin = f"{self.nation.lower()}.localhost/log"
        self.keys = log_keys(self.nation)
        self.log: Mapping[str, tuple[VerifierKey, ...]] = {
            self.origin: (self.keys.ed25519.verifier, self.keys.mldsa44.verifier)
        }
        self.partners: dict[Nation, LoopLink] = {}
        self.comparison: Comparison | None = None
        first = self.root / "0"
        (first / "files").mkdir(parents=True)
        with sqlite3.connect(first / "database") as made:
            _empty_tables().backup(made)
        made.close()
        self._open(first)
        with self.used():
            activate_agreement()

    def _open(self, place: Path, before: RecordedDisk | None = None) -> None:
        settings = {
            "ENGINE": "tests.support.power_cuts.backend",
            "NAME": str(place / "database"),
            "OPTIONS": {**_SQLITE, "init_command": f"PRAGMA locking_mode=EXCLUSIVE; {_SQLITE['init_command']}"},
        }
        wrapper = ConnectionHandler({"default": settings})["default"]
        assert isinstance(wrapper, DatabaseWrapper)
        self.database, self.place = wrapper, place
        wrapper.connect()
        wrapper.before_commit, wrapper.after_commit = self._before_commit, self._after_commit
        durable_files._durable.clear()  # what a process remembers ends with it
        self.disk = RecordedDisk(place / "files", before)
        self.disk.fails = self._disk_fails
        self.files = FolderLogFiles(place / "files" / "log")
        made = make_house(self.nation, self.clock, place / "files", self.partners)  # type: ignore[arg-type]
        self.starts += 1
        self.standing = ServedStanding(f"sta_{self.starts:024d}")
        self.house: House = replace(made, standing=self.standing)
        self.comparison = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Django speaks to this node's database."""
        before = connections["default"]
        connections["default"] = self.database
        try:
            yield
        finally:
            connections["default"] = before

    def strike(self, fault: Fault) -> None:
        """The node is gone now: keep what its disk holds, and let everything that runs fall down. Raises PowerCut."""
        self.gone = fault
        chance = self.chance if fault in _CUTS else None
        self.left = self.root / str(self.starts)
        self.left.mkdir()
        self.disk.image(self.left / "files", chance)
        self.database.image(self.left / "database", chance)
        self.planned = None
        raise PowerCut(self)

    def start_again(self) -> None:
        """Start on what was left."""
        if self.gone is not None:
            self.counted.hit(self.gone)
            self.gone = None
        self.close()
        shutil.rmtree(self.place)
        self._open(self.left, self.disk)

    def lives_on(self) -> None:
        """Python heard no error where it was struck (in a finaliser): then the power did not go."""
        if self.gone is not None:
            self.gone = None
            shutil.rmtree(self.left)

    def close(self) -> None:
        """Let everything go."""
        self.disk.close()
        held = self.database.connection
        if held is not None:
            held.close()
            self.database.connection = None

    def _take(self, *faults: Fault) -> Fault | None:
        if self.planned in faults:
            fault, self.planned = self.planned, None
            return fault
        return None

    def _disk_fails(self) -> int:
        fault = self._take(Fault.FSYNC_FAILED, Fault.DISK_FULL)
        if fault is None:
            return 0
        self.counted.hit(fault)
        return IO_ERROR if fault is Fault.FSYNC_FAILED else NO_ROOM

    def _before_commit(self) -> None:
        fault = self._take(Fault.COMMIT_FAILED, Fault.DATABASE_FULL)
        if fault is not None:
            self.counted.hit(fault)
            raise not_synced() if fault is Fault.COMMIT_FAILED else no_room()

    def _after_commit(self) -> None:
        """The frames are written; that they are durable was not yet told."""
        fault = self._take(Fault.POWER_CUT_AT_COMMIT, Fault.COMMIT_IN_DOUBT)
        if fault is Fault.POWER_CUT_AT_COMMIT:
            self.strike(fault)
        if fault is Fault.COMMIT_IN_DOUBT:
            self.counted.hit(fault)
            self.database.durable = len(self.database.log())
            raise not_synced()
