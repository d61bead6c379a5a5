"""Messages from node to node: what is signed, what is read, and which versions are understood.

Rules kept here (design.md section 3 "Wire"; AS4's reception awareness with digests and signed receipts):
 1. A message is the signed statement "message": id, from, to, sequence, previous, created, kind, body and, when bytes
    travel beside it, the payload's SHA-256 and size. Its digest is that of the signed (canonical) payload, not of its
    wrapping.
 2. Versions N and N-1 are read, N is written. Unknown members are ignored unless the sender called them critical.
 3. The whole message and the body of its kind follow a JSON Schema (exchange/schemas); a body that does not is refused
    whole.
 4. `created` is information: no message is refused for its age (receipts are kept for ever, order is the sequence's).
 5. The first message of a channel has sequence 1 and previous ""; each later one names the digest of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import MalformedInput, NotVerified
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.exchange.schemas import check
from relto.signing.envelope import read_envelope
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import read_statement, sign_statement

CURRENT_VERSION = 1
ACCEPTED_VERSIONS = frozenset({CURRENT_VERSION, max(1, CURRENT_VERSION - 1)})
KINDS = (
    "assurance",
    "release",
    "acceptance",
    "withdrawal",
    "disposition",
    "third-party-request",
    "third-party-answer",
    "dossier-step",
    "alignment",
)
LARGEST_MESSAGE = 4 * 1024 * 1024
LARGEST_PAYLOAD = 64 * 1024**3
_UNDERSTOOD = frozenset({"payload"})


@dataclass(frozen=True, slots=True)
class PayloadFact:
    """Bytes that travel beside a message: lower-case hex SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message; when it was read from an envelope, its signature by `sender` holds."""

    id: str
    sender: Nation
    recipient: Nation
    sequence: int
    previous: str
    created: Instant
    kind: str
    body: dict[str, Json]
    payload: PayloadFact | None
    digest: str


def write_message(
    *,
    message_id: str,
    sender: Nation,
    recipient: Nation,
    sequence: int,
    previous: str,
    created: Instant,
    kind: str,
    body: dict[str, Json],
    payload: PayloadFact | None,
    key: StatementKey,
) -> tuple[bytes, str]:
    """(envelope, digest) of a new message. Raises MalformedInput when it does not follow the schemas, TooLarge."""
    members: dict[str, Json] = {
        "id": message_id,
        "from": sender,
        "to": recipient,
        "sequence": sequence,
        "previous": previous,
        "created": instant_text(created),
        "kind": kind,
        "body": body,
    }
    if payload is not None:
        members["payload"] = {"sha256": payload.sha256, "size": payload.size}
        members["critical"] = ["payload"]
    check("message", members)
    check(kind, body)
    envelope = sign_statement("message", CURRENT_VERSION, members, [key])
    return envelope, sha256_hex(read_envelope(envelope, max_bytes=LARGEST_MESSAGE).payload)


def read_message(
    envelope: bytes, *, sender: Nation, recipient: Nation, trusted: Iterable[StatementPublicKey]
) -> Message:
    """The message that `sender`'s node signed for `recipient`.

    Raises NotVerified for a signature that does not hold, or another sender or recipient than the channel's,
    MalformedInput (or TooLarge, UnknownValue) for a form, version, kind or critical member that is not understood.
    """
    statement = read_statement(
        envelope,
        kind="message",
        versions=ACCEPTED_VERSIONS,
        trusted=trusted,
        understands=_UNDERSTOOD,
        max_bytes=LARGEST_MESSAGE,
    )
    members = statement.body
    check("message", members)
    stated = (read_nation(members["from"], field="from"), read_nation(members["to"], field="to"))
    if stated != (sender, recipient):
        raise NotVerified("message.channel", field="from", found=stated[0], expected=f"{sender} to {recipient}")
    payload = cast("dict[str, Json] | None", members.get("payload"))
    return Message(
        id=read_id(members["id"], "msg"),
        sender=sender,
        recipient=recipient,
        sequence=cast("int", members["sequence"]),
        previous=cast("str", members["previous"]),
        created=read_instant(members["created"], field="created"),
        kind=cast("str", members["kind"]),
        body=cast("dict[str, Json]", members["body"]),
        payload=PayloadFact(cast("str", payload["sha256"]), cast("int", payload["size"])) if payload else None,
        digest=statement.digest,
    )


def check_body(message: Message) -> None:
    """Raises MalformedInput for a kind that is not understood or a body against the schema of its kind."""
    if message.kind not in KINDS:
        raise MalformedInput("message.kind", field="kind", found=message.kind, expected=", ".join(KINDS))
    check(message.kind, message.body)
