"""Time, randomness, storage of ciphertext and field encryption, as the services see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol, TypeVar

from relto.base.instants import Instant
from relto.base.nations import Nation

Result = TypeVar("Result")
StandingState = Literal["ready", "not_compared", "quarantined"]


class Clock(Protocol):
    """The node's clock; it may refuse to answer (promise: a clock earlier than the last cosignature is refused)."""

    def now(self) -> Instant:
        """The present instant, aware, UTC."""
        ...


class Entropy(Protocol):
    """Cryptographically secure random bytes."""

    def random_bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        ...


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A finished blob: its opaque name, size in bytes and lower-case hex SHA-256 of its (ciphertext) bytes.

    `crc32` (as ZIP counts it) is known when an arrival was read to verify it just now.
    """

    name: str
    size: int
    sha256: str
    crc32: int | None = None


@dataclass(frozen=True, slots=True)
class UnclaimedArrival:
    """Bytes that a partner sent, whole or not, that nothing has claimed: announced digest, size, last change."""

    sha256: str
    size: int
    changed_at: Instant


class BlobWriter(Protocol):
    """A blob being written: invisible until `finish` returns, gone after `abandon` or a crash."""

    def write(self, chunk: bytes | memoryview) -> int:
        """Append ciphertext; returns the number of bytes taken. The memory is the caller's again afterwards."""
        ...

    def finish(self) -> StoredBlob:
        """Make it durable (fsync of file and folder) and visible under its name."""
        ...

    def abandon(self) -> None:
        """Remove what was written."""
        ...


class HeldArrival(Protocol):
    """An arrival that nobody else can touch meanwhile."""

    def finish(self) -> StoredBlob:
        """Verify the digest of a complete arrival and make it a blob, the same one when that was already done.

        Raises NotVerified("payload_digest"), NotAvailable when nothing arrived.
        """
        ...

    def claim(self) -> None:
        """Something refers to the blob now: it no longer counts as unclaimed."""
        ...

    def remove(self) -> None:
        """Remove it, blob and all, unless it was claimed before."""
        ...


class BlobStore(Protocol):
    """Ciphertext by opaque name. It never sees plaintext (promise 1)."""

    def create(self) -> BlobWriter:
        """Begin a new blob."""
        ...

    def open(self, name: str) -> BinaryIO:
        """A seekable reader. Raises NotAvailable when there is no such blob."""
        ...

    def read_range(self, name: str, offset: int, size: int) -> Iterator[bytes]:
        """Chunks of at most 1 MiB covering `size` bytes from `offset`."""
        ...

    def remove(self, name: str) -> None:
        """Remove a blob that nothing refers to any more; no error when it is already gone."""
        ...

    def partial_size(self, sha256: str) -> int:
        """Bytes already held of a resumable arrival announced under this digest; 0 when none."""
        ...

    def append_partial(self, sha256: str, offset: int, chunks: Iterator[bytes], limit: int) -> int:
        """Continue a resumable arrival at `offset` (Conflict if it is not the held size); returns the new size.

        Raises Unreachable("no_room") when `limit` bytes would pass a bound.
        """
        ...

    def arrival(self, sha256: str) -> AbstractContextManager[HeldArrival]:
        """The arrival under this digest, locked. Raises Conflict("payload_busy") while somebody is at it."""
        ...

    def unclaimed(self) -> list[UnclaimedArrival]:
        """The arrivals that nothing has claimed, oldest first."""
        ...

    def remove_abandoned(self) -> int:
        """Remove what crashed writers left; returns how many. What a living process writes stays."""
        ...


class Standing(Protocol):
    """Whether this node may act: it has compared itself since it was started, and is not in quarantine (promise 11)."""

    def require_own(self) -> None:
        """Raise Unreachable("quarantined") or Unreachable("not_compared") unless this node may enter and sign."""
        ...

    def compared_with(self, partner: Nation) -> bool:
        """True when it may act and has compared itself with this partner since its start."""
        ...

    def require_partner(self, partner: Nation, *, seconds: float = 0) -> None:
        """As `require_own`, and Unreachable("partner_not_compared") after waiting at most `seconds`."""
        ...

    def state(self) -> StandingState:
        """How the node stands: ready, not_compared, quarantined."""
        ...


class Committer(Protocol):
    """Runs steps: each in its own savepoint, many in one durable transaction; returns only after the flush."""

    def run(self, step: Callable[[], Result]) -> Result:
        """The step's result once it is durable; the step's own error if it failed (nothing of it then remains)."""
        ...
