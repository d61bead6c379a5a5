"""Files of the caller's machine: what cannot be read or written is named, what is not whole is never left."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from relto.base.errors import MalformedInput

_PIECE = 1 << 20


@contextmanager
def reading(path: Path, field: str) -> Iterator[BinaryIO]:
    """The file, open. What the file system refuses meanwhile becomes MalformedInput naming `field`."""
    try:
        with path.open("rb") as source:
            yield source
    except OSError as error:
        raise MalformedInput("no_file", field=field, found=path.name, expected="a readable file") from error


@contextmanager
def writing(target: Path, field: str) -> Iterator[None]:
    """Around what writes at `target`: what the file system refuses becomes MalformedInput naming `field`."""
    try:
        yield
    except OSError as error:
        raise MalformedInput(
            "no_write", field=field, found=target.name, expected="a place that can be written"
        ) from error


@contextmanager
def beside(target: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A new file beside the target, under a name nobody can foresee, that takes its place at the end, whole.

    `mode`: who may read it, less what the process's mask takes away; 0o600 for what was opened.
    """
    place = target.with_name(f".{os.urandom(8).hex()}.part")
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as out:
            yield out
        place.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            place.unlink()
        raise


def nearest_folder(target: Path) -> Path:
    """The nearest folder above `target` that exists: what is only held for a while lies on the same file system."""
    return next(folder for folder in target.absolute().parents if folder.is_dir())


def read_at_most(source: BinaryIO, size: int) -> bytes:
    """The next `size` bytes of a file or pipe, fewer only at its end."""
    held = bytearray()
    while len(held) < size and (piece := source.read(min(_PIECE, size - len(held)))):
        held += piece
    return bytes(held)


def continued(head: bytes, rest: BinaryIO) -> BinaryIO:
    """`head`, and then what `rest` still gives: to be read once, from the beginning to the end."""
    return cast("BinaryIO", _Continued(head, rest))


class _Continued(io.RawIOBase):
    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head: BinaryIO = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, place: Any, /) -> int:
        """Fill `place` as far as there is something; 0 at the end."""
        piece = self._head.read(len(place)) or self._rest.read(len(place))
        place[: len(piece)] = piece
        return len(piece)
