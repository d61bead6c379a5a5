"""Locks between processes and machines that share nothing but the store: objects put under a condition.

Rules kept here:
 1. A lease is an object `locks/<name>` with its holder's own random token. It is made only where none lies
    (If-None-Match: *), renewed four times in its time, and taken over only in place of the very object that was seen
    to be older than its time (If-Match). Ages are told by the store's clock alone: no two machines' are compared.
 2. Who could not renew in three quarters of the time counts its lease as lost, before anybody else may take it.
 3. What a killed process held is free after the time (a minute); what ended orderly is free at once.

The store has to keep conditional writes (RFC 9110 section 13.1; S3 since 2024); `s3_probe` refuses one that does not.
"""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from relto.adapters.s3_store import S3Store, StoredObject
from relto.base.errors import Conflict, NotAvailable, ReltoError

LOCKS: Final = "locks/"
_TOKEN_BYTES = 16


class Lease:
    """A name that is this process's until it is released or lost."""

    def __init__(self, name: str, token: bytes, etag: str, seconds: float, since: float) -> None:
        """`since`: a steady clock's seconds, read before the store was asked."""
        self.name = name
        self._token = token
        self._etag = etag
        self._seconds = seconds
        self._since = since
        self._working = threading.Lock()
        self._lost = False

    def require(self) -> None:
        """Raise Conflict("payload_busy") when it may be somebody else's by now."""
        if self._lost or time.monotonic() - self._since > self._seconds * 3 / 4:
            raise busy()

    def renew(self, store: S3Store) -> None:
        """Begin its time again. A store that does not answer changes nothing yet."""
        with self._working, suppress(ReltoError):
            begun = time.monotonic()
            etag = store.put(LOCKS + self.name, self._token, instead_of=self._etag)
            if etag:
                self._etag, self._since = etag, begun
            else:
                self._lost = True

    def give_back(self, store: S3Store) -> None:
        """Let others take it at once, if it is still surely this one's; else it ends by its time."""
        with self._working, suppress(ReltoError):
            self.require()
            if store.get(LOCKS + self.name) == self._token:
                store.erase(LOCKS + self.name)
        self._lost = True


class S3Leases:
    """The leases of this process; one thread renews them while there are any."""

    def __init__(self, store: S3Store, seconds: float) -> None:
        """`seconds`: how long a lease holds unrenewed."""
        self._store = store
        self._seconds = seconds
        self._held: set[Lease] = set()
        self._changed = threading.Condition()
        self._renewing = False

    def take(self, name: str) -> Lease:
        """The lease of a name. Raises Conflict("payload_busy") while somebody holds it."""
        token, since = secrets.token_bytes(_TOKEN_BYTES), time.monotonic()
        etag = self._store.put(LOCKS + name, token, only_new=True)
        if not etag:
            left = self._left_behind(name)
            etag = self._store.put(LOCKS + name, token, instead_of=left.etag) if left else ""
        if not etag:
            raise busy()
        lease = Lease(name, token, etag, self._seconds, since)
        with self._changed:
            self._held.add(lease)
            if not self._renewing:
                self._renewing = True
                threading.Thread(target=self._renew, name="s3-leases", daemon=True).start()
        return lease

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        with self._changed:
            self._held.discard(lease)
            self._changed.notify_all()
        lease.give_back(self._store)

    def taken(self) -> set[str]:
        """The names that somebody holds now."""
        listing = self._store.listed(LOCKS)
        return {one.name.removeprefix(LOCKS) for one in listing.objects if listing.now - one.changed_at <= self._time}

    def expired(self) -> list[str]:
        """The names whose holders did not come back."""
        listing = self._store.listed(LOCKS)
        return [one.name.removeprefix(LOCKS) for one in listing.objects if listing.now - one.changed_at > self._time]

    @property
    def _time(self) -> timedelta:
        # The store writes whole seconds.
        return timedelta(seconds=self._seconds + 1)

    def _left_behind(self, name: str) -> StoredObject | None:
        with suppress(NotAvailable):
            listing = self._store.listed(LOCKS + name)
            for one in listing.objects:
                if one.name == LOCKS + name and listing.now - one.changed_at > self._time:
                    return one
        return None

    def _renew(self) -> None:
        while True:
            with self._changed:
                if not self._held:
                    self._renewing = False
                    return
                self._changed.wait(self._seconds / 4)
                held = list(self._held)
            for lease in held:
                lease.renew(self._store)


def busy() -> Conflict:
    """Somebody is at it."""
    return Conflict("payload_busy", field="payload", expected="one sender of a payload at a time")
