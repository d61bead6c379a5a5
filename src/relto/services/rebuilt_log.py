"""Make the files of the log anew from the database, when they are lost or damaged.

Promises: nothing is written unless the entries of the database give the very root that the own witness cosigned last,
with its pinned keys, and the tree that the sequencer keeps and the newest checkpoint that this node signed; then every
tile, entry bundle, cosigned checkpoint and the published one is written, whole ones over damaged ones. It runs while
none of the node's processes does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.base.errors import Conflict, NotVerified
from relto.ledger.notes import VerifierKey, verify_note
from relto.ledger.tree import CompactRange, leaf_hash
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text
from relto.ledger.verification import witness_path
from relto.ports.log_files import LogFiles
from relto.services.checkpoints import cosigned_note
from relto.services.comparing import tree_held
from relto.services.house import House
from relto.services.sequencing import CHECKPOINT, write_tiles
from relto.store.models import Checkpoint as CheckpointRow
from relto.store.queries import checking
from relto.store.queries.ledger import CheckpointFact, checkpoint_fact, newest_checkpoint, newest_witnessed

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many entries the files hold now, and the size of the cosigned checkpoint that vouches for them."""

    size: int
    vouched: int


def rebuild_log(
    house: House, files: LogFiles, log_keys: Sequence[VerifierKey], witness_keys: Sequence[VerifierKey]
) -> Rebuilt:
    """Write the files of the log anew.

    Raises Conflict("not_cosigned") before a witness cosigned anything, NotVerified("log.root" or what is wrong with the
    stored checkpoints) when the database is not what was cosigned: nothing is then written.
    """
    newest, vouched = newest_checkpoint(), newest_witnessed()
    if newest is None or vouched is None:
        raise Conflict("not_cosigned", field="ledger", expected="a checkpoint that the own witness cosigned")
    verify_note(cosigned_note(vouched), witness_keys)
    trees = _trees(house.ledger_origin, {fact.size: _stated(fact, log_keys) for fact in (vouched, newest)})
    write_tiles(files, 0, trees[newest.size])
    for size in CheckpointRow.objects.exclude(witnessed_at=None).order_by("size").values_list("size", flat=True):
        fact = checkpoint_fact(size)
        if fact is not None:
            files.write({witness_path(size): cosigned_note(fact)})
    files.write({CHECKPOINT: newest.note.encode()})
    return Rebuilt(newest.size, vouched.size)


def _stated(fact: CheckpointFact, log_keys: Sequence[VerifierKey]) -> Checkpoint:
    """What this node signed. Raises NotVerified."""
    return read_checkpoint_text(verify_note(fact.note.encode(), log_keys).note.text)


def _trees(origin: str, demanded: Mapping[int, Checkpoint]) -> dict[int, CompactRange]:
    """The trees of the database's entries at the demanded sizes. Raises NotVerified when one has another root."""
    held, tree = tree_held(), CompactRange()
    found: dict[int, CompactRange] = {}
    for first in range(0, held.size, _AT_ONCE):
        for row in checking.stored_entries(first, min(first + _AT_ONCE, held.size)):
            if row.index != tree.size or row.leaf_hash != leaf_hash(row.leaf):
                raise _another(tree.size)
            tree.append(row.leaf_hash)
            if tree.size in demanded:
                found[tree.size] = CompactRange.from_hashes(tree.size, tree.hashes)
    if (tree.size, tree.hashes) != (held.size, held.hashes):
        raise _another(tree.size)
    for size, checkpoint in demanded.items():
        if size not in found or (checkpoint.origin, checkpoint.size) != (origin, size):
            raise _another(size)
        if found[size].root() != checkpoint.root:
            raise _another(size)
    return found


def _another(size: int) -> NotVerified:
    expected = "the entries of which the signed checkpoints are"
    return NotVerified("log.root", field="ledger", found=size, expected=expected)
