"""Signed checkpoints that contradict what was cosigned, kept for people: they convict a log that shows two histories.

`evidence/<hex SHA-256 of origin>/<hex SHA-256 of the checkpoint's text>.<contradiction>.request` is the request as it
came, and `….cosigned` beside it the signed checkpoint that it contradicts. Promises: kept before the refusal is
answered; each text once; at most `MOST_PER_LOG` per log, so that a log cannot fill the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from relto.base.canonical import sha256_hex
from relto.ledger.witnessing import Contradiction
from relto.witness.folder import write_whole

MOST_PER_LOG = 1000


@dataclass(frozen=True, slots=True)
class Contradicting:
    """A refused request whose checkpoint (`text`) the log validly signed, and the cosigned note that it contradicts."""

    origin: str
    text: bytes
    request: bytes
    cosigned: bytes | None
    contradiction: Contradiction


def keep_evidence(folder: Path, kept: Contradicting) -> None:
    """Keep it, durable before this returns."""
    place = folder / sha256_hex(kept.origin.encode())
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{sha256_hex(kept.text)}.{kept.contradiction}"
    if (place / f"{name}.request").exists() or len(list(place.glob("*.request"))) >= MOST_PER_LOG:
        return
    if kept.cosigned is not None:
        write_whole(place / f"{name}.cosigned", kept.cosigned)
    write_whole(place / f"{name}.request", kept.request)


def count_evidence(folder: Path) -> dict[str, int]:
    """How many pieces are kept, by contradiction."""
    counts = {kind.value: 0 for kind in Contradiction}
    for path in folder.glob("*/*.request"):
        kind = path.name.removesuffix(".request").rpartition(".")[2]
        counts[kind] = counts.get(kind, 0) + 1
    return counts
