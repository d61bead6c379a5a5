"""Ciphertext in files of one folder, by opaque name; many processes of one node share it.

Rules kept here:
 1. A blob is visible only when it is whole and durable: written aside, fsync of the file, rename, fsync of the folder.
 2. What a partner sends arrives by `file_arrivals`; its blob's name is made from its digest.
 3. Names are checked against their form: no name leads out of the folder. Files are readable by the node's user only.
 4. What a crashed writer left is removed by `remove_abandoned`; the lock tells it from what is still being written.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import BinaryIO

from relto.adapters.durable_files import OWNER_ONLY, lock, make_folder, storage, sync_folder
from relto.adapters.file_arrivals import FileArrival, FileArrivals
from relto.base.errors import NotAvailable, NotVerified, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import StoredBlob, UnclaimedArrival

CHUNK = 1024 * 1024
_NAME = re.compile(r"\A(?:[0-9a-f]{32}|sha256-[0-9a-f]{64})\Z")
_ABANDONED_SECONDS = 60


class FileBlobWriter:
    """A blob being written aside."""

    def __init__(self, aside: Path, final: Path) -> None:
        """Begin the file `aside`; `finish` moves it to `final`."""
        self._aside = aside
        self._final = final
        self._digest = hashlib.sha256()
        self._size = 0
        with storage():
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
        lock(descriptor)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")

    def write(self, chunk: bytes | memoryview) -> int:
        """Append ciphertext; returns the number of bytes taken. Raises Unreachable when the disk does not take it."""
        with storage():
            self._file.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)
        return len(chunk)

    def finish(self) -> StoredBlob:
        """Make it durable and visible under its name."""
        with storage():
            self._file.flush()
            os.fsync(self._file.fileno())
            make_folder(self._final.parent)
            self._aside.rename(self._final)
            sync_folder(self._final.parent)
            self._file.close()
        return StoredBlob(self._final.name, self._size, self._digest.hexdigest())

    def abandon(self) -> None:
        """Remove what was written; no error when it is already finished or gone."""
        with suppress(OSError):
            self._file.close()
        self._aside.unlink(missing_ok=True)


class FileBlobs:
    """A blob store in one folder."""

    def __init__(self, folder: Path, limits: ArrivalLimits | None = None) -> None:
        """`folder` is made when it is absent; `limits`: of what a partner may send unclaimed."""
        self._blobs = folder / "blobs"
        self._aside = folder / "writing"
        arriving = folder / "arriving"
        with storage():
            for place in (self._blobs, self._aside, arriving):
                make_folder(place)
        self._arrivals = FileArrivals(
            arriving, lambda sha256: self._path(f"sha256-{sha256}"), limits or ArrivalLimits()
        )

    def create(self) -> FileBlobWriter:
        """Begin a new blob under a fresh random name."""
        name = os.urandom(16).hex()
        return FileBlobWriter(self._aside / name, self._path(name))

    def open(self, name: str) -> BinaryIO:
        """A seekable reader. Raises NotAvailable when there is no such blob."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError as error:
            raise NotAvailable("blob") from error
        except OSError as error:
            raise Unreachable("storage", field="storage", expected="a disk that gives the bytes") from error

    def read_range(self, name: str, offset: int, size: int) -> Iterator[bytes]:
        """Chunks of at most 1 MiB covering `size` bytes from `offset`. Raises NotVerified when the blob is shorter."""
        with self.open(name) as file:
            file.seek(offset)
            left = size
            while left:
                with storage():
                    chunk = file.read(min(CHUNK, left))
                if not chunk:
                    raise NotVerified("blob_length", field="blob", found=size - left, expected=f"{size} bytes")
                left -= len(chunk)
                yield chunk

    def remove(self, name: str) -> None:
        """Remove a blob that nothing refers to any more; no error when it is already gone."""
        with storage():
            self._path(name).unlink(missing_ok=True)

    def partial_size(self, sha256: str) -> int:
        """Bytes held of an arrival announced under this digest: its whole size when it is already a blob."""
        return self._arrivals.size(sha256)

    def append_partial(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue an arrival at `offset`; returns the size now held, durable.

        Raises Conflict when `offset` is not the held size or another one is at it, TooLarge when more than `limit`
        bytes come (the arrival is then as before), Unreachable when the disk is full or "no_room" when `limit` bytes
        would pass a bound. Bytes that came before an interruption of `chunks` are kept.
        """
        return self._arrivals.append(sha256, offset, chunks, limit)

    def arrival(self, sha256: str) -> AbstractContextManager[FileArrival]:
        """The arrival under this digest, locked. Raises Conflict("payload_busy") while somebody is at it."""
        return self._arrivals.hold(sha256)

    def unclaimed(self) -> list[UnclaimedArrival]:
        """The arrivals, whole or not, that nothing has claimed, oldest first."""
        return self._arrivals.unclaimed()

    def remove_abandoned(self) -> int:
        """Remove what crashed writers left aside a minute ago or more; returns how many. What is being written stays.

        The minute is for a writer that has made its file and not yet locked it.
        """
        removed = 0
        with storage():
            for left in self._aside.iterdir():
                with suppress(FileNotFoundError), left.open("rb") as file:
                    old = time.time() - os.fstat(file.fileno()).st_mtime > _ABANDONED_SECONDS
                    if old and lock(file.fileno()):
                        left.unlink(missing_ok=True)
                        removed += 1
        return removed

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise NotAvailable("blob")
        return self._blobs / name[-2:] / name
