"""Portable receipts: C2SP tlog-proof v1 (`.tlog-proof`). One call verifies everything or raises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.ledger.encoding import base64_text, read_base64, read_decimal, read_hash
from relto.ledger.notes import LARGEST_NOTE_BYTES
from relto.ledger.quorum import RELTO_RULES, Policy, QuorumRules, Standing, evaluate
from relto.ledger.tree import LONGEST_PATH, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
LARGEST_EXTRA_BYTES = 256 * 1024
LARGEST_PROOF_BYTES = LARGEST_NOTE_BYTES + 2 * LARGEST_EXTRA_BYTES
FILE_SUFFIX = ".tlog-proof"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof taken apart.

    Nothing is verified yet. `extra` is never authenticated; `checkpoint` is a signed note, verbatim.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def write_proof(index: int, path: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """The bytes of a tlog-proof file."""
    lines = [HEADER]
    if extra is not None:
        lines.append(f"extra {base64_text(extra)}")
    lines += [f"index {index}", *(base64_text(item) for item in path)]
    data = "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint
    read_proof(data)
    return data


def read_proof(data: bytes) -> TlogProof:
    """Take a proof apart. Raises MalformedInput or TooLarge."""
    if len(data) > LARGEST_PROOF_BYTES:
        raise TooLarge("proof", field="proof", found=len(data), expected=f"at most {LARGEST_PROOF_BYTES} bytes")
    head, empty_line, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedInput("proof.form", field="proof", expected="ASCII before the checkpoint") from error
    if not empty_line or lines.pop(0) != HEADER or not lines:
        raise MalformedInput(
            "proof.form", field="proof", expected=f"{HEADER}, index, path, an empty line, a checkpoint"
        )
    extra: bytes | None = None
    if lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0).removeprefix("extra "), field="extra")
        if len(extra) > LARGEST_EXTRA_BYTES:
            raise TooLarge(
                "proof.extra", field="extra", found=len(extra), expected=f"at most {LARGEST_EXTRA_BYTES} bytes"
            )
    if not lines or not lines[0].startswith("index "):
        raise MalformedInput("proof.index", field="index", expected="a line with index and a decimal")
    index = read_decimal(lines.pop(0).removeprefix("index "), field="index")
    if len(lines) > LONGEST_PATH:
        raise TooLarge("proof.path", field="path", found=len(lines), expected=f"at most {LONGEST_PATH} hashes")
    return TlogProof(index, tuple(read_hash(line, field="path") for line in lines), checkpoint, extra)


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """What a proof has shown: the entry stands at `index` of the log, in the tree that `standing.checkpoint` names."""

    origin: str
    index: int
    standing: Standing
    extra_not_authenticated: bytes | None


def verify_proof(
    proof: bytes, entry: bytes, policy: Policy, *, origin: str | None = None, rules: QuorumRules = RELTO_RULES
) -> ProvenEntry:
    """Check origin, log signatures, every known cosignature, quorum and the inclusion of `entry`, all in one call.

    `origin` narrows the policy's logs to one. Raises MalformedInput, TooLarge, UnknownValue or NotVerified; a returned
    value means that all of it holds.
    """
    taken = read_proof(proof)
    standing = evaluate(policy, taken.checkpoint, rules=rules)
    checkpoint = standing.checkpoint
    if origin is not None and checkpoint.origin != origin:
        raise NotVerified("proof.origin", field="origin", expected="the log that was asked for")
    if not standing.reached:
        raise NotVerified("quorum", field="checkpoint", found=len(standing.cosigned_by), expected="the policy's quorum")
    verify_inclusion(taken.index, checkpoint.size, leaf_hash(entry), taken.path, checkpoint.root)
    return ProvenEntry(checkpoint.origin, taken.index, standing, taken.extra)
