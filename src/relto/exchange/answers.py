"""What the receiver of a message answers: a signed technical receipt or a signed refusal; and how the sender reads it.

Rules kept here (AS4 non-repudiation of receipt: a receipt is signed and carries the digests of what was received):
 1. A technical receipt says: this message, with this digest and payload digest, is held durably and was checked.
 2. A refusal carries a stable code. A final one consumes the message's sequence number; after a retryable one the same
    message may come again. A refusal that does not name the message's digest is never final for the sender: nobody can
    settle a message without having read it.
 3. The sender takes an answer only when the partner's node signed it and it names this message, digest, sequence and
    payload. Anything else leaves the message waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text, read_instant
from relto.exchange.messages import LARGEST_MESSAGE, Message
from relto.exchange.schemas import check
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import Statement, read_statement, sign_statement

CURRENT_VERSION = 1
ACCEPTED_VERSIONS = frozenset({CURRENT_VERSION, max(1, CURRENT_VERSION - 1)})
RECEIPT = "technical-receipt"
REFUSAL = "link-refusal"


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What the sender knows of a message whose answer it reads."""

    id: str
    digest: str
    sequence: int
    payload_sha256: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A verified technical receipt. `entry` is the ledger entry that the receiver wrote."""

    message: str
    received_at: Instant
    entry: str


@dataclass(frozen=True, slots=True)
class LinkRefusal:
    """A verified refusal. `final`: the sequence number is consumed and the message is settled."""

    message: str
    code: str
    final: bool
    expected_sequence: int | None


def write_receipt(message: Message, *, received_at: Instant, entry: str, key: StatementKey) -> bytes:
    """The signed receipt for a message. ML-DSA signatures differ each time: store the bytes and answer with them."""
    body: dict[str, Json] = {
        "message": message.id,
        "digest": message.digest,
        "sequence": message.sequence,
        "received_at": instant_text(received_at),
        "entry": entry,
    }
    if message.payload is not None:
        body["payload_sha256"] = message.payload.sha256
    check(RECEIPT, body)
    return sign_statement(RECEIPT, CURRENT_VERSION, body, [key])


def write_refusal(
    message: Message | None, *, code: str, final: bool, key: StatementKey, expected_sequence: int | None = None
) -> bytes:
    """The signed refusal of a message; `message` None when it could not be read, which is never final."""
    if final and message is None:
        raise MalformedInput("refusal.final", field="final", expected="a message that was read")
    body: dict[str, Json] = {
        "message": message.id if message else "",
        "digest": message.digest if message else "",
        "sequence": message.sequence if message else 0,
        "code": code,
        "final": final,
    }
    if expected_sequence is not None:
        body["expected_sequence"] = expected_sequence
    check(REFUSAL, body)
    return sign_statement(REFUSAL, CURRENT_VERSION, body, [key])


def read_answer(envelope: bytes, sent: SentMessage, *, trusted: Iterable[StatementPublicKey]) -> Receipt | LinkRefusal:
    """The partner's answer to `sent`.

    Raises NotVerified when the signature does not hold or the answer speaks of something else, MalformedInput for any
    other form.
    """
    keys = tuple(trusted)
    try:
        return _receipt(_statement(envelope, RECEIPT, keys), sent)
    except MalformedInput as error:
        if error.reason != "statement.kind":
            raise
    return _refusal(_statement(envelope, REFUSAL, keys), sent)


def _statement(envelope: bytes, kind: str, trusted: tuple[StatementPublicKey, ...]) -> Statement:
    statement = read_statement(
        envelope, kind=kind, versions=ACCEPTED_VERSIONS, trusted=trusted, max_bytes=LARGEST_MESSAGE
    )
    check(kind, statement.body)
    return statement


def _receipt(statement: Statement, sent: SentMessage) -> Receipt:
    body = statement.body
    named = (body["message"], body["digest"], body["sequence"], body.get("payload_sha256"))
    if named != (sent.id, sent.digest, sent.sequence, sent.payload_sha256):
        raise NotVerified("receipt.message", field="message", expected="a receipt for this message and payload")
    return Receipt(
        message=sent.id,
        received_at=read_instant(body["received_at"], field="received_at"),
        entry=cast("str", body["entry"]),
    )


def _refusal(statement: Statement, sent: SentMessage) -> LinkRefusal:
    body = statement.body
    named = (body["message"], body["digest"], body["sequence"])
    if named not in {(sent.id, sent.digest, sent.sequence), ("", "", 0)}:
        raise NotVerified("refusal.message", field="message", expected="a refusal of this message")
    return LinkRefusal(
        message=sent.id,
        code=cast("str", body["code"]),
        final=bool(body["final"]) and bool(body["digest"]),
        expected_sequence=cast("int | None", body.get("expected_sequence")),
    )
