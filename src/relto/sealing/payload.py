"""Sealing a document into encrypted segments, as a stream with flat memory (OpenTDF spec, payload).

Each segment is IV(12) || AES-256-GCM ciphertext || tag(16) with a fresh IV and no associated data. All segments but the
last have the declared size; an empty document is one empty segment, as the Go and Java clients write it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.errors import Conflict, MalformedInput
from relto.sealing.checksum import crc32
from relto.sealing.encoding import as_object, member_integer, member_list, member_text
from relto.sealing.integrity import (
    NONCE_BYTES,
    OVERHEAD,
    HashAlgorithm,
    Integrity,
    Segment,
    check_payload_key,
    encode_hash,
    segment_hash,
    sign_root,
)
from relto.sealing.payload_reading import PayloadReader, Positioned, ReadAt, Source, fill

__all__ = ["Output", "PayloadReader", "PayloadSealer", "Positioned", "ReadAt", "SealedPayload", "Source"]

SMALLEST_SEGMENT = 16 * 1024
LARGEST_SEGMENT = 4 * 1024 * 1024 - OVERHEAD
DEFAULT_SEGMENT = 2 * 1024 * 1024
MAX_SEGMENTS = 65_536

Random = Callable[[int], bytes]


class Output(Protocol):
    """Where ciphertext goes: anything with `write`, seekable or not."""

    def write(self, data: memoryview, /) -> object:
        """Take all of `data`, whose memory is used again after this call: who keeps it makes a copy."""


@dataclass(frozen=True, slots=True)
class SealedPayload:
    """What is known of a payload once it is sealed; it holds no secret and can be stored.

    `crc32` is of the ciphertext (the whole payload entry); sizes are in bytes.
    """

    segments: tuple[Segment, ...]
    root_signature: str
    plaintext_size: int
    encrypted_size: int
    crc32: int
    segment_size: int = DEFAULT_SEGMENT
    segment_hash_algorithm: HashAlgorithm = "GMAC"

    @property
    def integrity(self) -> Integrity:
        """The integrity table in the 4.3.0 form."""
        return Integrity(
            segments=self.segments,
            root_signature=self.root_signature,
            segment_hash_algorithm=self.segment_hash_algorithm,
            segment_size_default=self.segment_size,
            encrypted_segment_size_default=self.segment_size + OVERHEAD,
        )

    def as_dict(self) -> dict[str, object]:
        """Plain JSON; `from_dict` reads it back."""
        return {
            "segments": [[row.hash, row.segment_size, row.encrypted_size] for row in self.segments],
            "root_signature": self.root_signature,
            "plaintext_size": self.plaintext_size,
            "encrypted_size": self.encrypted_size,
            "crc32": self.crc32,
            "segment_size": self.segment_size,
            "segment_hash_algorithm": self.segment_hash_algorithm,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> SealedPayload:
        """The value `as_dict` gave. Raises MalformedInput."""
        field = "sealed_payload"
        algorithm = member_text(stored, "segment_hash_algorithm", field=field)
        if algorithm not in ("GMAC", "HS256"):
            raise MalformedInput("hash_algorithm", field=field, expected="GMAC or HS256")
        return cls(
            segments=tuple(
                _stored_row(row) for row in member_list(stored, "segments", field=field, max_items=MAX_SEGMENTS)
            ),
            root_signature=member_text(stored, "root_signature", field=field),
            plaintext_size=member_integer(stored, "plaintext_size", field=field),
            encrypted_size=member_integer(stored, "encrypted_size", field=field),
            crc32=member_integer(stored, "crc32", field=field, largest=0xFFFFFFFF),
            segment_size=member_integer(stored, "segment_size", field=field),
            segment_hash_algorithm="GMAC" if algorithm == "GMAC" else "HS256",
        )


def _stored_row(row: object) -> Segment:
    names = ("hash", "segment_size", "encrypted_size")
    if not isinstance(row, list | tuple) or len(row) != len(names):
        raise MalformedInput("segment_row", field="sealed_payload.segments", expected="hash and two sizes")
    members = as_object(dict(zip(names, row, strict=True)), field="sealed_payload.segments")
    return Segment(
        member_text(members, "hash", field="sealed_payload.segments"),
        member_integer(members, "segment_size", field="sealed_payload.segments"),
        member_integer(members, "encrypted_size", field="sealed_payload.segments"),
    )


class PayloadSealer:
    """Takes plaintext in pieces of any size, writes ciphertext segments to `out`; holds one segment at most.

    Its buffers are made once: a segment is gathered in one, sealed into another, and handed to `out` as a view, so that
    nothing of it is copied.
    """

    def __init__(
        self,
        out: Output,
        payload_key: bytes,
        *,
        random: Random,
        segment_size: int = DEFAULT_SEGMENT,
        segment_hash_algorithm: HashAlgorithm = "GMAC",
    ) -> None:
        """`payload_key`: 32 bytes; `random(n)`: n unpredictable bytes; `segment_size`: 16 KiB to 4 MiB less 28."""
        if not SMALLEST_SEGMENT <= segment_size <= LARGEST_SEGMENT:
            expected = f"{SMALLEST_SEGMENT} to {LARGEST_SEGMENT} bytes"
            raise MalformedInput("segment_size", field="segment_size", found=segment_size, expected=expected)
        self._cipher = AESGCM(check_payload_key(payload_key))
        self._payload_key = payload_key
        self._out = out
        self._random = random
        self._segment_size = segment_size
        self._algorithm: HashAlgorithm = segment_hash_algorithm
        self._gathered = memoryview(bytearray(segment_size))
        self._filled = 0
        self._sealed = memoryview(bytearray(segment_size + OVERHEAD))
        self._segments: list[Segment] = []
        self._raw_hashes: list[bytes] = []
        self._crc32 = 0
        self._finished = False

    def write(self, chunk: bytes | bytearray | memoryview) -> int:
        """Seal more plaintext; returns the number of bytes taken, which is all of them."""
        self._require_unfinished()
        view = memoryview(chunk).cast("B")
        taken = 0
        while taken < len(view):
            if not self._filled and len(view) - taken >= self._segment_size:
                self._seal(view[taken : taken + self._segment_size])
                taken += self._segment_size
                continue
            room = min(self._segment_size - self._filled, len(view) - taken)
            self._gathered[self._filled : self._filled + room] = view[taken : taken + room]
            taken += room
            self._gather(room)
        return taken

    def read_from(self, source: Source) -> int:
        """Read on from `source` until a segment is sealed or the source ends; returns the bytes read, 0 at its end.

        The source may be a pipe: it is asked again after a short answer, and its length need not be known.
        """
        self._require_unfinished()
        taken = fill(source, self._gathered[self._filled :])
        self._gather(taken)
        return taken

    def finish(self) -> SealedPayload:
        """Seal what is pending and sign the table. The sealer cannot be used afterwards."""
        self._require_unfinished()
        if self._filled or not self._segments:
            self._seal(self._gathered[: self._filled])
        self._finished = True
        self._gathered[:] = bytes(len(self._gathered))
        return SealedPayload(
            segments=tuple(self._segments),
            root_signature=sign_root(self._raw_hashes, self._payload_key),
            plaintext_size=sum(row.segment_size for row in self._segments),
            encrypted_size=sum(row.encrypted_size for row in self._segments),
            crc32=self._crc32,
            segment_size=self._segment_size,
            segment_hash_algorithm=self._algorithm,
        )

    def _require_unfinished(self) -> None:
        if self._finished:
            raise Conflict("payload.finished", field="payload")

    def _gather(self, count: int) -> None:
        """So many bytes more are gathered; a segment that they completed is sealed."""
        self._filled += count
        if self._filled == self._segment_size:
            self._seal(self._gathered)
            self._filled = 0

    def _seal(self, plain: memoryview) -> None:
        if len(self._segments) >= MAX_SEGMENTS:
            raise MalformedInput("segments", field="payload", expected=f"at most {MAX_SEGMENTS} segments")
        sealed = self._sealed[: len(plain) + OVERHEAD]
        nonce = self._random(NONCE_BYTES)
        sealed[:NONCE_BYTES] = nonce
        self._cipher.encrypt_into(nonce, plain, None, sealed[NONCE_BYTES:])
        self._crc32 = crc32(sealed, self._crc32)
        raw = segment_hash(self._payload_key, self._algorithm, sealed)
        self._raw_hashes.append(raw)
        self._segments.append(Segment(encode_hash(raw, legacy=False), len(plain), len(sealed)))
        self._out.write(sealed)
