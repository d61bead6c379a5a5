"""The statement with which a node tells its partner how they stand: what a node compares itself with (promise 11).

Rules kept here:
 1. The statement is signed by the node, names both nations and repeats the asker's nonce, so it is fresh and for her.
 2. It says what the sender knows of the asker's log and messages. It proves nothing by itself: what goes beyond the
    asker's own records counts only with bytes that the asker signed (a checkpoint, a message, a receipt).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotVerified
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.exchange.schemas import check
from relto.signing.keys import StatementKey, StatementPublicKey
from relto.signing.statements import read_statement, sign_statement

KIND = "node-standing"
CURRENT_VERSION = 1
ACCEPTED_VERSIONS = frozenset({CURRENT_VERSION, max(1, CURRENT_VERSION - 1)})
NONCE_BYTES = 16
LARGEST_STANDING = 256 * 1024
_NONCE = re.compile(r"\A[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class NodeStanding:
    """What one node knows of its exchange with another, as the other asks for it.

    `log_note`: the asker's checkpoint as it was last cosigned, "" before; `awaited`: the number of the asker's next
    message, `digest` that of the one before; `next_sent`: the number of the next message to the asker, `settled`: the
    first that the asker has not answered for good.
    """

    log_note: str
    awaited: int
    digest: str
    next_sent: int
    settled: int


def check_nonce(text: str) -> str:
    """A nonce of 16 bytes in hex. Raises MalformedInput naming it."""
    if not _NONCE.match(text):
        raise MalformedInput("nonce", field="nonce", expected="32 lower-case hex digits")
    return text


def write_standing(
    standing: NodeStanding, *, sender: Nation, recipient: Nation, nonce: str, at: Instant, key: StatementKey
) -> bytes:
    """The signed statement."""
    body: dict[str, Json] = {
        "from": sender,
        "to": recipient,
        "nonce": check_nonce(nonce),
        "at": instant_text(at),
        "log": {"note": standing.log_note},
        "received": {"next": standing.awaited, "digest": standing.digest},
        "sent": {"next": standing.next_sent, "settled": standing.settled},
    }
    check(KIND, body)
    return sign_statement(KIND, CURRENT_VERSION, body, [key])


def read_standing(
    envelope: bytes, *, sender: Nation, recipient: Nation, nonce: str, trusted: Iterable[StatementPublicKey]
) -> NodeStanding:
    """What `sender` answered to `recipient`'s question with this nonce. Raises NotVerified, MalformedInput."""
    statement = read_statement(
        envelope, kind=KIND, versions=ACCEPTED_VERSIONS, trusted=trusted, max_bytes=LARGEST_STANDING
    )
    body = statement.body
    check(KIND, body)
    if (body["from"], body["to"], body["nonce"]) != (sender, recipient, nonce):
        raise NotVerified("standing", field="standing", expected="an answer to this question")
    log, received, sent = (cast("dict[str, Json]", body[name]) for name in ("log", "received", "sent"))
    return NodeStanding(
        log_note=cast("str", log["note"]),
        awaited=cast("int", received["next"]),
        digest=cast("str", received["digest"]),
        next_sent=cast("int", sent["next"]),
        settled=cast("int", sent["settled"]),
    )
