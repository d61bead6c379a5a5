"""What a courier bundle carries of a log: the newest checkpoint, proofs of entries, a request to cosign; and back.

Promises: a proof is made for entries that the newest checkpoint covers, with the leaf beside it, and is checked on
arrival against the log's keys of the agreement bundle; a cosignature is stored only when a pinned key of the partner's
node made it over a checkpoint of this node's log.
"""

from __future__ import annotations

from collections.abc import Sequence

from relto.base.errors import MalformedInput, NotVerified, ReltoError
from relto.ledger.leaves import LeafEvent
from relto.ledger.notes import VerifierKey, read_vkey, verify_note
from relto.ledger.proofs import read_proof, write_proof
from relto.ledger.tiles import TileReader
from relto.ledger.tree import leaf_hash, verify_inclusion
from relto.ledger.tree_head import read_checkpoint_text
from relto.ledger.witnessing import write_request
from relto.ports.log_files import LogFiles
from relto.rules.parties import Party
from relto.services.checkpoints import cosigned_note
from relto.store.models import LedgerEntry
from relto.store.queries.ledger import last_cosigned, newest_checkpoint

_SETTLING = (LeafEvent.TRANSFER_RECEIVED, LeafEvent.TRANSFER_REFUSED)


def own_checkpoint_files(files: LogFiles, received: Sequence[tuple[int, str]]) -> tuple[bytes, list[tuple[int, bytes]]]:
    """(the newest checkpoint with all cosignatures, proofs of the entries behind our answers by sequence number).

    `received`: (sequence number, message id) of what was answered; an entry that waits for its place has no proof yet.
    """
    newest = newest_checkpoint()
    if newest is None or newest.size == 0:
        return b"", []
    note, reader = cosigned_note(newest), TileReader(files.read, newest.size)
    rows = LedgerEntry.objects.filter(
        subject__in=[message for _, message in received], event__in=_SETTLING, index__lt=newest.size
    ).order_by("serial")
    entries = {row.subject: row for row in rows}
    proofs: list[tuple[int, bytes]] = []
    for sequence, message in received:
        row = entries.get(message)
        if row is not None and row.index is not None:
            path = reader.inclusion_path(row.index)
            proofs.append((sequence, write_proof(row.index, path, note, bytes(row.leaf))))
    return note, proofs


def check_proof(proof: bytes, party: Party, message: str) -> str:
    """The code of what is wrong with a proof that the partner's log holds its answer to `message`; "" when it holds."""
    try:
        taken = read_proof(proof)
        checkpoint = read_checkpoint_text(verify_note(taken.checkpoint, log_keys(party)).note.text)
        if checkpoint.origin != party.log_origin:
            raise NotVerified("proof.origin", field="origin", expected="the partner's log")
        leaf = taken.extra or b""
        verify_inclusion(taken.index, checkpoint.size, leaf_hash(leaf), taken.path, checkpoint.root)
        if f'"subject":"{message}"'.encode("ascii") not in leaf:
            raise NotVerified("proof.subject", field="extra", expected="the leaf of this message")
    except ReltoError as error:
        return error.full_code
    return ""


def check_checkpoint(note: bytes, party: Party) -> str:
    """The code of what is wrong with the partner's checkpoint; "" when its log signed it."""
    try:
        found = read_checkpoint_text(verify_note(note, log_keys(party)).note.text)
        if found.origin != party.log_origin:
            raise NotVerified("checkpoint.origin", field="checkpoint", expected="the partner's log")
    except ReltoError as error:
        return error.full_code
    return ""


def log_keys(party: Party) -> list[VerifierKey]:
    """The verifier keys of the partner's log."""
    return [read_vkey(vkey) for vkey in party.log_vkeys]


def partner_cosigner(party: Party) -> str:
    """The name under which the partner's node cosigns; "" when the agreement names none."""
    return read_vkey(party.cosigner_vkeys[0]).name if party.cosigner_vkeys else ""


def witness_request(files: LogFiles, party: Party, cosigned: int) -> bytes:
    """A tlog-witness add-checkpoint request for the partner's node; b"" when it has cosigned the newest checkpoint.

    `cosigned`: the size that it says it cosigned last.
    """
    newest = newest_checkpoint()
    name = partner_cosigner(party) if newest is not None else ""
    if newest is None or not name:
        return b""
    old_size = max(last_cosigned(name), cosigned)
    if old_size >= newest.size:
        return b""
    proof = TileReader(files.read, newest.size).consistency_path(old_size, newest.size) if old_size else []
    return write_request(old_size, proof, newest.note.encode())


def witness_answer(size: int, lines: bytes) -> bytes:
    """Cosignature lines as a bundle carries them: the size of the checkpoint in the first line."""
    return f"{size}\n".encode("ascii") + lines


def read_witness_answer(data: bytes) -> tuple[int, bytes]:
    """(size, cosignature lines). Raises MalformedInput."""
    size, newline, lines = data.partition(b"\n")
    if not newline or not size.isdigit() or len(size) > len(str(2**63)):
        raise MalformedInput("courier.witness_answer", field="witness-answer", expected="a size, then lines")
    return int(size), lines
