"""The CRC-32 that an archive needs, and a SHA-256 where one is asked for, of a payload as it passes.

The standard library's CRC-32 costs more than twice the encryption beside it; zlib-ng gives the same sum at a tenth of
the encryption's cost (bench/sealing.py measures both in each run).
"""

from __future__ import annotations

import hashlib

from zlib_ng import zlib_ng


def crc32(piece: bytes | bytearray | memoryview, before: int = 0) -> int:
    """The CRC-32 of ISO-HDLC, as ZIP counts it, of `piece` following bytes whose CRC-32 is `before`."""
    return int(zlib_ng.crc32(piece, before))


class RunningChecksum:
    """Sums over pieces in order."""

    def __init__(self, *, digest: bool) -> None:
        """`digest`: whether a SHA-256 is wanted too; it costs more than the encryption itself."""
        self._crc32 = 0
        self._sha256 = hashlib.sha256() if digest else None

    def add(self, piece: memoryview) -> None:
        """Take one more piece."""
        self._crc32 = crc32(piece, self._crc32)
        if self._sha256 is not None:
            self._sha256.update(piece)

    def finish(self) -> tuple[int, str]:
        """CRC-32, and lower-case hex SHA-256 or "" if it was not asked for, of everything added."""
        return self._crc32, self._sha256.hexdigest() if self._sha256 is not None else ""
