"""A small set of faults over two real nodes, by seed: every kind of fault, every promise checked afterwards.

The full run (two thousand faults and more) is part of `make accept`; a seed that failed anywhere is run again with
`python -m tests.support.faults.run --seed SEED`.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from tests.support.faults.invariants import first_of
from tests.support.faults.plan import Fault
from tests.support.faults.records import OPENED, Opened
from tests.support.faults.run import FaultRun, Order, Report
from tests.support.faults.workload import Volume

pytestmark = pytest.mark.story
SEED = 20261122
EACH_KIND = (
    (Fault.KILL, 2),
    (Fault.STOP, 1),
    (Fault.PARTITION, 2),
    (Fault.RESTART, 1),
    (Fault.FULL_DISK, 1),
    (Fault.CLOCK, 1),
)
Played = tuple[FaultRun, Report]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One run to its end; both nodes have stopped."""
    print(f"seed {SEED}")  # noqa: T201  shown when a test fails
    order = Order(SEED, 60, 22.0, Volume(3), rate=0.5, pause=(0.3, 0.9), kinds=EACH_KIND)
    run = FaultRun(tmp_path_factory.mktemp("faults"), order)
    try:
        yield run, run.play(print)
    finally:
        run.close()


def test_nothing_acknowledged_is_lost_doubled_or_reordered_and_nobody_opens_what_was_withdrawn(played: Played) -> None:
    _, report = played
    assert report.broken == [], first_of(report.broken)
    assert report.counted.total_with_partitions_once >= 40
    assert report.facts["releases_acknowledged"]
    assert any(one.outcome == OPENED for one in played[0].records.openings)


@pytest.mark.parametrize(
    ("done", "found"),
    [
        ("delete from store_inboxmessage where sequence = 2", "gaps, doubles or another order"),
        ("update store_channel set next_sequence = next_sequence + 1", "stands elsewhere"),
        ("delete from store_arrival where 1", "0 arrivals"),
        ("delete from store_registerentry where direction = 'received'", "0 lines 'received'"),
        ("update store_decisionrecord set used_at = null", "shares used 0 times"),
        ("delete from store_ledgerentry where event = 'opening:granted'", "no entry at"),
        ("delete from store_ledgerentry where event = 'acceptance:decided'", "is lost"),
        ('update store_ledgerentry set "index" = 100000 - "index"', "stands before"),
        ("update store_ledgerentry set leaf = x'00' where \"index\" = 3", "not the recorded ones"),
    ],
)
def test_the_checks_find_what_they_look_for(played: Played, done: str, found: str) -> None:
    """What no fault did is done here by hand to a node's database, and undone."""
    run, _ = played
    for book in run.books.values():
        database = book.folder.database
        kept = database.with_name("kept")
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
            shutil.copyfile(database, kept)
            connection.execute("pragma foreign_keys = off")
            connection.execute(done)
            connection.commit()
        try:
            if any(found in finding for finding in run.findings()):
                return
        finally:
            database.with_name(f"{database.name}-wal").unlink(missing_ok=True)
            database.with_name(f"{database.name}-shm").unlink(missing_ok=True)
            kept.replace(database)
    pytest.fail(f"not found: {found}")


def test_an_opening_that_began_after_an_acknowledged_withdrawal_is_found(played: Played) -> None:
    run, _ = played
    release = next(iter(run.records.releases.values()))
    before = replace(release)
    opened = Opened(release.recipient, "prs_x", "itm_x", release.case, time.time(), time.time(), OPENED)
    release.withdrawn = opened.began - 1.0
    run.records.openings.append(opened)
    try:
        assert any("opened after its withdrawal" in finding for finding in run.findings())
    finally:
        run.records.openings.remove(opened)
        release.withdrawn = before.withdrawn
