"""Openings while a release is withdrawn, on PostgreSQL with many connections; run by tests/unit/store_on_postgresql."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from relto.base.errors import Refused
from relto.sealing.manifest import Manifest, parse_manifest
from relto.services.share_release import use_decision
from relto.store.committer import GroupCommitter
from relto.store.models import DecisionRecord
from relto.store.queries.narrowing import narrow
from tests.support.houses import IND, Node
from tests.unit.services.stories import accept, arrived
from tests.unit.services.test_arriving_and_opening import open_now
from tests.unit.services.test_withdrawals import recipient, withdrawn

READERS = 4
BEFORE = 6


@pytest.mark.django_db(transaction=True)
def test_no_use_commits_after_the_withdrawal_did(tmp_path: Path) -> None:
    assert connection.vendor == "postgresql"
    node, peer = recipient(tmp_path, IND)
    arrival, sent = arrived(node, peer)
    accept(node, arrival)
    manifest = parse_manifest(sent.manifest)
    committers = [GroupCommitter(max_batch=8) for _ in range(3)]
    stop, opened, failures = threading.Event(), threading.Semaphore(0), list[BaseException]()

    def read(number: int) -> None:
        own = Node(replace(node.house, committer=committers[number % 2]), node.clock, node.people)
        try:
            while not stop.is_set():
                with suppress(Refused):
                    _open_and_use(own, manifest)
                    opened.release()
        except BaseException as error:  # noqa: BLE001  told by the test's own thread
            failures.append(error)
        finally:
            connection.close()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    for _ in range(BEFORE):
        assert opened.acquire(timeout=60)
    withdrawing = replace(node.house, committer=committers[2])
    withdrawing.commit(narrow)  # rights narrowed while everybody opens: those who ask again are served again
    assert opened.acquire(timeout=60)
    assert withdrawn(Node(withdrawing, node.clock, node.people), peer, sent) == ""
    used = DecisionRecord.objects.exclude(used_at=None).count()
    stop.wait(1.0)
    stop.set()
    for reader in readers:
        reader.join()
    for committer in committers:
        committer.close()
    assert failures == []
    assert used >= BEFORE
    assert DecisionRecord.objects.exclude(used_at=None).count() == used
    assert DecisionRecord.objects.filter(action="open", permitted=False).exists(), "they asked on, and were refused"


def _open_and_use(node: Node, manifest: Manifest) -> None:
    grant = open_now(node, "engineer", manifest)
    use_decision(
        node.house,
        decision=grant.decision,
        action="open",
        actor=node.people["engineer"],
        key_access=manifest.key_access[0],
        policy_text=manifest.policy_text,
    )
