"""Payloads that a partner sends into an S3 store: resumable, verified, bounded until an accepted message claims them.

Rules kept here (the same Protocol as `file_arrivals`):
 1. The bytes of an arrival lie as parts `arriving/<sha256>/<offset>`, each one request: whole or not there. What is
    held is what lies without a gap from 0; every part but the last is full, so small pieces do not pile up: the last
    one is replaced by itself and what came.
 2. One user at a time, whichever process or machine (`s3_leases`); and no part is put in place of another one than the
    one that was seen, so a user who lost the lease unnoticed changes nothing either.
 3. Whole and with the announced digest it becomes a blob; finishing it again gives the same one. With another digest it
    is thrown away whole. Its bytes are read back from the store for that, so what was damaged there is found then.
 4. It stays listed as unclaimed, and counts, until it is claimed or removed: a marker `whole-<size>` takes the place of
    its parts.
 5. Unclaimed arrivals are bounded in number and in bytes (`relto.exchange.limits`). One on its way says its announced
    size (`announced-<size>`) before it looks whether there is room: of two that come at once, both see each other. What
    is announced counts while its lease lives. The store has no disk of its own to keep a reserve of: its quota is its
    operator's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from relto.adapters.s3_leases import Lease, S3Leases, busy
from relto.adapters.s3_store import S3Store, StoredObject
from relto.adapters.s3_writing import BLOBS, PART, S3BlobWriter
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, ReltoError, TooLarge, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import StoredBlob, UnclaimedArrival
from relto.sealing.checksum import crc32

ARRIVING: Final = "arriving/"
_SHA256: Final = re.compile(r"\A[0-9a-f]{64}\Z")
_OFFSET: Final = re.compile(r"\A[0-9]{15}\Z")
_SIZED: Final = re.compile(r"\A(whole|announced)-([0-9]{1,15})\Z")


@dataclass(slots=True)
class _Lying:
    """What lies under one digest: the parts without a gap from 0, and everything."""

    parts: list[StoredObject] = field(default_factory=list)
    others: list[StoredObject] = field(default_factory=list)
    held: int = 0
    whole: int | None = None
    announced: int = 0

    @property
    def everything(self) -> list[StoredObject]:
        """The last part first, the marker at the very end: whatever is erased of it, what is left is without a gap."""
        return [*self.parts[::-1], *self.others]

    @property
    def unclaimed(self) -> int:
        """Bytes that nothing has claimed."""
        return self.held if self.whole is None else self.whole

    @property
    def changed_at(self) -> datetime:
        return max(one.changed_at for one in self.everything)


class S3Arrival:
    """One arrival, locked; see `relto.ports.surroundings.HeldArrival`."""

    def __init__(self, arrivals: S3Arrivals, sha256: str, lease: Lease | None) -> None:
        """`lease`: None when nothing unclaimed lies under this digest."""
        self._arrivals = arrivals
        self._sha256 = sha256
        self._lease = lease

    def finish(self) -> StoredBlob:
        """Verify the digest and make it a blob; without its checksum when that was already done.

        Raises NotAvailable when nothing arrived, NotVerified("payload_digest") when the bytes are others: they are
        removed.
        """
        return self._arrivals.finish(self._sha256, self._lease)

    def claim(self) -> None:
        """Something refers to the blob now: it no longer counts as unclaimed."""
        if self._lease is not None:
            self._lease.require()
            self._arrivals.forget(self._sha256)

    def remove(self) -> None:
        """Remove what is unclaimed under this digest, blob and all; what was claimed before stays."""
        if self._lease is not None:
            self._lease.require()
            self._arrivals.remove(self._sha256)


class S3Arrivals:
    """The unclaimed arrivals below one prefix."""

    def __init__(
        self, store: S3Store, leases: S3Leases, size_of: Callable[[str], int | None], limits: ArrivalLimits
    ) -> None:
        """`size_of`: the size of a blob, None when there is none of this name."""
        self._store = store
        self._leases = leases
        self._size_of = size_of
        self._limits = limits

    def size(self, sha256: str) -> int:
        """Bytes held under this digest: its whole size when it is already a blob."""
        size = self._size_of(blob_name(sha256))
        return self._lying_under(sha256).held if size is None else size

    def append(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue an arrival at `offset`; see `S3Blobs.append_partial`."""
        announced = f"{_below(sha256)}announced-{limit:015d}"
        lease = self._leases.take(sha256)
        try:
            if self._size_of(blob_name(sha256)) is not None:
                raise Conflict("payload_complete", field="payload", expected="no more bytes")
            self._store.put(announced, b"")
            try:
                lying = self._admitted(sha256, offset, limit)
                return self._append(_Appending(self._store, _below(sha256), lease, lying), chunks, limit)
            finally:
                with suppress(ReltoError):  # without its lease it does not count; whoever comes next removes it
                    self._store.erase(announced)
        finally:
            self._leases.release(lease)

    @contextmanager
    def hold(self, sha256: str) -> Iterator[S3Arrival]:
        """The arrival, locked against everybody else. Raises Conflict("payload_busy") while somebody is at it."""
        if not self._lying_under(sha256).everything:
            yield S3Arrival(self, sha256, None)
            return
        lease = self._leases.take(sha256)
        try:
            yield S3Arrival(self, sha256, lease if self._lying_under(sha256).everything else None)
        finally:
            self._leases.release(lease)

    def unclaimed(self) -> list[UnclaimedArrival]:
        """All unclaimed arrivals, oldest first."""
        found = [UnclaimedArrival(sha256, one.unclaimed, one.changed_at) for sha256, one in self._all().items()]
        return sorted(found, key=lambda one: (one.changed_at, one.sha256))

    def finish(self, sha256: str, lease: Lease | None) -> StoredBlob:
        """See `S3Arrival.finish`."""
        name = blob_name(sha256)
        size = self._size_of(name)
        if size is not None:
            return StoredBlob(name, size, sha256)
        lying = self._lying_under(sha256)
        if lease is None or not lying.held:
            raise NotAvailable("payload")
        writer = S3BlobWriter(self._store, name)
        try:
            digest, checksum = self._copy(lying.parts, writer)
            lease.require()
            self._require_announced(lying, digest, sha256)
            # From here on it counts as a blob that nothing has claimed, whenever this process ends.
            self._store.put(f"{_below(sha256)}whole-{lying.held:015d}", b"")
            blob = writer.finish()
        except BaseException:
            writer.abandon()
            raise
        with suppress(ReltoError):  # the claim removes them too
            self._erase(lying.everything)
        return StoredBlob(name, blob.size, sha256, checksum)

    def forget(self, sha256: str) -> None:
        """Nothing is unclaimed under this digest any more."""
        self._erase(self._lying_under(sha256).everything)

    def remove(self, sha256: str) -> None:
        """Remove what is unclaimed under this digest, blob and all; the caller holds it."""
        self._store.erase(BLOBS + blob_name(sha256))
        self.forget(sha256)

    def remove_abandoned(self) -> int:
        """Remove the locks of killed processes, and what they announced and never sent; returns how many."""
        count = 0
        for sha256 in self._leases.expired():
            with suppress(Conflict):
                lease = self._leases.take(sha256)
                try:
                    lying = self._lying_under(sha256)
                    if not lying.held and lying.whole is None:
                        self._erase(lying.everything)
                finally:
                    self._leases.release(lease)
                count += 1
        return count

    def _admitted(self, sha256: str, offset: int, limit: int) -> _Lying:
        """What is held, once there is room for all of it. Raises Unreachable("no_room"), Conflict."""
        everything, coming = self._all(), self._leases.taken()
        lying = everything.pop(sha256)
        others = sum(max(one.unclaimed, one.announced if name in coming else 0) for name, one in everything.items())
        count = sum(1 for name, one in everything.items() if one.unclaimed or name in coming)
        if others + limit > self._limits.most_bytes or (not lying.held and count >= self._limits.most_arrivals):
            raise Unreachable("no_room", field="payload", expected="room for payloads that no message has claimed yet")
        if offset != lying.held:
            raise Conflict("payload_offset", field="offset", found=offset, expected=str(lying.held))
        mine = f"announced-{limit:015d}"
        self._erase(one for one in lying.others if not one.name.endswith(mine))  # what a killed user left of it
        return lying

    def _append(self, appending: _Appending, chunks: Iterator[bytes], limit: int) -> int:
        try:
            for chunk in chunks:
                if appending.size + len(chunk) > limit:
                    appending.take_back()
                    raise TooLarge("payload", field="payload", expected=f"at most {limit} bytes")
                appending.add(chunk)
        finally:
            appending.flush()
        return appending.size

    def _copy(self, parts: Iterable[StoredObject], writer: S3BlobWriter) -> tuple[str, int]:
        """(SHA-256, CRC-32) of the parts, read once, and written on."""
        digest, checksum = hashlib.sha256(), 0
        for part in parts:
            for piece in self._store.stream(part.name, 0, part.size - 1):
                digest.update(piece)
                checksum = crc32(piece, checksum)
                writer.write(piece)
        return digest.hexdigest(), checksum

    def _require_announced(self, lying: _Lying, digest: str, sha256: str) -> None:
        if digest != sha256:
            self._erase(lying.everything)
            raise NotVerified("payload_digest", field="payload", found=digest, expected=sha256)

    def _erase(self, objects: Iterable[StoredObject]) -> None:
        for one in objects:
            self._store.erase(one.name)

    def _lying_under(self, sha256: str) -> _Lying:
        return _sorted(self._store.listed(_below(sha256)).objects)

    def _all(self) -> dict[str, _Lying]:
        by_digest: dict[str, list[StoredObject]] = {}
        for one in self._store.listed(ARRIVING).objects:
            sha256 = one.name.removeprefix(ARRIVING).partition("/")[0]
            if _SHA256.match(sha256):
                by_digest.setdefault(sha256, []).append(one)
        return {sha256: _sorted(objects) for sha256, objects in by_digest.items()}


class _Appending:
    """Bytes going into parts. The last one that lay there is replaced by itself and more, and can be put back."""

    def __init__(self, store: S3Store, below: str, lease: Lease, lying: _Lying) -> None:
        self._store, self._below, self._lease = store, below, lease
        self._new: list[str] = []
        self._begin, self._etag, self._before = lying.held, "", b""
        if lying.parts and lying.parts[-1].size < PART:
            last = lying.parts[-1]
            self._begin, self._etag, self._before = lying.held - last.size, last.etag, store.get(last.name)
        self._first, self._first_etag = self._begin, self._etag
        self._waiting = bytearray(self._before)
        self._unsent = False

    @property
    def size(self) -> int:
        return self._begin + len(self._waiting)

    def add(self, chunk: bytes) -> None:
        self._waiting += chunk
        self._unsent = self._unsent or bool(chunk)
        while len(self._waiting) >= PART:
            self._put(bytes(memoryview(self._waiting)[:PART]))
            del self._waiting[:PART]
            self._begin, self._etag = self._begin + PART, ""
            self._unsent = bool(self._waiting)

    def flush(self) -> None:
        """Put what is left as the last part; nothing after a part that was refused."""
        if self._unsent:
            self._put(bytes(self._waiting))

    def take_back(self) -> None:
        """Make it as it was, from the end: a process that ends meanwhile leaves no gap."""
        self._unsent = False
        for name in reversed(self._new):
            self._lease.require()
            self._store.erase(name)
        if self._before and self._first_etag:
            self._lease.require()
            self._store.put(f"{self._below}{self._first:015d}", self._before, instead_of=self._first_etag)

    def _put(self, part: bytes) -> None:
        self._unsent = False
        self._lease.require()
        name = f"{self._below}{self._begin:015d}"
        etag = self._store.put(name, part, only_new=not self._etag, instead_of=self._etag)
        if not etag:
            raise busy()
        if self._etag:
            self._first_etag = etag
        else:
            self._new.append(name)


def checked(sha256: str) -> str:
    """The digest, if it has its form. Raises MalformedInput."""
    if not _SHA256.match(sha256):
        raise MalformedInput("payload.digest", field="sha256", expected="64 lower-case hex digits")
    return sha256


def blob_name(sha256: str) -> str:
    """The name of the blob that an arrival becomes. Raises MalformedInput."""
    return f"sha256-{checked(sha256)}"


def _below(sha256: str) -> str:
    return f"{ARRIVING}{checked(sha256)}/"


def _sorted(objects: Iterable[StoredObject]) -> _Lying:
    lying = _Lying()
    for one in sorted(objects, key=lambda one: one.name):
        name = one.name.rpartition("/")[2]
        if _OFFSET.match(name) and int(name) == lying.held:
            lying.parts.append(one)
            lying.held += one.size
            continue
        lying.others.append(one)
        sized = _SIZED.match(name)
        if sized and sized[1] == "whole":
            lying.whole = int(sized[2])
        elif sized:
            lying.announced = max(lying.announced, int(sized[2]))
    return lying
