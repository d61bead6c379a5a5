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
    OVERHEAD,
    Integrity,
    decode_hash,
    segment_hash,
    verify_root,
)

ReadAt = Callable[[int, int], bytes]


class Source(Protocol):
    """An open binary file, a pipe or a buffer."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the beginning of `buffer`; returns the bytes that came, 0 at the end."""


class Positioned(Protocol):
    """A payload entry whose parts are read where they lie."""

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from `offset` on; returns the bytes that came, fewer only at the end."""


def fill(source: Source, buffer: memoryview) -> int:
    """Read until `buffer` is full or the source ends: a pipe or a raw file may give less at a time."""
    filled = 0
    while filled < len(buffer) and (count := source.readinto(buffer[filled:])):
        filled += count
    return filled


class _Asked:
    """Parts asked of a `read_at(offset, size)` callable."""

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at

    def read_into(self, offset: int, buffer: memoryview) -> int:
        data = self._read_at(offset, len(buffer))[: len(buffer)]
        buffer[: len(data)] = data
        return len(data)


class PayloadReader:
    """A verified view of one payload: `chunks()` gives it all in order, `read_range()` a part of it.

    It holds two segments: one as it is read, one as it is opened. One thread at a time.
    """

    def __init__(self, payload: Positioned | ReadAt, integrity: Integrity, payload_key: bytes) -> None:
        """`payload`: reads within the payload entry. Raises NotVerified("root") before reading any."""
        verify_root(integrity, payload_key)
        self._payload = _Asked(payload) if callable(payload) else payload
        self._payload_key = payload_key
        self._cipher = AESGCM(payload_key)
        self._integrity = integrity
        self._plain_starts = [0, *accumulate(row.segment_size for row in integrity.segments)]
        self._cipher_starts = [0, *accumulate(row.encrypted_size for row in integrity.segments)]
        largest = max((row.segment_size for row in integrity.segments), default=0)
        self._encrypted = memoryview(bytearray(largest + OVERHEAD))
        self._plain = memoryview(bytearray(largest))

    @property
    def size(self) -> int:
        """Bytes of the document."""
        return self._plain_starts[-1]

    def stored(self, start: int, end: int) -> tuple[int, int]:
        """Offset and size, within the payload entry, of the segments that hold these bytes of the document."""
        if start >= end:
            return 0, 0
        first = bisect_right(self._plain_starts, start) - 1
        last = bisect_right(self._plain_starts, end - 1)
        return self._cipher_starts[first], self._cipher_starts[last] - self._cipher_starts[first]

    def views(self, start: int = 0, end: int | None = None) -> Iterator[memoryview]:
        """Bytes `start` (included) to `end` (excluded) of the document; None is its end. Only their segments are read.

        One verified segment at a time, each in the same memory: good until the next one is asked for. Raises
        NotVerified("segment") at the first that fails, MalformedInput at once for a range outside the document.
        """
        end = self.size if end is None else end
        if not 0 <= start <= end <= self.size:
            raise MalformedInput("range", field="range", expected=f"0 <= start <= end <= {self.size}")
        return self._views(start, end)

    def chunks(self) -> Iterator[bytes]:
        """As `views`, in memory of their own."""
        return (bytes(plain) for plain in self.views())

    def read_range(self, start: int, end: int) -> Iterator[bytes]:
        """As `views`, in memory of their own."""
        return (bytes(plain) for plain in self.views(start, end))

    def _views(self, start: int, end: int) -> Iterator[memoryview]:
        if (start, end) == (0, self.size):  # all of them, those without content too
            for index, row in enumerate(self._integrity.segments):
                plain = self._segment(index)
                if row.segment_size:
                    yield plain
            return
        while start < end:
            index = bisect_right(self._plain_starts, start) - 1
            offset = self._plain_starts[index]
            part = self._segment(index)[start - offset : end - offset]
            yield part
            start += len(part)

    def _segment(self, index: int) -> memoryview:
        row = self._integrity.segments[index]
        encrypted = self._encrypted[: row.encrypted_size]
        if self._payload.read_into(self._cipher_starts[index], encrypted) != row.encrypted_size:
            raise NotVerified("segment", field="segments", segment=index, expected="the whole segment")
        algorithm = self._integrity.segment_hash_algorithm
        written = decode_hash(row.hash, HASH_BYTES[algorithm], legacy=self._integrity.legacy, field="segments.hash")
        if not hmac.compare_digest(segment_hash(self._payload_key, algorithm, encrypted), written):
            raise NotVerified("segment", field="segments", segment=index, expected="the hash of the signed table")
        plain = self._plain[: row.segment_size]
        try:
            self._cipher.decrypt_into(bytes(encrypted[:NONCE_BYTES]), encrypted[NONCE_BYTES:], None, plain)
        except InvalidTag as error:
            plain[:] = bytes(len(plain))  # the library leaves what it could not authenticate in the buffer
            raise NotVerified("segment", field="segments", segment=index, expected="an authentic segment") from error
        return plain
