"""Ciphertext in an S3-compatible store, by opaque name; any number of processes and machines share it.

Rules kept here (the same Protocol as `file_blobs`):
 1. A blob is one object, visible only when it is whole: one request, or a multipart upload that is joined at its end.
 2. Every byte that is handed out was compared with the digest of its block first (`s3_form`): what was changed behind
    the node's back is NotVerified("blob_digest"), never given on.
 3. What a partner sends arrives by `s3_arrivals`; its blob's name is made from its digest.
 4. Names are checked against their form: no name leads out of the prefix.
 5. Memory is bounded by one part when writing and one block when reading.

boto3 is the optional extra `s3`: nothing of it is imported before the first store is opened.
"""

from __future__ import annotations

import io
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO, Final

from relto.adapters.s3_arrivals import S3Arrival, S3Arrivals
from relto.adapters.s3_form import BLOCK, FOOTER, BlobForm, changed, form_length, read_form
from relto.adapters.s3_leases import S3Leases
from relto.adapters.s3_store import S3Store
from relto.adapters.s3_writing import BLOBS, S3BlobWriter, drop_abandoned
from relto.base.errors import NotAvailable, NotVerified, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import UnclaimedArrival

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_NAME: Final = re.compile(r"\A(?:[0-9a-f]{32}|sha256-[0-9a-f]{64})\Z")
_FIRST_LOOK: Final = 64 * 1024
"""Enough for the digests of a blob of 2 GiB in one request."""
_ATTEMPTS: Final = 3
_REMEMBERED_BYTES: Final = 8 * 1024 * 1024


class S3Blobs:
    """A blob store below one prefix of a bucket."""

    def __init__(self, store: S3Store, limits: ArrivalLimits | None = None, *, lease_seconds: float = 60.0) -> None:
        """`limits`: of what a partner may send unclaimed; `lease_seconds`: how long a killed process blocks it."""
        self._store = store
        self._known = _KnownForms()
        self._arrivals = S3Arrivals(store, S3Leases(store, lease_seconds), self._size_of, limits or ArrivalLimits())

    def create(self) -> S3BlobWriter:
        """Begin a new blob under a fresh random name."""
        return S3BlobWriter(self._store, os.urandom(16).hex())

    def open(self, name: str) -> BinaryIO:
        """A seekable reader. Raises NotAvailable when there is no such blob, NotVerified when its end was changed."""
        form = self._form(checked_name(name), remembered=False)
        return io.BufferedReader(_BlobReader(self._store, name, form), BLOCK)

    def read_range(self, name: str, offset: int, size: int) -> Iterator[bytes]:
        """Chunks of at most 1 MiB covering `size` bytes from `offset`.

        Raises NotVerified("blob_length") when the blob is shorter, NotVerified("blob_digest") before a changed byte.
        """
        form = self._form(checked_name(name))
        if not size:
            return
        if offset + size > form.size:
            found = max(0, form.size - offset)
            raise NotVerified("blob_length", field="blob", found=found, expected=f"{size} bytes")
        end = offset + size
        for number, block in _blocks(self._store, name, form, offset // BLOCK, -(-end // BLOCK)):
            begin = number * BLOCK
            yield block[max(0, offset - begin) : end - begin]

    def remove(self, name: str) -> None:
        """Remove a blob that nothing refers to any more; no error when it is already gone.

        One under a retention is out of sight at once; its bytes go when the retention is over and the bucket's
        life-cycle rule removes old versions.
        """
        self._known.forget(checked_name(name))
        self._store.erase(BLOBS + name)

    def partial_size(self, sha256: str) -> int:
        """Bytes held of an arrival announced under this digest: its whole size when it is already a blob."""
        return self._arrivals.size(sha256)

    def append_partial(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue an arrival at `offset`; returns the size now held, durable.

        Raises Conflict when `offset` is not the held size or another one is at it, TooLarge when more than `limit`
        bytes come (the arrival is then as before), Unreachable when the store does not take them or "no_room" when
        `limit` bytes would pass a bound. Bytes that came before an interruption of `chunks` are kept.
        """
        return self._arrivals.append(sha256, offset, chunks, limit)

    def arrival(self, sha256: str) -> AbstractContextManager[S3Arrival]:
        """The arrival under this digest, locked. Raises Conflict("payload_busy") while somebody is at it."""
        return self._arrivals.hold(sha256)

    def unclaimed(self) -> list[UnclaimedArrival]:
        """The arrivals, whole or not, that nothing has claimed, oldest first."""
        return self._arrivals.unclaimed()

    def remove_abandoned(self) -> int:
        """Remove what crashed writers and senders left; returns how many. What moved in the last hours stays."""
        return drop_abandoned(self._store) + self._arrivals.remove_abandoned()

    def stored(self, name: str) -> BlobForm:
        """What the store says of a blob: size and digest, without reading it. Raises NotAvailable, NotVerified."""
        return self._form(checked_name(name), remembered=False)

    def _size_of(self, name: str) -> int | None:
        try:
            return self._form(name, remembered=False).size
        except NotAvailable:
            return None

    def _form(self, name: str, *, remembered: bool = True) -> BlobForm:
        """Blobs never change, so what was read of one once holds; whether it is still there is told by asking."""
        known = self._known.get(name) if remembered else None
        if known is not None:
            return known
        behind, size = self._store.tail(BLOBS + name, _FIRST_LOOK)
        length = form_length(behind[-FOOTER:])
        if length > size:
            raise changed()
        if length > len(behind):
            behind, size = self._store.tail(BLOBS + name, length)
        form = read_form(name, behind[-length:], size)
        self._known.add(name, form)
        return form


def checked_name(name: str) -> str:
    """The name, if it has its form. Raises NotAvailable."""
    if not _NAME.match(name):
        raise NotAvailable("blob")
    return name


def _blocks(store: S3Store, name: str, form: BlobForm, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The blocks `first` to `end` (exclusive), each compared; a connection that breaks is taken up where it was."""
    last_byte, attempts = min(end * BLOCK, form.size), 0
    while first < end:
        block = bytearray()
        try:
            for piece in store.stream(BLOBS + name, first * BLOCK, last_byte - 1):
                block += piece
                while first < end and len(block) >= (length := min(BLOCK, form.size - first * BLOCK)):
                    whole = bytes(memoryview(block)[:length])
                    del block[:length]
                    form.check(first, whole)
                    yield first, whole
                    first, attempts = first + 1, 0
        except Unreachable:
            attempts += 1
            if attempts == _ATTEMPTS:
                raise
            continue
        if first < end:
            raise NotVerified("blob_length", field="blob", found=first * BLOCK, expected=f"{form.size} bytes")


class _BlobReader(io.RawIOBase):
    """Seekable; holds one compared block."""

    def __init__(self, store: S3Store, name: str, form: BlobForm) -> None:
        self._store, self._name, self._form = store, name, form
        self._at, self._number, self._block = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._form.size}[whence]
        if start + offset < 0:
            raise OSError(22, "negative seek position")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        number, within = divmod(self._at, BLOCK)
        if self._at >= self._form.size:
            return 0
        if number != self._number:
            self._block = next(block for _, block in _blocks(self._store, self._name, self._form, number, number + 1))
            self._number = number
        with memoryview(buffer) as view:
            taken = min(len(view), len(self._block) - within)
            view[:taken] = self._block[within : within + taken]
        self._at += taken
        return taken


class _KnownForms:
    """The forms that were read last, up to a few MiB of digests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: OrderedDict[str, BlobForm] = OrderedDict()
        self._bytes = 0

    def get(self, name: str) -> BlobForm | None:
        with self._lock:
            if name in self._forms:
                self._forms.move_to_end(name)
            return self._forms.get(name)

    def add(self, name: str, form: BlobForm) -> None:
        with self._lock:
            self._drop(name)
            self._forms[name] = form
            self._bytes += _weight(form)
            while self._bytes > _REMEMBERED_BYTES and len(self._forms) > 1:
                self._drop(next(iter(self._forms)))

    def forget(self, name: str) -> None:
        with self._lock:
            self._drop(name)

    def _drop(self, name: str) -> None:
        form = self._forms.pop(name, None)
        if form is not None:
            self._bytes -= _weight(form)


def _weight(form: BlobForm) -> int:
    return len(form.blocks) + 512
