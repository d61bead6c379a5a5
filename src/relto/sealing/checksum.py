"""The CRC-32 that an archive needs, of a payload as it passes.

The standard library's CRC-32 costs more than twice the encryption beside it; zlib-ng gives the same sum at a fifth of
the encryption's cost (bench/sealing.py measures both in each run).
"""

from __future__ import annotations

from zlib_ng import zlib_ng


def crc32(piece: bytes | bytearray | memoryview, before: int = 0) -> int:
    """The CRC-32 of ISO-HDLC, as ZIP counts it, of `piece` following bytes whose CRC-32 is `before`."""
    return int(zlib_ng.crc32(piece, before))
