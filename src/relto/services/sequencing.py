"""Give committed entries their place in the tree, and sign checkpoints of it (states recorded -> sequenced).

Promises: one sequencer at a time (lease with fencing); entries get consecutive indexes in the order of their serial
numbers and keep them; tiles are a function of the entries, written and durable before a checkpoint that needs them is
published; a checkpoint is in the database (one for each size) before anybody sees it, so two different ones of a size
never exist; a checkpoint is signed only when the tree grew. After a crash the next run does again what was not
finished, with the same result.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from relto.base.errors import NotVerified
from relto.ledger.checkpoint import signed_checkpoint
from relto.ledger.notes import NoteSigner
from relto.ledger.tiles import TILE_WIDTH, TileReader, bundles_for_growth, read_tile_path, tiles_for_growth
from relto.ledger.tree import CompactRange
from relto.ledger.tree_head import Checkpoint
from relto.ports.log_files import LogFiles
from relto.services.house import House
from relto.services.leases import HeldLease, check_lease, take_lease
from relto.store.models import Checkpoint as CheckpointRow
from relto.store.models import LedgerEntry, LedgerTree
from relto.store.queries.ledger import newest_checkpoint

LEASE = "sequencer"
MOST_AT_ONCE = 4096
CHECKPOINT = "checkpoint"
_TREE = 1


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of this node's log, both named like its origin: an Ed25519 line and an ML-DSA-44 line."""

    ed25519: NoteSigner
    mldsa44: NoteSigner


def sequence(house: House, keys: LogKeys, files: LogFiles, owner: str) -> int:
    """Sequence what waits and publish one checkpoint of it; returns how many entries a new checkpoint covers."""
    published = newest_checkpoint()
    waiting = LedgerEntry.objects.filter(index=None).exists()
    if not waiting and published is not None and published.size == _tree_size():
        _publish(files, published.note)
        return 0
    lease = take_lease(house, LEASE, owner)
    if lease is None or (not waiting and not _tree_size()):
        return 0
    tree = house.commit(lambda: _assign(house, lease))
    published = newest_checkpoint()
    covered = published.size if published else 0
    if tree.size > covered:
        write_tiles(files, covered, tree)
        _sign(house, keys, lease, tree)
    newest = newest_checkpoint()
    if newest is not None:
        _publish(files, newest.note)
    return tree.size - covered


def _tree_size() -> int:
    row = LedgerTree.objects.filter(id=_TREE).first()
    return row.size if row else 0


def _assign(house: House, lease: HeldLease) -> CompactRange:
    """Give the waiting entries their indexes; the tree as it then stands."""
    house.standing.require_own()
    check_lease(lease)
    row, _ = LedgerTree.objects.select_for_update().get_or_create(id=_TREE, defaults={"size": 0, "hashes": []})
    tree = CompactRange.from_hashes(row.size, [bytes.fromhex(item) for item in row.hashes])
    waiting = LedgerEntry.objects.filter(index=None).order_by("serial").values_list("serial", "leaf_hash")
    places: list[tuple[int, int]] = []
    for serial, leaf_hash in waiting[:MOST_AT_ONCE]:
        places.append((tree.size, serial))
        tree.append(bytes(leaf_hash))
    if places:
        table = connection.ops.quote_name(LedgerEntry._meta.db_table)  # noqa: SLF001  Django's documented _meta API
        index, serial_column = connection.ops.quote_name("index"), connection.ops.quote_name("serial")
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {index} = %s WHERE {serial_column} = %s", places)  # noqa: S608  names of our own table
        row.size = tree.size
        row.hashes = [item.hex() for item in tree.hashes]
        row.save()
    return tree


def write_tiles(files: LogFiles, covered: int, tree: CompactRange) -> None:
    """Write the tiles that lead from the published size to the tree's, and compare their root with the tree's."""
    size = covered
    made: list[str] = []
    while size < tree.size:
        upto = min(tree.size, (size // TILE_WIDTH + MOST_AT_ONCE // TILE_WIDTH) * TILE_WIDTH)
        rows = LedgerEntry.objects.filter(index__gte=size, index__lt=upto).order_by("index")
        found = [(bytes(leaf), bytes(digest)) for leaf, digest in rows.values_list("leaf", "leaf_hash")]
        growth = bundles_for_growth(size, upto, files.read, [leaf for leaf, _ in found])
        growth |= tiles_for_growth(size, upto, files.read, [digest for _, digest in found])
        files.write(growth)
        made += growth
        size = upto
    if TileReader(files.read, tree.size).root() != tree.root():
        raise NotVerified("log.root", field="ledger", expected="tiles that give the root of the entries")
    for path in made:
        name = read_tile_path(path)
        if name is not None and name.width == TILE_WIDTH:
            files.remove_folder(f"{path}.p")


def _sign(house: House, keys: LogKeys, lease: HeldLease, tree: CompactRange) -> None:
    at = house.now()
    checkpoint = Checkpoint(house.ledger_origin, tree.size, tree.root())
    note = signed_checkpoint(checkpoint, (keys.ed25519, keys.mldsa44), int(at.timestamp())).decode()

    def step() -> None:
        house.standing.require_own()
        check_lease(lease)
        CheckpointRow.objects.get_or_create(
            size=tree.size, defaults={"root": tree.root(), "note": note, "signed_at": at}
        )

    house.commit(step)


def _publish(files: LogFiles, note: str) -> None:
    data = note.encode()
    if files.read(CHECKPOINT) != data:
        files.write({CHECKPOINT: data})
