"""A blob on its way into an S3 store, and what is left of those whose writers crashed.

Promises: memory is bounded by one part, whatever the blob's size; nothing is visible before `finish`; a blob of one
part is one request. A larger one is a multipart upload, recorded under `writing/` so that it can be found again and
dropped when nothing of it moved for a while: the record is renewed as parts go out.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from relto.adapters.s3_form import FormWriter, write_form
from relto.adapters.s3_store import S3Store
from relto.base.errors import Conflict, NotAvailable, ReltoError
from relto.ports.surroundings import StoredBlob

PART: Final = 8 * 1024 * 1024
"""10,000 parts of it, the most that S3 joins, are 78 GiB: more than the largest container."""
BLOBS, WRITING = "blobs/", "writing/"
_RENEWED_SECONDS = 600
_ABANDONED: Final = timedelta(hours=6)


class S3BlobWriter:
    """A blob being written."""

    def __init__(self, store: S3Store, name: str) -> None:
        """Nothing is asked of the store before the first part is full."""
        self._store = store
        self.name = name
        self._form = FormWriter()
        self._waiting = bytearray()
        self._upload = ""
        self._parts: list[tuple[str, str]] = []
        self._sent = 0
        self._renewed = 0.0
        self._ended = False

    def write(self, chunk: bytes | memoryview) -> int:
        """Append ciphertext; returns the number of bytes taken. Raises Unreachable when the store does not take it."""
        self._form.update(chunk)
        self._waiting += chunk
        while len(self._waiting) > PART:
            self._send(bytes(memoryview(self._waiting)[:PART]))
            del self._waiting[:PART]
        return len(chunk)

    def finish(self) -> StoredBlob:
        """Make it visible under its name: the store has all of it."""
        if self._ended:
            raise Conflict("blob_ended", field="blob", expected="a blob that is being written")
        form = self._form.finish()
        rest = bytes(self._waiting) + write_form(self.name, form)
        if self._upload:
            self._send(rest)
            self._store.join_parts(BLOBS + self.name, self._upload, self._parts, self._sent)
            self._ended = True
            with suppress(ReltoError):  # the sweep takes it
                self._store.erase(WRITING + self.name)
        else:
            self._store.put(BLOBS + self.name, rest, held=True)
            self._ended = True
        self._waiting.clear()
        return StoredBlob(self.name, form.size, form.sha256)

    def abandon(self) -> None:
        """Remove what was written; no error when it is already finished or gone. What cannot be, the sweep removes."""
        self._waiting.clear()
        if self._upload and not self._ended:
            with suppress(ReltoError):
                self._store.drop_parts(BLOBS + self.name, self._upload)
                self._store.erase(WRITING + self.name)
        self._ended = True

    def _send(self, part: bytes) -> None:
        if not self._upload:
            self._upload = self._store.begin_parts(BLOBS + self.name)
        if not self._renewed or time.monotonic() - self._renewed > _RENEWED_SECONDS:
            self._store.put(WRITING + self.name, self._upload.encode())
            self._renewed = time.monotonic()
        self._parts.append(self._store.put_part(BLOBS + self.name, self._upload, len(self._parts) + 1, part))
        self._sent += len(part)


def drop_abandoned(store: S3Store, older: timedelta = _ABANDONED) -> int:
    """Drop the uploads that nobody went on with for so long; returns how many."""
    listing = store.listed(WRITING)
    count = 0
    for record in listing.objects:
        if listing.now - record.changed_at <= older:
            continue
        with suppress(NotAvailable):
            upload = store.get(record.name).decode("ascii", "replace")
            store.drop_parts(BLOBS + record.name.removeprefix(WRITING), upload)
            count += 1
        store.erase(record.name)
    return count
