"""Opening a payload: the root signature first, then each segment before a byte of it is handed out.

A segment whose hash or tag does not hold gives nothing; what came before it was verified. Ranges read only the
segments they touch, so a page of a large document costs a page.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from relto.base.errors import MalformedInput, NotVerified
from relto.sealing.integrity import (
    HASH_BYTES,
    NONCE_BYTES,
    Integrity,
    decode_hash,
    segment_hash,
    verify_root,
)

ReadAt = Callable[[int, int], bytes]


class Input(Protocol):
    """A binary stream that stands at the start of the payload; it need not be seekable."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


class PayloadReader:
    """A verified view of one payload: `chunks()` gives it all in order, `read_range()` a part of it."""

    def __init__(self, read_at: ReadAt, integrity: Integrity, payload_key: bytes) -> None:
        """`read_at(offset, size)` reads within the payload entry. Raises NotVerified("root") before reading any."""
        verify_root(integrity, payload_key)
        self._read_at = read_at
        self._payload_key = payload_key
        self._cipher = AESGCM(payload_key)
        self._integrity = integrity
        self._plain_starts = [0, *accumulate(row.segment_size for row in integrity.segments)]
        self._cipher_starts = [0, *accumulate(row.encrypted_size for row in integrity.segments)]

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return self._plain_starts[-1]

    def chunks(self) -> Iterator[bytes]:
        """The document, one verified segment at a time. Raises NotVerified("segment") at the first that fails."""
        for index in range(len(self._integrity.segments)):
            plain = self._segment(index)
            if plain:
                yield plain

    def read_range(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes `start` (included) to `end` (excluded) of the document; touches only the segments needed."""
        if not 0 <= start <= end <= self.size:
            raise MalformedInput("range", field="range", expected=f"0 <= start <= end <= {self.size}")
        return self._range(start, end)

    def _range(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            index = bisect_right(self._plain_starts, start) - 1
            offset = self._plain_starts[index]
            part = self._segment(index)[start - offset : end - offset]
            yield part
            start += len(part)

    def _segment(self, index: int) -> bytes:
        row = self._integrity.segments[index]
        encrypted = self._read_at(self._cipher_starts[index], row.encrypted_size)
        if len(encrypted) != row.encrypted_size:
            raise NotVerified("segment", field="segments", segment=index, expected="the whole segment")
        algorithm = self._integrity.segment_hash_algorithm
        written = decode_hash(row.hash, HASH_BYTES[algorithm], legacy=self._integrity.legacy, field="segments.hash")
        view = memoryview(encrypted)
        if not hmac.compare_digest(segment_hash(self._payload_key, algorithm, view), written):
            raise NotVerified("segment", field="segments", segment=index, expected="the hash of the signed table")
        try:
            plain = self._cipher.decrypt(encrypted[:NONCE_BYTES], view[NONCE_BYTES:], None)
        except InvalidTag as error:
            raise NotVerified("segment", field="segments", segment=index, expected="an authentic segment") from error
        return plain


def open_payload(source: Input | ReadAt, integrity: Integrity, payload_key: bytes) -> Iterator[bytes]:
    """The document from a `read_at(offset, size)` callable or from a stream that stands at the payload's start.

    The root signature is verified by this call itself, before the iterator is returned and before anything is read.
    """
    return PayloadReader(source if callable(source) else _in_order(source), integrity, payload_key).chunks()


def _in_order(stream: Input) -> ReadAt:
    """Read a stream strictly forward: chunks() asks for adjoining pieces, so no seek is ever needed."""

    def read(_offset: int, size: int) -> bytes:
        parts = []
        missing = size
        while missing:
            part = stream.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    return read
