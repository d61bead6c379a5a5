"""A courier bundle as one stream: an uncompressed tar with the manifest first, in one form that is read byte for byte.

Rules kept here:
 1. Each header is exactly the one that the name and the size give: a regular file, no owner, no date. A link, a device,
    a folder, a long name or any other header is not this one, so it is refused without being understood.
 2. After the manifest come its files in its order and nothing else; then the two empty blocks of the format, and the
    stream ends.
 3. Reading holds one piece at a time; what is done with the pieces before their digest is known is the reader's affair.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator

from relto.base.errors import MalformedInput, TooLarge
from relto.exchange.courier import MANIFEST, CarriedFile
from relto.ledger.notes import LARGEST_NOTE_BYTES

MEDIA_TYPE = "application/x-tar"
BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
_PIECE = 1024 * 1024
_MODE = 0o600
_SIZE_FIELD = slice(124, 135)


def header(name: str, size: int) -> bytes:
    """The one header of a file with this name and size."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _MODE
    return member.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """What fills the last block of a file of this size."""
    return bytes(-size % BLOCK)


def member(name: str, size: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A file in the stream."""
    yield header(name, size)
    yield from chunks
    yield padding(size)


def stream_size(manifest_size: int, sizes: Iterable[int]) -> int:
    """The bytes of the whole stream."""
    return sum(BLOCK + size + len(padding(size)) for size in (manifest_size, *sizes)) + len(END)


class CourierReader:
    """Reads one bundle from its chunks, in order: `manifest`, each file, `end`."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        """`chunks`: the stream in pieces of any size."""
        self._chunks = iter(chunks)
        self._held = memoryview(b"")

    def manifest(self) -> bytes:
        """The signed note. Raises MalformedInput, TooLarge."""
        first = self._whole(BLOCK)
        digits = first[_SIZE_FIELD]
        if not digits.isdigit() or any(digit > ord("7") for digit in digits):
            raise _form()
        size = int(digits, 8)
        if first != header(MANIFEST, size):
            raise _form()
        if size > LARGEST_NOTE_BYTES:
            raise TooLarge("courier", field=MANIFEST, found=size, expected=f"at most {LARGEST_NOTE_BYTES} bytes")
        found = self._whole(size)
        self._expect(padding(size), MANIFEST)
        return found

    def file(self, file: CarriedFile) -> Iterator[bytes]:
        """The bytes of the file that must come now, in pieces; read it to its end. Raises MalformedInput."""
        self._expect(header(file.name, file.size), file.name)
        yield from self._pieces(file.size)
        self._expect(padding(file.size), file.name)

    def end(self) -> None:
        """Raises MalformedInput unless the stream ends here as it must."""
        self._expect(END, "end")
        if self._held or any(self._chunks):
            raise MalformedInput("courier.extra", field="files", expected="nothing after the manifest's files")

    def _expect(self, expected: bytes, field: str) -> None:
        if expected and self._whole(len(expected)) != expected:
            raise MalformedInput("courier.file", field=field, expected="the files of the manifest, in its order")

    def _whole(self, count: int) -> bytes:
        return b"".join(self._pieces(count))

    def _pieces(self, count: int) -> Iterator[bytes]:
        left = count
        while left:
            while not self._held:
                following = next(self._chunks, None)
                if following is None:
                    raise MalformedInput("courier.truncated", field="files", expected="the whole bundle")
                self._held = memoryview(following)
            taken = min(left, len(self._held), _PIECE)
            piece, self._held = bytes(self._held[:taken]), self._held[taken:]
            left -= taken
            yield piece


def _form() -> MalformedInput:
    return MalformedInput("courier.form", field=MANIFEST, expected="a tar whose first file is manifest")
