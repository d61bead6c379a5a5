"""A forger with root: a whole export signed again, consistently, with keys of his own."""

from __future__ import annotations

import shutil
from pathlib import Path

from relto.ledger.checkpoint import read_checkpoint, signed_checkpoint
from relto.ledger.notes import KeyType, NoteKey


def resign_folder(folder: Path) -> None:
    """Sign the folder's checkpoint again and drop the cosigned ones."""
    place = folder / "checkpoint"
    checkpoint = read_checkpoint(place.read_bytes())
    keys = [
        NoteKey.from_seed(checkpoint.origin, KeyType.ED25519, bytes([7]) * 32),
        NoteKey.from_seed(checkpoint.origin, KeyType.MLDSA44_COSIGNATURE, bytes([9]) * 32),
    ]
    place.write_bytes(signed_checkpoint(checkpoint, keys, 1_800_000_000))
    shutil.rmtree(folder / "witness", ignore_errors=True)
