"""Many writers at once on one PostgreSQL database; run by tests/unit/store_on_postgresql, where rows are contended."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from relto.adapters.log_files import FolderLogFiles
from relto.ledger.leaves import LeafEvent
from relto.services.book import enter
from relto.services.leases import take_lease
from relto.services.sending import queue_message
from relto.services.sequencing import sequence
from relto.store.committer import GroupCommitter
from relto.store.models import Checkpoint, LedgerEntry, OutboxMessage
from tests.unit.services_exchange.world import BODY, IND, activate_agreement, log_keys, make_world

WRITERS = 6
EACH = 12


def test_the_engine_is_postgresql(db: None) -> None:
    assert connection.vendor == "postgresql"


@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_one_gapless_chain_and_one_tree(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    activate_agreement()
    committers = [GroupCommitter(max_batch=8) for _ in range(2)]
    houses = [replace(world.usa, committer=committer) for committer in committers]
    failures: list[BaseException] = []

    def write(number: int) -> None:
        house = houses[number % 2]
        try:
            for _ in range(EACH):
                house.commit(lambda: queue_message(house, IND, "assurance", BODY))
                house.commit(lambda: enter(house, LeafEvent.ITEM_REGISTERED, actor="prs_a", subject="itm_a"))
        except BaseException as error:  # noqa: BLE001  told by the test's own thread
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    files = FolderLogFiles(tmp_path / "log")
    while any(writer.is_alive() for writer in writers):
        sequence(world.usa, log_keys("USA"), files, "sequencer")
    for writer in writers:
        writer.join()
    sequence(world.usa, log_keys("USA"), files, "sequencer")
    for committer in committers:
        committer.close()
    assert failures == []
    rows = OutboxMessage.objects.order_by("sequence")
    assert [row.sequence for row in rows] == list(range(1, WRITERS * EACH + 1))
    indexes = LedgerEntry.objects.order_by("index").values_list("index", flat=True)
    assert list(indexes) == list(range(WRITERS * EACH))
    newest = Checkpoint.objects.order_by("-size").first()
    assert newest is not None
    assert newest.size == WRITERS * EACH


@pytest.mark.django_db(transaction=True)
def test_one_of_many_takes_a_lease(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    taken: list[str] = []

    def take(number: int) -> None:
        try:
            if take_lease(world.usa, "work", f"worker-{number}") is not None:
                taken.append(f"worker-{number}")
        finally:
            connection.close()

    workers = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(taken) == 1
