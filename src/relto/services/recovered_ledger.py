"""Continue this node's ledger from a newer export of it, after the node was restored from an older copy.

Promises: nothing is taken that does not lead, entry by entry, from the tree held here to the very checkpoints that this
node signed and its witness cosigned; all entries are taken in one step; those that the copy had recorded but not yet
sequenced get their own places. Of an entry that comes from the export only the leaf is known: the details behind its
commitment stay lost, and are listed; what it narrowed is narrowed again (`recovered_narrowings`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relto.base.errors import Conflict, MalformedInput, NotVerified
from relto.base.instants import Instant
from relto.ledger.leaves import Leaf, LeafEvent, read_leaf
from relto.ledger.notes import Note, VerifierKey, read_note
from relto.ledger.tiles import TILE_WIDTH, FileReader, decode_entries, read_at_size
from relto.ledger.tree import CompactRange, leaf_hash
from relto.ledger.tree_head import Checkpoint
from relto.ports.log_files import LogFiles
from relto.services.comparing import own_checkpoint, root_at, tree_held
from relto.services.house import House
from relto.services.recovered_narrowings import narrow_again
from relto.services.sequencing import CHECKPOINT, write_tiles
from relto.store.models import Checkpoint as CheckpointRow
from relto.store.models import LedgerEntry, LedgerTree, Quarantine
from relto.store.queries.ledger import newest_checkpoint


@dataclass(frozen=True, slots=True)
class LostEntry:
    """An entry of which only the leaf came back."""

    index: int
    event: str
    subject: str
    at: Instant


@dataclass(frozen=True, slots=True)
class _Taken:
    """The entries of the export beyond the tree held, and the trees at the two checkpoints."""

    leaves: list[bytes]
    tree: CompactRange


def continue_ledger(
    house: House,
    files: LogFiles,
    read: FileReader | None,
    log_keys: tuple[VerifierKey, ...],
    witnessed: tuple[Checkpoint, bytes],
) -> list[LostEntry]:
    """Take from the export (`read` gives its files) what the witness has seen beyond the tree held here.

    Returns the entries of which only the leaf came back. Raises Conflict("export_needed" or "export_older" or
    "ledger_differs"), NotVerified("export"), MalformedInput; nothing is then changed.
    """
    held, (seen, note) = tree_held(), witnessed
    if seen.size <= held.size:
        if root_at(seen.size, held) != seen.root:
            raise Conflict("ledger_differs", field="ledger", expected="a beginning of what the witness cosigned")
        return []
    if read is None:
        raise Conflict(
            "export_needed", field="ledger", found=held.size, expected=f"an export of {seen.size} or more entries"
        )
    exported = read(CHECKPOINT)
    if exported is None:
        raise MalformedInput("export", field="ledger", expected="a folder with an exported ledger")
    final = own_checkpoint(house, log_keys, exported)
    if final.size < seen.size:
        raise Conflict("export_older", field="ledger", found=final.size, expected=f"{seen.size} entries or more")
    taken = _taken(read, held, seen, final)
    lost = house.commit(lambda: _take(house, held.size, taken))
    # A crash from here on leaves a tree without its files and checkpoints: the sequencer makes them, the same ones.
    published = newest_checkpoint()
    write_tiles(files, published.size if published else 0, taken.tree)
    kept = ((seen, _own_lines(note, log_keys)), (final, _own_lines(exported, log_keys)))
    house.commit(lambda: _keep_checkpoints(house, kept))
    return lost


def _own_lines(note: bytes, log_keys: tuple[VerifierKey, ...]) -> str:
    """The checkpoint with the log's own lines, as this node keeps it."""
    own = {(key.name, key.key_id) for key in log_keys}
    taken = read_note(note)
    lines = tuple(line for line in taken.signatures if (line.name, line.key_id) in own)
    return Note(taken.text, lines).data.decode()


def _taken(read: FileReader, held: CompactRange, seen: Checkpoint, final: Checkpoint) -> _Taken:
    tree = CompactRange.from_hashes(held.size, held.hashes)
    leaves: list[bytes] = []
    refused = NotVerified("export", field="ledger", expected="the entries that this node signed")
    for number in range(held.size // TILE_WIDTH, -(-final.size // TILE_WIDTH)):
        bundle = read_at_size(read, "entries", number, final.size)
        if bundle is None:
            raise refused
        first = number * TILE_WIDTH
        for index, leaf in enumerate(decode_entries(bundle), start=first):
            if index < held.size:
                continue
            leaves.append(leaf)
            tree.append(leaf_hash(leaf))
            if tree.size == seen.size and tree.root() != seen.root:
                raise refused
    if tree.size != final.size or tree.root() != final.root:
        raise refused
    return _Taken(leaves, tree)


def _take(house: House, first: int, taken: _Taken) -> list[LostEntry]:
    waiting = {bytes(row.leaf_hash): row for row in LedgerEntry.objects.filter(index=None)}
    lost: list[LostEntry] = []
    unknown: list[Leaf] = []
    for index, data in enumerate(taken.leaves, start=first):
        digest = leaf_hash(data)
        known = waiting.pop(digest, None)
        if known is not None:
            known.index = index
            known.save(update_fields=["index"])
            continue
        leaf = read_leaf(data)
        LedgerEntry.objects.create(
            entry=house.new_id("ent"),
            event=leaf.event,
            actor=leaf.actor[:32],
            company="",
            subject=leaf.subject[:64],
            leaf=data,
            leaf_hash=digest,
            salt=b"",
            details={},
            recorded_at=leaf.at,
            index=index,
        )
        lost.append(LostEntry(index, leaf.event, leaf.subject, leaf.at))
        unknown.append(leaf)
        if leaf.event == LeafEvent.QUARANTINE_LIFTED:
            keep_lifted(leaf)
    narrow_again(unknown)
    LedgerTree.objects.update_or_create(
        id=1, defaults={"size": taken.tree.size, "hashes": [one.hex() for one in taken.tree.hashes]}
    )
    return lost


def keep_lifted(leaf: Leaf) -> None:
    """A lifting that the copy does not know began another life of this node: numbers go on counting the lives."""
    Quarantine.objects.get_or_create(
        id=leaf.subject[:32],
        defaults={"since": leaf.at, "findings": [], "lifted_at": leaf.at, "lifted_by": leaf.actor[:32]},
    )


def _keep_checkpoints(house: House, kept: Iterable[tuple[Checkpoint, str]]) -> None:
    at = house.now()
    for checkpoint, note in kept:
        CheckpointRow.objects.get_or_create(
            size=checkpoint.size,
            defaults={"root": checkpoint.root, "note": note, "signed_at": at, "witnessed_at": at},
        )
