"""What a witness answers: C2SP tlog-witness v1.0.0, `add-checkpoint`, decided without any I/O.

Promises: the status codes are exactly the specification's, checked in the order of `decide`; a checkpoint is cosigned
only after its answer says what to persist; a validly signed checkpoint that contradicts what was cosigned is handed out
as evidence. The caller makes `decide` and the persisting one atomic step, and answers only after it is durable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.ledger.encoding import base64_text, read_decimal, read_hash
from relto.ledger.notes import Note, VerifiedNote, VerifierKey, read_note, verify_note
from relto.ledger.tree import empty_root, verify_consistency
from relto.ledger.tree_head import Checkpoint, read_checkpoint_text

MOST_PROOF_LINES = 63
LARGEST_REQUEST_BYTES = 256 * 1024
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

OK, BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 200, 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request taken apart; nothing is verified yet."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


class CosignedMemory(Protocol):
    """What this witness has cosigned so far."""

    def latest(self, origin: str) -> Checkpoint | None:
        """The last checkpoint cosigned for this log."""

    def root_at(self, origin: str, size: int) -> bytes | None:
        """The root cosigned for this log at exactly this size, if there was one."""


class Contradiction(StrEnum):
    """Why a signed checkpoint is kept as evidence. A failed consistency proof may be a bad proof: see `conclusive`."""

    OTHER_ROOT_AT_SAME_SIZE = "other_root_at_same_size"
    EMPTY_TREE_WITH_ROOT = "empty_tree_with_root"
    NOT_SHOWN_CONSISTENT = "not_shown_consistent"

    @property
    def conclusive(self) -> bool:
        """True when the log's signatures alone convict it."""
        return self is not Contradiction.NOT_SHOWN_CONSISTENT


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP answer. `cosign` is what to persist and cosign (status 200: the body is then the lines); else None."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    cosign: VerifiedNote | None = None
    contradiction: Contradiction | None = None


def write_request(old_size: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """The body that a log sends to a witness."""
    lines = [f"old {old_size}", *(base64_text(item) for item in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note


def parse_request(body: bytes) -> AddCheckpoint:
    """Take a request apart. Raises MalformedInput or TooLarge; the answer to both is 400."""
    if len(body) > LARGEST_REQUEST_BYTES:
        raise TooLarge(
            "witness.request", field="body", found=len(body), expected=f"at most {LARGEST_REQUEST_BYTES} bytes"
        )
    head, empty_line, rest = body.partition(b"\n\n")
    try:
        old, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedInput("witness.request", field="body", expected="ASCII before the checkpoint") from error
    if not empty_line or not old.startswith("old "):
        raise MalformedInput("witness.request", field="body", expected="old size, proof, an empty line, a checkpoint")
    if len(hashes) > MOST_PROOF_LINES:
        raise TooLarge("witness.proof", field="proof", found=len(hashes), expected=f"at most {MOST_PROOF_LINES} lines")
    note = read_note(rest)
    return AddCheckpoint(
        read_decimal(old.removeprefix("old "), field="old_size"),
        tuple(read_hash(line, field="proof") for line in hashes),
        note,
        read_checkpoint_text(note.text),
    )


def _refusal(status: int, code: str, contradiction: Contradiction | None = None) -> Answer:
    return Answer(status, f"{code}\n".encode(), contradiction=contradiction)


def answer(body: bytes, known_logs: Mapping[str, Sequence[VerifierKey]], memory: CosignedMemory) -> Answer:
    """The answer to an `add-checkpoint` body: `parse_request` (400 when it is malformed), then `decide`."""
    try:
        request = parse_request(body)
    except MalformedInput as error:
        return _refusal(BAD_REQUEST, error.full_code)
    return decide(request, known_logs, memory)


def decide(request: AddCheckpoint, known_logs: Mapping[str, Sequence[VerifierKey]], memory: CosignedMemory) -> Answer:
    """The answer to a request. `memory` is asked only after a known log's signature was verified."""
    log_keys = known_logs.get(request.checkpoint.origin)
    if log_keys is None:
        return _refusal(NOT_FOUND, "unknown.origin")
    try:
        verified = verify_note(request.note, log_keys)
    except NotVerified as error:
        return _refusal(FORBIDDEN, error.full_code)
    return _judge(request, verified, memory)


def _judge(request: AddCheckpoint, verified: VerifiedNote, memory: CosignedMemory) -> Answer:
    """Compare a validly signed checkpoint with what was cosigned before."""
    new = request.checkpoint
    if request.old_size > new.size:
        return _refusal(BAD_REQUEST, "malformed.old_size")
    last = memory.latest(new.origin)
    contradiction = _contradiction(new, memory)
    if request.old_size != (last.size if last else 0):
        return Answer(CONFLICT, b"%d\n" % (last.size if last else 0), SIZE, contradiction=contradiction)
    if contradiction is not None:
        return _refusal(UNPROCESSABLE, f"not_verified.{contradiction}", contradiction)
    if request.old_size == 0:
        if request.proof:
            return _refusal(UNPROCESSABLE, "not_verified.proof_from_empty_tree")
    else:
        old_root = last.root if last else empty_root()
        try:
            verify_consistency(request.old_size, new.size, request.proof, old_root, new.root)
        except NotVerified as error:
            suspected = Contradiction.NOT_SHOWN_CONSISTENT if new.size > request.old_size else None
            return _refusal(UNPROCESSABLE, error.full_code, suspected)
    return Answer(OK, cosign=verified)


def _contradiction(new: Checkpoint, memory: CosignedMemory) -> Contradiction | None:
    if new.size == 0:
        return None if new.root == empty_root() else Contradiction.EMPTY_TREE_WITH_ROOT
    cosigned = memory.root_at(new.origin, new.size)
    if cosigned is not None and cosigned != new.root:
        return Contradiction.OTHER_ROOT_AT_SAME_SIZE
    return None
