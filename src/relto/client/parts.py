"""A file of which only parts are here yet: whoever reads what is missing is told what to fetch.

For a page of a container of many gibibytes: its end, its manifest and that page's segments are fetched, nothing else.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from relto.base.errors import Unreachable

LEAST = 64 * 1024
"""What is missing is fetched in pieces of at least so many bytes."""
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")


class NotHere(Exception):
    """These bytes are not here yet: `start` included, `end` excluded."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"bytes {start} to {end}")
        self.start = start
        self.end = end


class PartlyHere(io.RawIOBase):
    """A sparse file of known size, readable where its parts were filled in."""

    def __init__(self, path: Path) -> None:
        """`path`: a new file."""
        self._file = path.open("x+b", buffering=0)
        self._here: list[tuple[int, int]] = []
        self._size = 0
        self._position = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def sized(self, size: int) -> None:
        """The size of the whole."""
        self._size = size

    def fill_in(self, offset: int, piece: bytes) -> None:
        """A piece of it, from `offset` on."""
        self._file.seek(offset)
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]
        self._note(offset, offset + len(piece))

    def _note(self, start: int, end: int) -> None:
        apart = [(first, last) for first, last in self._here if last < start or first > end]
        joined = [(first, last) for first, last in self._here if not (last < start or first > end)]
        self._here = [*apart, (min([start, *(one for one, _ in joined)]), max([end, *(one for _, one in joined)]))]

    def require(self, start: int, end: int) -> None:
        """Raises NotHere with what is to be fetched when some of these bytes are missing."""
        start, end = max(0, start), min(end, self._size)
        if start < end and not any(first <= start and end <= last for first, last in self._here):
            begin = max(0, min(start, end - LEAST))
            raise NotHere(begin, min(self._size, max(end, begin + LEAST)))

    def readable(self) -> bool:
        """It is read."""
        return True

    def seekable(self) -> bool:
        """From place to place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As files do."""
        self._position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        return self._position

    def tell(self) -> int:
        """The place."""
        return self._position

    def readinto(self, place: Any, /) -> int:
        """Fill `place` as far as the file goes. Raises NotHere for what was not filled in."""
        wanted = memoryview(place)[: max(0, self._size - self._position)]
        self.require(self._position, self._position + len(wanted))
        self._file.seek(self._position)
        count = self._file.readinto(wanted) or 0
        self._position += count
        return count


def place_of(content_range: str) -> tuple[int, int, int]:
    """Start, end (excluded) and size of the whole, of a Content-Range. Raises Unreachable for another answer."""
    match = _CONTENT_RANGE.fullmatch(content_range)
    if match is None:
        raise Unreachable("answer", field="answer.Content-Range", expected="the part that was asked for")
    start, last, size = map(int, match.groups())
    return start, last + 1, size
