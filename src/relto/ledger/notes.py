"""Signed notes: C2SP signed-note v1.0.0, with the cosignature types of tlog-cosignature.

Promises: signatures of unknown keys are ignored; a known key's wrong signature condemns the whole note; a note without
one valid known signature is refused; base64 has one spelling. Signature types: 0x01 Ed25519, 0x04 Ed25519 cosignature,
0x06 ML-DSA-44 cosignature; others are never verified here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from relto.base.errors import MalformedInput, NotVerified, TooLarge, UnknownValue
from relto.ledger.encoding import LARGEST_SIZE, base64_text, read_base64
from relto.ledger.tree_head import LONGEST_ORIGIN_BYTES, read_checkpoint_text

LARGEST_NOTE_BYTES = 512 * 1024
MOST_SIGNATURES = 128
LONGEST_VKEY = 4 * 1024
SEED_BYTES = 32
KEY_ID_BYTES = 4
TIMESTAMP_BYTES = 8
_MARK = "— "
_SUBTREE_LABEL = b"subtree/v1\n\x00"
_KEY_ID = re.compile(r"\A[0-9a-f]{8}\Z")


class KeyType(IntEnum):
    """The signature type byte of a note key."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06

    @property
    def is_cosignature(self) -> bool:
        """True when the signature carries a time and speaks about a checkpoint."""
        return self is not KeyType.ED25519


_PUBLIC_KEY_BYTES = {KeyType.ED25519: 32, KeyType.ED25519_COSIGNATURE: 32, KeyType.MLDSA44_COSIGNATURE: 1312}
_SIGNATURE_BYTES = {KeyType.ED25519: 64, KeyType.ED25519_COSIGNATURE: 64, KeyType.MLDSA44_COSIGNATURE: 2420}


def check_key_name(name: str) -> str:
    """`name` if it may name a key: not empty, no Unicode space, no control character, no plus, at most 255 bytes."""
    encoded = name.encode("utf-8", "surrogateescape")
    if (
        not 1 <= len(encoded) <= LONGEST_ORIGIN_BYTES
        or not name.isprintable()
        or any(letter.isspace() or letter == "+" for letter in name)
    ):
        raise MalformedInput("note.name", field="name", expected="a key name without spaces and plus, up to 255 bytes")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that may sign notes under a name."""

    name: str
    key_type: KeyType
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse names and keys that cannot stand in a note."""
        check_key_name(self.name)
        if len(self.public_key) != _PUBLIC_KEY_BYTES[self.key_type]:
            raise MalformedInput(
                "vkey.length", field="vkey", found=len(self.public_key), expected="a key of its type's length"
            )

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, pick the key."""
        return _key_id(self.name, int(self.key_type), self.public_key)

    @property
    def vkey(self) -> str:
        """The key as text: name+keyid+base64(type || key)."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.key_type]) + self.public_key)}"

    @property
    def fingerprint(self) -> str:
        """Lower-case hex SHA-256 of type and key: what two people read to each other."""
        return hashlib.sha256(bytes([self.key_type]) + self.public_key).hexdigest()

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """The time (POSIX seconds) that a cosignature states, or None. Raises NotVerified when `signature` is wrong."""
        time: int | None = None
        if self.key_type.is_cosignature:
            time = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
            signature = signature[TIMESTAMP_BYTES:]
        wrong = NotVerified("note.signature", field="signature", key=self.name, key_id=self.key_id.hex())
        if len(signature) != _SIGNATURE_BYTES[self.key_type] or (time is not None and time > LARGEST_SIZE):
            raise wrong
        try:
            _public(self.key_type, self.public_key).verify(signature, _message(self.key_type, self.name, text, time))
        except (InvalidSignature, ValueError) as error:
            raise wrong from error
        return time


@lru_cache(maxsize=256)
def _key_id(name: str, key_type: int, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([key_type]) + public_key).digest()[:KEY_ID_BYTES]


@lru_cache(maxsize=256)
def _public(key_type: KeyType, public_key: bytes) -> Ed25519PublicKey | MLDSA44PublicKey:
    if key_type is KeyType.MLDSA44_COSIGNATURE:
        return MLDSA44PublicKey.from_public_bytes(public_key)
    return Ed25519PublicKey.from_public_bytes(public_key)


def _message(key_type: KeyType, name: str, text: bytes, time: int | None) -> bytes:
    """The bytes that a key of this type signs for a note's text (tlog-cosignature, both message forms)."""
    if time is None:
        return text
    checkpoint = read_checkpoint_text(text)
    if key_type is KeyType.ED25519_COSIGNATURE:
        return b"cosignature/v1\ntime %d\n" % time + text
    cosigner, origin = name.encode(), checkpoint.origin.encode()
    start_and_end = bytes(8) + checkpoint.size.to_bytes(8, "big")
    return b"".join(
        (
            _SUBTREE_LABEL,
            bytes([len(cosigner)]),
            cosigner,
            time.to_bytes(8, "big"),
            bytes([len(origin)]),
            origin,
            start_and_end,
            checkpoint.root,
        )
    )


def read_vkey(text: str) -> VerifierKey:
    """The key that a vkey text holds. Raises MalformedInput, or UnknownValue for a type that relto does not verify."""
    if len(text) > LONGEST_VKEY:
        raise TooLarge("vkey", field="vkey", found=len(text), expected=f"at most {LONGEST_VKEY} characters")
    parts = text.split("+", 2)
    if len(parts) != 3 or not _KEY_ID.match(parts[1]):  # noqa: PLR2004  name, id, key
        raise MalformedInput("vkey", field="vkey", expected="name+8 hex digits+base64")
    name = check_key_name(parts[0])
    data = read_base64(parts[2], field="vkey")
    if not data or data[0] not in set(KeyType):
        raise UnknownValue("vkey.type", field="vkey", found=data[0] if data else None, expected="type 1, 4 or 6")
    key = VerifierKey(name, KeyType(data[0]), data[1:])
    if key.key_id.hex() != parts[1]:
        raise MalformedInput("vkey.id", field="vkey", found=parts[1], expected="the key id of this name and key")
    return key


class NoteSigner(Protocol):
    """Whoever can sign a note's text: a key held here, or one in a token."""

    @property
    def verifier(self) -> VerifierKey:
        """The public half, with name and type."""

    def signature(self, text: bytes, time: int) -> bytes:
        """What follows the key id in a signature line; `time` is in POSIX seconds and unused by plain Ed25519."""


class NoteKey:
    """A note key whose seed is held in memory.

    Never prints its secret. ML-DSA signatures are hedged: no two are equal.
    """

    __slots__ = ("_private", "verifier")

    def __init__(self, verifier: VerifierKey, private: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
        """Use `from_seed`."""
        self.verifier = verifier
        self._private = private

    @classmethod
    def from_seed(cls, name: str, key_type: KeyType, seed: bytes) -> NoteKey:
        """The key of a 32-byte seed. One seed serves one name and one type, or signatures could be carried across."""
        if len(seed) != SEED_BYTES:
            raise MalformedInput("note.seed", field="seed", found=len(seed), expected=f"{SEED_BYTES} bytes")
        private: Ed25519PrivateKey | MLDSA44PrivateKey
        if key_type is KeyType.MLDSA44_COSIGNATURE:
            private = MLDSA44PrivateKey.from_seed_bytes(seed)
        else:
            private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(VerifierKey(name, key_type, private.public_key().public_bytes_raw()), private)

    @property
    def vkey(self) -> str:
        """The public half as text."""
        return self.verifier.vkey

    def signature(self, text: bytes, time: int) -> bytes:
        """See NoteSigner.

        A cosignature's `time` must be 1 to 2^63 - 1: zero would say nothing about the largest tree.
        """
        key_type = self.verifier.key_type
        if not key_type.is_cosignature:
            return self._private.sign(text)
        if not 1 <= time <= LARGEST_SIZE:
            raise MalformedInput("note.time", field="time", found=time, expected="POSIX seconds from 1")
        return time.to_bytes(8, "big") + self._private.sign(_message(key_type, self.verifier.name, text, time))

    def __repr__(self) -> str:
        """Name and key id only."""
        return f"NoteKey({self.verifier.name!r}, {self.verifier.key_id.hex()})"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line as it stands in a note."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> bytes:
        """The line with its newline."""
        return f"{_MARK}{self.name} {base64_text(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing is verified yet. `text` ends with its newline."""

    text: bytes
    signatures: tuple[SignatureLine, ...]

    @property
    def data(self) -> bytes:
        """The whole note."""
        return self.text + b"\n" + b"".join(item.line for item in self.signatures)


@dataclass(frozen=True, slots=True)
class VerifiedLine:
    """A signature line that a known key made; `time` is what a cosignature states, in POSIX seconds."""

    key: VerifierKey
    time: int | None
    signature: SignatureLine


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A note with at least one valid signature of a known key. `unknown` lines say nothing."""

    note: Note
    lines: tuple[VerifiedLine, ...]
    unknown: tuple[SignatureLine, ...]


def read_signature_lines(data: bytes) -> tuple[SignatureLine, ...]:
    """Signature lines without a text, such as a witness answers. Raises MalformedInput or TooLarge."""
    if len(data) > LARGEST_NOTE_BYTES:
        raise TooLarge("note", field="note", found=len(data), expected=f"at most {LARGEST_NOTE_BYTES} bytes")
    rows = _note_text(data).split("\n")
    if rows.pop() or not rows:
        raise MalformedInput("note.lines", field="note", expected="one or more signature lines, each with a newline")
    if len(rows) > MOST_SIGNATURES:
        raise TooLarge("note.signatures", field="note", found=len(rows), expected=f"at most {MOST_SIGNATURES} lines")
    return tuple(_signature_line(row) for row in rows)


def _note_text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInput("note.utf8", field="note", expected="UTF-8") from error
    if any(letter < " " and letter != "\n" for letter in text):
        raise MalformedInput("note.control", field="note", expected="no control character but newline")
    return text


def _signature_line(row: str) -> SignatureLine:
    name, space, encoded = row.removeprefix(_MARK).partition(" ")
    if not row.startswith(_MARK) or not space:
        raise MalformedInput("note.signature_line", field="note", expected="em dash, name, base64")
    data = read_base64(encoded, field="signature")
    if len(data) <= KEY_ID_BYTES:
        raise MalformedInput("note.signature_line", field="note", expected="a key id and a signature")
    return SignatureLine(check_key_name(name), data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def read_note(data: bytes) -> Note:
    """Take a note apart at its last empty line. Raises MalformedInput or TooLarge."""
    if len(data) > LARGEST_NOTE_BYTES:
        raise TooLarge("note", field="note", found=len(data), expected=f"at most {LARGEST_NOTE_BYTES} bytes")
    at = data.rfind(b"\n\n")
    if at < 0:
        raise MalformedInput("note.form", field="note", expected="a text, an empty line, signature lines")
    text = data[: at + 1]
    _note_text(text)
    return Note(text, read_signature_lines(data[at + 2 :]))


def sign(text: bytes, signers: Sequence[NoteSigner], time: int) -> Note:
    """A note over `text` (UTF-8 with a final newline) signed by each signer in turn. `time` is in POSIX seconds."""
    if not text.endswith(b"\n"):
        raise MalformedInput("note.text", field="text", expected="a final newline")
    _note_text(text)
    return Note(text, sign_lines(text, signers, time))


def sign_lines(text: bytes, signers: Sequence[NoteSigner], time: int) -> tuple[SignatureLine, ...]:
    """The signature lines alone."""
    return tuple(
        SignatureLine(signer.verifier.name, signer.verifier.key_id, signer.signature(text, time)) for signer in signers
    )


def verify_note(data: bytes | Note, known: Iterable[VerifierKey]) -> VerifiedNote:
    """Check every line of a known key. Raises MalformedInput, TooLarge, or NotVerified (see the module's promises)."""
    note = read_note(data) if isinstance(data, bytes) else data
    keys = {(key.name, key.key_id): key for key in known}
    verified: list[VerifiedLine] = []
    unknown: list[SignatureLine] = []
    for line in note.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None:
            unknown.append(line)
        else:
            verified.append(VerifiedLine(key, key.verify(note.text, line.signature), line))
    if not verified:
        raise NotVerified("note.no_known_key", field="note", expected="a valid signature of a known key")
    return VerifiedNote(note, tuple(verified), tuple(unknown))
