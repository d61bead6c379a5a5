"""The CRC-32 that an archive needs, and a SHA-256 where one is asked for, taken beside the sealing.

Large pieces are summed by one thread while the caller writes them out and seals the next: zlib, hashlib and AES-GCM all
let other threads run meanwhile. Small ones are summed at once, without a thread.
"""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import Future, ThreadPoolExecutor

LEAST_BESIDE = 256 * 1024
"""Bytes from which handing over to a thread costs less than it saves."""


class RunningChecksum:
    """Sums over pieces in order. A piece's memory must stay as it is until the next call of any method."""

    def __init__(self, *, digest: bool) -> None:
        """`digest`: whether a SHA-256 is wanted too; it costs more than the encryption itself."""
        self._crc32 = 0
        self._sha256 = hashlib.sha256() if digest else None
        self._beside: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None

    def add(self, piece: memoryview) -> None:
        """Take one more piece; returns when all before it are summed, this one perhaps not yet."""
        self._settle()
        if len(piece) < LEAST_BESIDE:
            self._sum(piece)
            return
        if self._beside is None:
            self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="relto-checksum")
        self._pending = self._beside.submit(self._sum, piece)

    def finish(self) -> tuple[int, str]:
        """CRC-32, and lower-case hex SHA-256 or "" if it was not asked for, of everything added."""
        self._settle()
        if self._beside is not None:
            self._beside.shutdown()
            self._beside = None
        return self._crc32, self._sha256.hexdigest() if self._sha256 is not None else ""

    def _settle(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def _sum(self, piece: memoryview) -> None:
        self._crc32 = zlib.crc32(piece, self._crc32)
        if self._sha256 is not None:
            self._sha256.update(piece)
