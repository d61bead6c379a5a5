"""Capability 21 (domain.md section 9): tamper-evident append-only log, verifiable off line (22 CFR 122.5(a)).

Accept: altering one stored record makes `verify` fail at that record; each change shows what, who, when.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.client.verification import verify_folder_on_disk
from relto.ledger.findings import Outcome
from relto.ledger.leaves import read_leaf
from relto.services.ledger_check import LedgerCheck
from relto.store.models import LedgerEntry
from tests.support.tampering.two_nodes import ORIGIN, TwoNodes
from tests.unit.services_exchange.world import node_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def nodes(db: None, tmp_path: Path) -> Iterator[TwoNodes]:
    """Two nodes with three checkpoints that both witnesses and the partner cosigned."""
    made = TwoNodes(tmp_path)
    try:
        with made.usa_database.used():
            made.tell_the_story()
            yield made
    finally:
        made.close()


def check(nodes: TwoNodes) -> LedgerCheck:
    made = LedgerCheck(ORIGIN, nodes.files, nodes.log[ORIGIN], node_key("USA").public)
    for _ in made.run():
        pass
    return made


def exported(nodes: TwoNodes) -> Path:
    folder = nodes.folder / "export"
    for path, data in nodes.export().items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def test_altering_one_stored_record_fails_at_that_record_on_the_node_and_off_line(nodes: TwoNodes) -> None:
    folder, trust = exported(nodes), nodes.folder / "trust"
    trust.write_bytes(nodes.trust())
    assert verify_folder_on_disk(folder, trust).outcome is Outcome.VERIFIED
    assert not check(nodes).findings.counts
    row = LedgerEntry.objects.get(index=1)
    leaf = read_leaf(bytes(row.leaf))
    assert (leaf.event, leaf.actor, leaf.subject) == ("company:registered", "USA", "itm_1")
    assert leaf.at, "each change shows what, who, when"

    altered = bytes(row.leaf).replace(b"itm_1", b"itm_9")
    LedgerEntry.objects.filter(index=1).update(leaf=altered)
    found = check(nodes).findings
    assert {one.place for one in found.named} == {"entry:1"}, found.named

    holding = [path for path in folder.rglob("*") if path.is_file() and bytes(row.leaf) in path.read_bytes()]
    for path in holding:
        path.write_bytes(path.read_bytes().replace(bytes(row.leaf), altered))
    report = verify_folder_on_disk(folder, trust)
    assert report.outcome is not Outcome.VERIFIED
    assert 1 in {finding.entry for finding in report.findings}, "the record that was altered"
