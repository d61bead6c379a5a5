"""Ciphertext in files of one folder, by opaque name; many processes of one node share it.

Rules kept here:
 1. A blob is visible only when it is whole and durable: written aside, fsync of the file, rename, fsync of the folder.
 2. A resumable arrival lies under its announced SHA-256; one writer at a time (a lock of the file); what was written
    before an interruption is kept and continued at exactly the held size.
 3. An arrival becomes a blob only if its bytes have the announced digest; otherwise it is thrown away whole. Its name
    is made from the digest, so finishing it a second time (after a crash between here and the database) gives the same
    blob.
 4. Names are checked against their form: no name leads out of the folder. Files are readable by the node's user only.
 5. What a crashed writer left is removed by `remove_abandoned`; the lock tells it from what is still being written.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, TooLarge, Unreachable
from relto.ports.surroundings import StoredBlob

CHUNK = 1024 * 1024
_NAME = re.compile(r"\A(?:[0-9a-f]{32}|sha256-[0-9a-f]{64})\Z")
_SHA256 = re.compile(r"\A[0-9a-f]{64}\Z")
_OWNER_ONLY = 0o600
_FOLDER_OWNER_ONLY = 0o700


@contextmanager
def _storage() -> Iterator[None]:
    """A full or failing disk is an outside thing that does not answer now; trying again later may succeed."""
    try:
        yield
    except OSError as error:
        raise Unreachable("storage", field="storage", expected="a disk that takes and gives the bytes") from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, durable; existing ones are left as they are."""
    if not folder.is_dir():
        make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=_FOLDER_OWNER_ONLY)
        sync_folder(folder.parent)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FileBlobWriter:
    """A blob being written aside."""

    def __init__(self, aside: Path, final: Path) -> None:
        """Begin the file `aside`; `finish` moves it to `final`."""
        self._aside = aside
        self._final = final
        self._digest = hashlib.sha256()
        self._size = 0
        with _storage():
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)
        _lock(descriptor)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")

    def write(self, chunk: bytes) -> int:
        """Append ciphertext; returns the number of bytes taken. Raises Unreachable when the disk does not take it."""
        with _storage():
            self._file.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)
        return len(chunk)

    def finish(self) -> StoredBlob:
        """Make it durable and visible under its name."""
        with _storage():
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

    def __init__(self, folder: Path) -> None:
        """`folder` is made when it is absent."""
        self._blobs = folder / "blobs"
        self._aside = folder / "writing"
        self._arriving = folder / "arriving"
        with _storage():
            for place in (self._blobs, self._aside, self._arriving):
                make_folder(place)

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
                with _storage():
                    chunk = file.read(min(CHUNK, left))
                if not chunk:
                    raise NotVerified("blob_length", field="blob", found=size - left, expected=f"{size} bytes")
                left -= len(chunk)
                yield chunk

    def remove(self, name: str) -> None:
        """Remove a blob that nothing refers to any more; no error when it is already gone."""
        with _storage():
            self._path(name).unlink(missing_ok=True)

    def partial_size(self, sha256: str) -> int:
        """Bytes held of an arrival announced under this digest: its whole size when it is already a blob."""
        for place in (self._arrived(sha256), self._partial(sha256)):
            with suppress(FileNotFoundError):
                return place.stat().st_size
        return 0

    def append_partial(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue an arrival at `offset`; returns the size now held, durable.

        Raises Conflict when `offset` is not the held size or another writer is at it, TooLarge when more than `limit`
        bytes come (the arrival is then as before), Unreachable when the disk is full. Bytes that came before an
        interruption of `chunks` are kept.
        """
        with _storage():
            descriptor = os.open(self._partial(sha256), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        try:
            if not _lock(descriptor):
                raise Conflict("payload_busy", field="payload", expected="one sender of a payload at a time")
            # Looked at under the lock: the file opened above may by now be that blob.
            if self._arrived(sha256).exists():
                raise Conflict("payload_complete", field="payload", expected="no more bytes")
            held = os.fstat(descriptor).st_size
            if offset != held:
                raise Conflict("payload_offset", field="offset", found=offset, expected=str(held))
            return self._append(descriptor, held, chunks, limit)
        finally:
            os.close(descriptor)

    def _append(self, descriptor: int, held: int, chunks: Iterator[bytes], limit: int) -> int:
        size = held
        os.lseek(descriptor, held, os.SEEK_SET)
        try:
            for chunk in chunks:
                if size + len(chunk) > limit:
                    with _storage():
                        os.ftruncate(descriptor, held)
                    raise TooLarge("payload", field="payload", expected=f"at most {limit} bytes")
                with _storage():
                    size += _write_whole(descriptor, chunk)
        finally:
            with _storage():
                os.fsync(descriptor)
                sync_folder(self._arriving)
        return size

    def finish_partial(self, sha256: str) -> StoredBlob:
        """Verify the digest of a complete arrival and make it a blob; the same blob when that was already done.

        Raises NotAvailable when nothing arrived, NotVerified("payload_digest") when the bytes are others: they are
        removed.
        """
        final = self._arrived(sha256)
        with suppress(FileNotFoundError):
            return StoredBlob(final.name, final.stat().st_size, sha256)
        partial = self._partial(sha256)
        try:
            file = partial.open("rb")
        except FileNotFoundError as error:
            raise NotAvailable("payload") from error
        with file, _storage():
            if not _lock(file.fileno()):
                raise Conflict("payload_busy", field="payload", expected="one writer of a payload at a time")
            if final.exists():
                return StoredBlob(final.name, final.stat().st_size, sha256)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != sha256:
                partial.unlink(missing_ok=True)
                raise NotVerified("payload_digest", field="payload", found=digest, expected=sha256)
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
            make_folder(final.parent)
            partial.rename(final)
            sync_folder(final.parent)
        return StoredBlob(final.name, size, sha256)

    def remove_abandoned(self) -> int:
        """Remove what crashed writers left aside; returns how many. What is being written now stays."""
        removed = 0
        with _storage():
            for left in self._aside.iterdir():
                with suppress(FileNotFoundError), left.open("rb") as file:
                    if _lock(file.fileno()):
                        left.unlink(missing_ok=True)
                        removed += 1
        return removed

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise NotAvailable("blob")
        return self._blobs / name[-2:] / name

    def _arrived(self, sha256: str) -> Path:
        return self._path(f"sha256-{_checked(sha256)}")

    def _partial(self, sha256: str) -> Path:
        return self._arriving / _checked(sha256)


def _checked(sha256: str) -> str:
    if not _SHA256.match(sha256):
        raise MalformedInput("payload.digest", field="sha256", expected="64 lower-case hex digits")
    return sha256


def _write_whole(descriptor: int, chunk: bytes) -> int:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    return len(chunk)
