"""The full re-check of a node's ledger: what was recorded is found sound, and whatever was changed is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import Conflict, NotVerified
from relto.ledger.leaves import LeafEvent
from relto.ledger.tree import leaf_hash
from relto.services.ledger_alarm import LedgerRounds, newest_check
from relto.services.ledger_check import LedgerCheck
from relto.services.rebuilt_log import rebuild_log
from relto.store.models import Checkpoint, Cosignature, LedgerEntry, LedgerTree, OutboxMessage
from relto.store.models import LedgerCheck as CheckRow
from tests.support.tampering.two_nodes import ORIGIN, Database, TwoNodes
from tests.unit.services_exchange.world import cosigner_keys, node_key


@pytest.fixture
def nodes(db: None, tmp_path: Path) -> Iterator[TwoNodes]:
    """Twelve entries and what the messages added, under three cosigned checkpoints, and one that waits."""
    made = TwoNodes(tmp_path)
    try:
        with made.usa_database.used():
            made.tell_the_story()
            made.record(1)
            yield made
    finally:
        made.close()


def checked(nodes: TwoNodes) -> LedgerCheck:
    check = LedgerCheck(ORIGIN, nodes.files, nodes.log[ORIGIN], node_key("USA").public)
    for _ in check.run():
        pass
    return check


def found(nodes: TwoNodes) -> set[str]:
    """The findings, but for what comes of them elsewhere."""
    return set(checked(nodes).findings.counts)


def test_what_was_recorded_is_found_sound_while_entries_wait(nodes: TwoNodes) -> None:
    check = checked(nodes)
    assert not check.findings.counts, check.findings.named
    assert check.looked_at == check.size == LedgerEntry.objects.exclude(index=None).count() > 12
    nodes.record(3)
    assert not found(nodes)


def entry(index: int) -> LedgerEntry:
    return LedgerEntry.objects.get(index=index)


def changed_leaf(_: TwoNodes) -> None:
    leaf = bytes(entry(1).leaf).replace(b"company:registered", b"company:registerex")
    LedgerEntry.objects.filter(index=1).update(leaf=leaf, leaf_hash=leaf_hash(leaf))


def changed_details(_: TwoNodes) -> None:
    row = entry(2)
    row.details = {"code": "another"}
    row.save(update_fields=["details"])


def lost_details(_: TwoNodes) -> None:
    row = entry(2)
    row.details, row.salt = {}, b""
    row.save(update_fields=["details", "salt"])


def foreign_details(_: TwoNodes) -> None:
    with connection.cursor() as cursor:
        cursor.execute('UPDATE store_ledgerentry SET details = %s WHERE "index" = 2', [b"\x01" + bytes(40)])


def changed_file(path: str) -> Callable[[TwoNodes], None]:
    def change(nodes: TwoNodes) -> None:
        place = nodes.folder / "log" / path
        size = LedgerTree.objects.get().size
        place = next(place.parent.glob(f"*.p/{size}")) if path.startswith("tile") else place
        data = bytearray(place.read_bytes())
        data[len(data) // 2] ^= 1
        place.write_bytes(data)

    return change


def removed_row(_: TwoNodes) -> None:
    LedgerEntry.objects.filter(index=1).delete()


def removed_waiting(nodes: TwoNodes) -> None:
    LedgerEntry.objects.filter(index=None).delete()
    nodes.record(1)


def removed_last(_: TwoNodes) -> None:
    LedgerEntry.objects.filter(index=None).delete()


def other_digest(_: TwoNodes) -> None:
    OutboxMessage.objects.filter(sequence=1).update(digest="0" * 64)


def other_answer(_: TwoNodes) -> None:
    first = OutboxMessage.objects.get(sequence=1)
    OutboxMessage.objects.filter(sequence=2).update(receipt=bytes(first.receipt or b""))


def lost_message(_: TwoNodes) -> None:
    OutboxMessage.objects.filter(sequence=2).delete()


def other_root(_: TwoNodes) -> None:
    Cosignature.objects.all().delete()
    Checkpoint.objects.filter(size=4).update(root=bytes(32))


def other_tree(_: TwoNodes) -> None:
    row = LedgerTree.objects.get()
    row.hashes = ["0" * 64, *row.hashes[1:]]
    row.save()


TAMPERED: list[tuple[Callable[[TwoNodes], None], set[str]]] = [
    (changed_leaf, {"entry_changed", "entry_columns"}),
    (changed_details, {"details_changed"}),
    (lost_details, {"details_missing"}),
    (foreign_details, {"details_changed"}),
    (changed_file("tile/entries/000"), {"file_changed"}),
    (changed_file("tile/0/000"), {"file_changed"}),
    (changed_file("checkpoint"), {"file_changed"}),
    (removed_row, {"entry_missing", "entries_taken_out"}),
    (removed_waiting, {"entries_taken_out"}),
    (removed_last, {"entries_taken_out"}),
    (other_digest, {"record_changed"}),
    (other_answer, {"record_changed"}),
    (lost_message, {"record_missing"}),
    (other_root, {"checkpoint_differs"}),
    (other_tree, {"tree_differs"}),
]


def test_what_was_changed_is_named(nodes: TwoNodes) -> None:
    """Each is done to the story as it was told, which is then put back."""
    told, log, kept = Database(nodes.usa_database.raw), nodes.folder / "log", nodes.folder / "kept"
    shutil.copytree(log, kept)
    for tamper, codes in TAMPERED:
        tamper(nodes)
        assert found(nodes) == codes, tamper
        told.raw.backup(nodes.usa_database.raw)
        shutil.rmtree(log)
        shutil.copytree(kept, log)
    assert not found(nodes)
    told.close()


def test_the_receiver_s_answers_are_compared_too(nodes: TwoNodes) -> None:
    with nodes.ind_database.used():
        own = FolderLogFiles(nodes.folder / "ind-log")
        check = LedgerCheck("ind.localhost/log", own, (), node_key("IND").public)
        rows = [*check.run()]
        assert rows
        assert set(check.findings.counts) == set(), check.findings.named
        with connection.cursor() as cursor:
            cursor.execute("UPDATE store_inboxmessage SET answer = envelope")
        again = LedgerCheck("ind.localhost/log", own, (), node_key("IND").public)
        assert [*again.run()]
        assert again.findings.counts == {"record_changed": 2}


def test_a_running_node_looks_in_short_steps_and_enters_what_it_finds_once(nodes: TwoNodes) -> None:
    rounds = LedgerRounds(
        nodes.usa, lambda: LedgerCheck(ORIGIN, nodes.files, nodes.log[ORIGIN], node_key("USA").public)
    )
    assert rounds.round() == 1
    first = newest_check()
    assert first is not None
    assert (first.counts, first.entry) == ({}, "")
    assert rounds.round() == 0
    changed_details(nodes)
    nodes.clock.pass_time(days=1)
    for _ in range(2):
        assert rounds.round() == 1
        nodes.clock.pass_time(days=1)
    told = newest_check()
    assert told is not None
    assert told.counts == {"details_changed": 1}
    assert told.named == ({"code": "details_changed", "place": "entry:2"},)
    assert [row.entry for row in LedgerEntry.objects.filter(event=LeafEvent.LEDGER_DAMAGED)] == [told.entry]
    assert CheckRow.objects.count() == 1


def test_lost_files_are_made_anew_only_for_what_the_witness_cosigned(nodes: TwoNodes) -> None:
    before = {path: path.read_bytes() for path in sorted((nodes.folder / "log").rglob("*")) if path.is_file()}
    for path in before:
        path.unlink()
    assert "file_missing" in found(nodes)
    keys, witness = nodes.log[ORIGIN], nodes.own_witness.verifiers
    made = rebuild_log(nodes.usa, nodes.files, keys, witness)
    assert made.size == made.vouched == LedgerTree.objects.get().size
    # Partial tiles of smaller trees are not made: nobody asks for them any more.
    assert [path for path in before if path.exists() and path.read_bytes() != before[path]] == []
    assert not found(nodes)
    with pytest.raises(NotVerified):
        rebuild_log(nodes.usa, nodes.files, keys, [key.verifier for key in cosigner_keys("stranger.localhost/w")])
    changed_leaf(nodes)
    with pytest.raises(NotVerified):
        rebuild_log(nodes.usa, nodes.files, keys, witness)
    Cosignature.objects.all().delete()
    Checkpoint.objects.update(witnessed_at=None)
    with pytest.raises(Conflict):
        rebuild_log(nodes.usa, nodes.files, keys, witness)
