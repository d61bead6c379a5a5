"""A small set of faults over two real nodes, by seed: every kind of fault, every promise checked afterwards.

The full run (two thousand faults and more) is part of `make accept`; a seed that failed anywhere is run again with
`python -m tests.support.faults.run --seed SEED`.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.support.faults import invariants
from tests.support.faults.invariants import first_of
from tests.support.faults.plan import Fault
from tests.support.faults.records import OPENED, Opened
from tests.support.faults.run import FaultRun, Order, Report
from tests.support.faults.workload import Volume

pytestmark = pytest.mark.story
SEED = 20261122
EACH_KIND = (Fault.KILL, Fault.STOP, Fault.PARTITION, Fault.RESTART, Fault.FULL_DISK, Fault.CLOCK)
Played = tuple[FaultRun, Report]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """One run to its end; both nodes have stopped."""
    print(f"seed {SEED}")  # noqa: T201  shown when a test fails
    order = Order(
        SEED,
        faults=0,
        longest_seconds=30.0,
        volume=Volume(2),
        rate=0.5,
        pause=(0.3, 0.9),
        partition=(0.3, 1.0),
        troubles=len(EACH_KIND),
        kinds=[(kind, 1) for kind in EACH_KIND],
    )
    run = FaultRun(tmp_path_factory.mktemp("faults"), order)
    try:
        yield run, run.play(print)
    finally:
        run.close()


def test_nothing_acknowledged_is_lost_doubled_or_reordered_and_nobody_opens_what_was_withdrawn(played: Played) -> None:
    run, report = played
    assert report.broken == [], first_of(report.broken)
    assert report.counted.total_with_partitions_once >= 20
    assert report.facts["releases_acknowledged"]
    assert any(one.outcome == OPENED for one in run.records.openings)


@pytest.mark.parametrize(
    ("done", "check", "found"),
    [
        ("delete from store_inboxmessage where sequence = 2", "channel", "gaps, doubles or another order"),
        ("update store_channel set next_sequence = next_sequence + 1", "channel", "stands elsewhere"),
        ("update store_outboxmessage set receipt = (select envelope from store_outboxmessage)", "channel", "answer"),
        ("delete from store_arrival", "registers", "0 arrivals"),
        ("delete from store_registerentry where direction = 'received'", "registers", "0 lines 'received'"),
        ("update store_releasecase set control_number = 'X' where state = 'accepted'", "registers", "control number"),
        ("delete from store_ledgerentry where event = 'acceptance:decided'", "acknowledged", "is lost"),
        ('update store_ledgerentry set "index" = 100000 - "index"', "acknowledged", "stands before"),
        ("update store_ledgerentry set leaf = x'00' where \"index\" = 3", "ledger", "not the recorded ones"),
        ("update store_decisionrecord set used_at = null", "openings", "shares used 0 times"),
        ("delete from store_ledgerentry where event = 'opening:granted'", "openings", "no entry at"),
    ],
)
def test_the_checks_find_what_they_look_for(played: Played, done: str, check: str, found: str) -> None:
    """What no fault did is done here by hand to both nodes' databases, and undone."""
    run, _ = played
    with ExitStack() as undone:
        for book in run.books.values():
            undone.enter_context(_changed(book.folder.database, done))
        assert any(found in finding for finding in _findings(run, check))


@contextmanager
def _changed(database: Path, done: str) -> Iterator[None]:
    kept = database.with_name("kept")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        shutil.copyfile(database, kept)
        connection.execute("pragma foreign_keys = off")
        connection.execute(done)
        connection.commit()
    try:
        yield
    finally:
        for suffix in ("-wal", "-shm"):
            database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
        kept.replace(database)


def _findings(run: FaultRun, check: str) -> Iterator[str]:
    """What one kind of check finds in all it looks at."""
    if check == "openings":
        yield from invariants.openings_have_leaves(run.books, run.granted())
        yield from invariants.openings_are_sound(run.records, run.books)
    for nation, book in run.books.items():
        other = next(one for one in run.books.values() if one is not book)
        told = [one for one in run.records.acknowledged if one.nation == nation]
        checks: dict[str, Callable[[], Iterator[str]]] = {
            "channel": partial(invariants.channel_is_gapless, book, other),
            "registers": partial(invariants.registers_agree, run.records, book, other),
            "acknowledged": partial(invariants.acknowledged_once_and_in_order, told, book),
            "ledger": partial(invariants.ledger_verifies, book, run.exports[nation], run.trust_file),
        }
        if check in checks:
            yield from checks[check]()


def test_an_opening_that_began_after_an_acknowledged_withdrawal_is_found(played: Played) -> None:
    run, _ = played
    release = next(iter(run.records.releases.values()))
    before = replace(release)
    opened = Opened(release.recipient, "prs_x", "itm_x", release.case, time.time(), time.time(), OPENED)
    release.withdrawn = opened.began - 1.0
    run.records.openings.append(opened)
    try:
        books = run.books
        found = invariants.nothing_after_withdrawal(run.records, books[release.sender], books[release.recipient])
        assert any("opened after its withdrawal" in finding for finding in found)
    finally:
        run.records.openings.remove(opened)
        release.withdrawn = before.withdrawn
