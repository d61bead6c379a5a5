"""An opened payload as a file that can be searched, so that a page of a large document costs a page.

Segments are decrypted when they are asked for; a few are kept. Nothing is ever written.
"""

from __future__ import annotations

import io
from collections import OrderedDict

from relto.sealing.payload_reading import PayloadReader

_PIECE = 256 * 1024
_KEPT = 64


class Plaintext(io.RawIOBase):
    """A seekable, read-only view of the document."""

    def __init__(self, payload: PayloadReader) -> None:
        """`payload`: verified but for its segments, each of which is verified when it is read."""
        self._payload = payload
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._payload.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at

    def readinto(self, buffer: object) -> int:
        """As of a file. Raises NotVerified("segment")."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        wanted = min(len(view), max(0, self._payload.size - self._at))
        filled = 0
        while filled < wanted:
            number, inside = divmod(self._at + filled, _PIECE)
            piece = self._piece(number)[inside : inside + wanted - filled]
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._at += filled
        return filled

    def _piece(self, number: int) -> bytes:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        start = number * _PIECE
        piece = b"".join(self._payload.read_range(start, min(start + _PIECE, self._payload.size)))
        self._kept[number] = piece
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return piece
