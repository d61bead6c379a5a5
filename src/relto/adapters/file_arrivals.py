"""Payloads that a partner sends: resumable, verified, and bounded until an accepted message claims them.

Rules kept here:
 1. An arrival lies under its announced SHA-256; one user at a time (a lock of the file); what was written before an
    interruption is kept and continued at exactly the held size.
 2. Bytes that the disk failed to make durable are thrown away and come again: no later fsync would write them.
 3. Whole and with the announced digest it becomes a blob as well (a second name of the same file), so finishing it
    again after a crash gives the same blob. With another digest it is thrown away whole.
 4. It stays listed as unclaimed, and counts, until it is claimed or removed: both under its lock.
 5. Unclaimed arrivals are bounded in number and in bytes, what is on its way counted at its announced size, and the
    disk keeps a reserve (`relto.exchange.limits`). A refused first byte leaves no file.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from relto.adapters.durable_files import OWNER_ONLY, is_named, lock, make_folder, storage, sync_folder
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, TooLarge, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import StoredBlob, UnclaimedArrival
from relto.sealing.checksum import crc32

_CHUNK = 1024 * 1024
_CHUNKS_BETWEEN_LOOKS = 16
_SHA256 = re.compile(r"\A[0-9a-f]{64}\Z")


class FileArrival:
    """One arrival, locked; see `relto.ports.surroundings.HeldArrival`."""

    def __init__(self, sha256: str, partial: Path, final: Path, descriptor: int | None) -> None:
        """`descriptor`: of the locked file; None when nothing unclaimed lies under this digest."""
        self._sha256 = sha256
        self._partial = partial
        self._final = final
        self._descriptor = descriptor

    def finish(self) -> StoredBlob:
        """Verify the digest and make it a blob; without its checksum when that was already done.

        Raises NotAvailable when nothing arrived, NotVerified("payload_digest") when the bytes are others: they are
        removed.
        """
        with suppress(FileNotFoundError):
            size = self._final.stat().st_size
            with storage():  # whoever made the name may have been killed before it was durable
                sync_folder(self._final.parent)
            return StoredBlob(self._final.name, size, self._sha256)
        if self._descriptor is None:
            raise NotAvailable("payload")
        with storage():
            digest, crc32, size = _read_whole(self._descriptor)
        if digest != self._sha256:
            self._partial.unlink(missing_ok=True)
            raise NotVerified("payload_digest", field="payload", found=digest, expected=self._sha256)
        with storage():
            _sync_or_drop(self._descriptor, 0)
            make_folder(self._final.parent)
            os.link(self._partial, self._final)
            sync_folder(self._final.parent)
        return StoredBlob(self._final.name, size, self._sha256, crc32)

    def claim(self) -> None:
        """Something refers to the blob now: it no longer counts as unclaimed."""
        with storage():
            self._partial.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove what is unclaimed under this digest, blob and all; what was claimed before stays."""
        if self._descriptor is not None:
            with storage():
                self._final.unlink(missing_ok=True)
                self._partial.unlink(missing_ok=True)


class FileArrivals:
    """The unclaimed arrivals in one folder."""

    def __init__(self, folder: Path, final: Callable[[str], Path], limits: ArrivalLimits) -> None:
        """`final`: where the blob of a digest lies."""
        self._folder = folder
        self._final = final
        self._limits = limits
        self._admission = threading.Lock()
        self._coming: dict[str, int] = {}

    def size(self, sha256: str) -> int:
        """Bytes held under this digest: its whole size when it is already a blob."""
        for place in (self._final(checked(sha256)), self._partial(sha256)):
            with suppress(FileNotFoundError):
                return place.stat().st_size
        return 0

    def append(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue an arrival at `offset`; see `FileBlobs.append_partial`."""
        partial = self._partial(sha256)
        descriptor = self._admitted(sha256, offset, limit)
        try:
            held = os.fstat(descriptor).st_size
            return self._append(descriptor, held, chunks, limit)
        finally:
            with self._admission:
                self._coming.pop(sha256, None)
            if not os.fstat(descriptor).st_size:
                partial.unlink(missing_ok=True)
            os.close(descriptor)

    @contextmanager
    def hold(self, sha256: str) -> Iterator[FileArrival]:
        """The arrival, locked against everybody else. Raises Conflict("payload_busy") while somebody is at it."""
        partial = self._partial(sha256)
        descriptor: int | None = None
        with storage(), suppress(FileNotFoundError):
            descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if descriptor is not None and not lock(descriptor):
                raise _busy()
            alive = descriptor is not None and is_named(descriptor, partial)
            yield FileArrival(sha256, partial, self._final(sha256), descriptor if alive else None)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def unclaimed(self) -> list[UnclaimedArrival]:
        """All unclaimed arrivals, oldest first."""
        with storage():
            found = [
                UnclaimedArrival(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
                for name, status in self._listed()
            ]
        return sorted(found, key=lambda one: (one.changed_at, one.sha256))

    def _listed(self) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if _SHA256.match(entry.name):
                        yield entry.name, entry.stat()

    def _admitted(self, sha256: str, offset: int, limit: int) -> int:
        """The descriptor of the locked file, once there is room for all of it; no file is left when it is refused."""
        partial = self._partial(sha256)
        with self._admission:
            if self._final(sha256).exists():
                raise _complete()
            held = self._require_room(sha256, limit)
            if offset != held:
                raise Conflict("payload_offset", field="offset", found=offset, expected=str(held))
            with storage():
                descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
            try:
                self._require_fit(descriptor, sha256, offset)
            except BaseException:
                os.close(descriptor)
                raise
            self._coming[sha256] = limit
        return descriptor

    def _require_fit(self, descriptor: int, sha256: str, offset: int) -> None:
        """Looked at under the lock: the file may by now be a blob, or be gone, or have grown."""
        partial = self._partial(sha256)
        if not lock(descriptor) or not is_named(descriptor, partial):
            raise _busy()
        held = os.fstat(descriptor).st_size
        complete = self._final(sha256).exists()
        if not held and (complete or offset):
            partial.unlink(missing_ok=True)
        if complete:
            raise _complete()
        if offset != held:
            raise Conflict("payload_offset", field="offset", found=offset, expected=str(held))

    def _require_room(self, sha256: str, limit: int) -> int:
        """The size held under this digest. Raises Unreachable("no_room") when `limit` bytes would pass a bound."""
        with storage():
            sizes = {name: status.st_size for name, status in self._listed()}
            disk = shutil.disk_usage(self._folder)
        held = sizes.pop(sha256, None)
        others = sum(max(size, self._coming.get(name, 0)) for name, size in sizes.items())
        after = disk.free - (limit - (held or 0))
        fits = others + limit <= self._limits.most_bytes and after >= self._limits.reserve(disk.total)
        if not fits or (held is None and len(sizes) >= self._limits.most_arrivals):
            raise _no_room()
        return held or 0

    def _append(self, descriptor: int, held: int, chunks: Iterator[bytes], limit: int) -> int:
        size = held
        os.lseek(descriptor, held, os.SEEK_SET)
        try:
            for number, chunk in enumerate(chunks):
                if size + len(chunk) > limit:
                    with storage():
                        os.ftruncate(descriptor, held)
                    raise TooLarge("payload", field="payload", expected=f"at most {limit} bytes")
                if number % _CHUNKS_BETWEEN_LOOKS == 0:
                    self._require_reserve()
                with storage():
                    size += _write_whole(descriptor, chunk)
        finally:
            with storage():
                _sync_or_drop(descriptor, held)
                sync_folder(self._folder)
        return size

    def _require_reserve(self) -> None:
        """Others write to the disk too. Raises Unreachable("no_room") once the reserve is reached."""
        with storage():
            disk = shutil.disk_usage(self._folder)
        if disk.free < self._limits.reserve(disk.total):
            raise _no_room()

    def _partial(self, sha256: str) -> Path:
        return self._folder / checked(sha256)


def checked(sha256: str) -> str:
    """The digest, if it has its form. Raises MalformedInput."""
    if not _SHA256.match(sha256):
        raise MalformedInput("payload.digest", field="sha256", expected="64 lower-case hex digits")
    return sha256


def _busy() -> Conflict:
    return Conflict("payload_busy", field="payload", expected="one sender of a payload at a time")


def _complete() -> Conflict:
    return Conflict("payload_complete", field="payload", expected="no more bytes")


def _no_room() -> Unreachable:
    return Unreachable("no_room", field="payload", expected="room for payloads that no message has claimed yet")


def _read_whole(descriptor: int) -> tuple[str, int, int]:
    """(SHA-256, CRC-32, size) of an open file, read once from its start."""
    digest, checksum, size = hashlib.sha256(), 0, 0
    while chunk := os.pread(descriptor, _CHUNK, size):
        digest.update(chunk)
        checksum = crc32(chunk, checksum)
        size += len(chunk)
    return digest.hexdigest(), checksum, size


def _sync_or_drop(descriptor: int, held: int) -> None:
    """Make a file durable; when the disk fails, cut it to what was durable before, so that the rest comes again.

    After a failed fsync the kernel counts the bytes as written: a later one that succeeds does not write them.
    """
    try:
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, held)
        raise


def _write_whole(descriptor: int, chunk: bytes) -> int:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    return len(chunk)
