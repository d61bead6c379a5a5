"""A ledger export as a folder: `checkpoint`, `tile/...`, `witness/` and nothing else, bounded."""

from __future__ import annotations

import io
import itertools
import tarfile
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path, PurePosixPath

from relto.base.errors import Conflict, MalformedInput, TooLarge

_TOP = frozenset({"checkpoint", "tile", "witness"})
_LARGEST_FILE = 64 * 1024 * 1024
_MOST_FILES = 2_000_000
_DEEPEST = 12


class _Chunks(io.RawIOBase):
    """Chunks as a readable file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._held:
            following = next(self._chunks, None)
            if following is None:
                return 0
            self._held = following
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count


def require_free(target: Path) -> None:
    """Raises Conflict unless there is nothing at `target`, or an empty folder."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict("folder_in_use", field="folder", found=target.name, expected="a folder that is new or empty")


def unpack_export(chunks: Iterator[bytes], target: Path) -> Generator[None, None, None]:
    """Write the files of an export into `target`, which must not exist or be empty; all of them or nothing.

    Each file yields; who stops in between leaves nothing. Raises MalformedInput, TooLarge, Conflict, and what reading
    the chunks raises.
    """
    require_free(target)
    first = next(chunks, b"")  # a source that refuses says so here, before anything is made
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".relto-", dir=target.parent) as beside:
            fresh = Path(beside) / "export"
            fresh.mkdir()
            yield from _unpack(itertools.chain([first], chunks), fresh)
            if target.exists():
                target.rmdir()
            fresh.rename(target)
    except tarfile.TarError as error:
        raise MalformedInput("export", field="export", expected="a ledger export") from error
    except OSError as error:
        raise MalformedInput(
            "no_write", field="folder", found=target.name, expected="a place that can be written"
        ) from error


def _unpack(chunks: Iterator[bytes], target: Path) -> Generator[None, None, None]:
    with tarfile.open(fileobj=io.BufferedReader(_Chunks(chunks)), mode="r|") as archive:
        for count, member in enumerate(archive, start=1):
            if count > _MOST_FILES or member.size > _LARGEST_FILE:
                raise TooLarge("export", field="export", found=count, expected="files of the documented sizes")
            if member.isdir():
                continue
            place = _place(member, target)
            content = archive.extractfile(member)
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as out:
                out.write(content.read() if content is not None else b"")
            yield


def _place(member: tarfile.TarInfo, target: Path) -> Path:
    path = PurePosixPath(member.name)
    sound = (
        member.isreg()
        and not path.is_absolute()
        and ".." not in path.parts
        and 0 < len(path.parts) <= _DEEPEST
        and path.parts[0] in _TOP
    )
    if not sound:
        raise MalformedInput("export_member", field="export", expected="checkpoint, tile/ and witness/ only")
    return target.joinpath(*path.parts)
