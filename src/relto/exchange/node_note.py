"""Signed notes of a node: C2SP signed-note v1.0.0 with an Ed25519 and an ML-DSA-87 line, both by the node's key.

Rules kept here:
 1. Both lines stand under the key's owner as name. The Ed25519 line is that of the standard (type 0x01), so any
    verifier of signed notes reads it; the ML-DSA-87 line has the type 0xff with the identifier "relto/ml-dsa-87", its
    key id is SHA-256(name, newline, 0xff, identifier, public key), as the standard has it for types without a number.
 2. A note is taken only with both lines of one known key, and both must hold. Lines of unknown keys say nothing.
 3. The first line of a text says what kind of note it is, so no note can be taken for another kind, nor for a
    checkpoint, whose first line is a log's origin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from relto.base.errors import MalformedInput, NotVerified
from relto.ledger.notes import KEY_ID_BYTES, KeyType, Note, SignatureLine, VerifierKey, read_note
from relto.signing.keys import StatementKey, StatementPublicKey

_OTHER_TYPE = b"\xff"
_IDENTIFIER = b"relto/ml-dsa-87"


def _key_ids(key: StatementPublicKey) -> tuple[bytes, bytes]:
    """(key id of the Ed25519 line, of the ML-DSA-87 line)."""
    named = key.owner.encode("ascii") + b"\n" + _OTHER_TYPE + _IDENTIFIER + key.ml_dsa_87
    classical = VerifierKey(key.owner, KeyType.ED25519, key.ed25519)
    return classical.key_id, hashlib.sha256(named).digest()[:KEY_ID_BYTES]


def sign_node_note(heading: str, text: str, key: StatementKey) -> bytes:
    """The note of one heading line and a text, which ends with a newline. Raises MalformedInput."""
    whole = f"{heading}\n{text}"
    if not whole.endswith("\n") or "\n\n" in whole or "\n" in heading:
        raise MalformedInput("note.text", field="text", expected="lines without an empty one, and a final newline")
    data = whole.encode("ascii")
    lines = (
        SignatureLine(key.owner, key_id, signature)
        for key_id, signature in zip(_key_ids(key.public), key.sign(data), strict=True)
    )
    return Note(data, tuple(lines)).data


def note_text(data: bytes, heading: str) -> str:
    """The text below the heading, before anything is verified. Raises MalformedInput."""
    start, newline, text = read_note(data).text.partition(b"\n")
    if start != heading.encode("ascii") or not newline or not text.isascii():
        raise MalformedInput("note.heading", field="note", expected=heading)
    return text.decode("ascii")


def verify_node_note(data: bytes, heading: str, trusted: Iterable[StatementPublicKey]) -> str:
    """The text below the heading, signed by one of the keys with both lines. Raises NotVerified, MalformedInput."""
    note = read_note(data)
    text = note_text(data, heading)
    given: dict[tuple[str, bytes], bytes] = {}
    for line in note.signatures:
        if given.setdefault((line.name, line.key_id), line.signature) != line.signature:
            raise MalformedInput("note.signature_line", field="note", expected="one line of a key")
    for key in trusted:
        signatures = [given.get((key.owner, key_id)) for key_id in _key_ids(key)]
        if signatures[0] is not None and signatures[1] is not None:
            key.verify(note.text, signatures[0], signatures[1])
            return text
    raise NotVerified("note.no_known_key", field="note", expected="both lines of a known key")
