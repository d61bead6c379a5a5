"""Signed checkpoints: C2SP tlog-checkpoint as signed notes, and their cosignatures (tlog-cosignature).

Promises: a log's checkpoint carries the log's Ed25519 line and its ML-DSA-44 line; lines from others enter a checkpoint
only when a known key made them; a newer cosignature of a key replaces its older one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relto.base.errors import MalformedInput
from relto.ledger.notes import (
    Note,
    NoteSigner,
    SignatureLine,
    VerifierKey,
    read_note,
    read_signature_lines,
    sign,
    sign_lines,
    verify_note,
)
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text

__all__ = [
    "Checkpoint",
    "accept_lines",
    "add_lines",
    "cosign",
    "origin_host",
    "read_checkpoint",
    "read_checkpoint_text",
    "signed_checkpoint",
]


def read_checkpoint(note: bytes | Note) -> Checkpoint:
    """The checkpoint that a note states; its signatures are NOT verified. Raises MalformedInput or TooLarge."""
    taken = read_note(note) if isinstance(note, bytes) else note
    return read_checkpoint_text(taken.text)


def signed_checkpoint(checkpoint: Checkpoint, log_keys: Sequence[NoteSigner], time: int) -> bytes:
    """The note that a log publishes. Each key's name must be the origin; `time` is in POSIX seconds."""
    if not log_keys or any(key.verifier.name != checkpoint.origin for key in log_keys):
        raise MalformedInput("checkpoint.key_name", field="log_keys", expected="keys named like the origin")
    return sign(checkpoint.text, log_keys, time).data


def cosign(note: bytes, cosigner_keys: Sequence[NoteSigner], time: int) -> bytes:
    """The cosignature lines over a checkpoint, to be sent back alone. Whether to cosign was decided before."""
    taken = read_note(note)
    read_checkpoint_text(taken.text)
    if not cosigner_keys or any(not key.verifier.key_type.is_cosignature for key in cosigner_keys):
        raise MalformedInput("cosign.key_type", field="cosigner_keys", expected="cosignature keys (type 4 or 6)")
    return b"".join(line.line for line in sign_lines(taken.text, cosigner_keys, time))


def add_lines(note: bytes, lines: bytes | Iterable[SignatureLine]) -> bytes:
    """The note with further signature lines; a line replaces an older one of the same key."""
    taken = read_note(note)
    added = read_signature_lines(lines) if isinstance(lines, bytes) else tuple(lines)
    merged = {(line.name, line.key_id): line for line in taken.signatures}
    merged.update({(line.name, line.key_id): line for line in added})
    return Note(taken.text, tuple(merged.values())).data


def accept_lines(note: bytes, lines: bytes, known: Iterable[VerifierKey]) -> bytes:
    """The note with those of `lines` that known keys made over this very checkpoint; unknown ones are dropped.

    Raises NotVerified when a known key's line is wrong or no line is of a known key.
    """
    answered = verify_note(Note(read_note(note).text, read_signature_lines(lines)), known)
    return add_lines(note, [line.signature for line in answered.lines])


def origin_host(name: str) -> str:
    """Whose log or key a name is: what stands before the first slash; a name of the form oid/... is taken whole."""
    return name if name.startswith("oid/") else name.partition("/")[0]
