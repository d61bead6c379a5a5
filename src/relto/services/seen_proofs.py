"""What has been seen of proofs, by digest: in one process, or in several that share it (RFC 9449 section 11.1).

A memory of two generations: what is new goes into the present one, and both are asked. After `kept` seconds the present
one becomes the one before, which is forgotten after as long again; so everything is remembered for at least `kept`.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
from types import TracebackType
from typing import Literal, Protocol

DIGEST_BYTES = 16
Verdict = Literal["new", "seen", "full"]
_HEAD = struct.Struct("<dQQQQ")  # when it turned; which is the present one; how many in each; callers refused
_EMPTY = bytes(DIGEST_BYTES)


class Seen(Protocol):
    """A memory of digests."""

    def add(self, digest: bytes, moment: float, kept: float) -> Verdict:
        """Remember a digest of 16 bytes; "seen" when it was there before, "full" when there is no room."""
        ...


class OwnSeen:
    """The memory of one process."""

    def __init__(self, most: int) -> None:
        """`most`: digests of one generation."""
        self._most = most
        self._lock = threading.Lock()
        self._turned = 0.0
        self._generations: tuple[set[bytes], set[bytes]] = (set(), set())

    def add(self, digest: bytes, moment: float, kept: float) -> Verdict:
        """See Seen."""
        with self._lock:
            if moment - self._turned > kept:
                fresh = moment - self._turned <= 2 * kept
                self._generations = (set(), self._generations[0] if fresh else set())
                self._turned = moment
            present, before = self._generations
            if digest in present or digest in before:
                return "seen"
            if len(present) >= self._most:
                return "full"
            present.add(digest)
            return "new"


class SharedSeen:
    """One memory for all processes that are forked from the one that made it; no other process can reach it.

    Each generation is a table of digests in anonymous shared memory, a digest at its own place or the next free one. A
    lock of all these processes guards it, which the system frees when one is killed that holds it; what that one was
    writing then is at most its own digest. Beside it stands how many callers did not authenticate at any of them.
    """

    def __init__(self, most: int) -> None:
        """`most`: digests of one generation; the table has twice the places, so a search is short."""
        self._most = most
        self._places = 2 * most
        self._size = self._places * DIGEST_BYTES
        self._memory = mmap.mmap(-1, _HEAD.size + 2 * self._size)
        self._lock = _LockOfAll()

    def add(self, digest: bytes, moment: float, kept: float) -> Verdict:
        """See Seen."""
        with self._lock:
            turned, present, first, second, refused = _HEAD.unpack_from(self._memory, 0)
            counts = [first, second]
            if moment - turned > kept:
                for generation in {1 - present, *((present,) if moment - turned > 2 * kept else ())}:
                    if counts[generation]:
                        self._forget(generation)
                        counts[generation] = 0
                present, turned = 1 - present, moment
            free = self._find(digest, present)
            verdict: Verdict = "seen"
            if free is not None and self._find(digest, 1 - present) is not None:
                verdict = "full" if counts[present] >= self._most else "new"
            if verdict == "new" and free is not None:
                self._memory[free : free + DIGEST_BYTES] = digest
                counts[present] += 1
            _HEAD.pack_into(self._memory, 0, turned, present, *counts, refused)
            return verdict

    def _find(self, digest: bytes, generation: int) -> int | None:
        """Where a digest could be put; None when it is there already."""
        begin = _HEAD.size + generation * self._size
        place = int.from_bytes(digest[:8], "little") % self._places
        while True:
            at = begin + place * DIGEST_BYTES
            found = self._memory[at : at + DIGEST_BYTES]
            if found == digest:
                return None
            if found == _EMPTY:
                return at
            place = (place + 1) % self._places

    def _forget(self, generation: int) -> None:
        begin = _HEAD.size + generation * self._size
        self._memory[begin : begin + self._size] = bytes(self._size)

    def count_refused(self, more: int) -> int:
        """How many callers did not authenticate so far, with these."""
        with self._lock:
            turned, present, first, second, refused = _HEAD.unpack_from(self._memory, 0)
            _HEAD.pack_into(self._memory, 0, turned, present, first, second, refused + more)
            return int(refused) + more


class _LockOfAll:
    """A lock of threads and of the processes forked since: a record lock (POSIX fcntl), which ends with its process."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._file = os.memfd_create("relto-seen")

    def __enter__(self) -> None:
        self._threads.acquire()
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)
        self._threads.release()
