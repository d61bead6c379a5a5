"""The reading room: a document shown page by page by a process that holds it alone, and ends with it.

The session key is made in that process: a share that is wrapped for it opens nowhere else. What comes out are pictures
of pages, marked with who reads them and when, and the words on them for those who do not see pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

ReadAt = Callable[[int, int], bytes]
"""(offset, size) of the sealed payload -> its bytes, fewer at its end."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """`levels`: "USA SECRET" and so on, at which reading is on; `again`: when both services are asked anew.

    `idle`: after so long without a page a reading ends.
    """

    levels: frozenset[str] = frozenset()
    again: timedelta = timedelta(minutes=30)
    idle: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class WrappedShare:
    """A share as a key service gave it for the room's session key; `session_public_key` None for RSA sessions."""

    wrapped: bytes
    session_public_key: str | None


@dataclass(frozen=True, slots=True)
class SealedDocument:
    """What the room opens: the manifest, the payload's size, where its bytes are read, a share for each position."""

    manifest: bytes
    payload_size: int
    read_at: ReadAt
    shares: Mapping[int, WrappedShare]
    suffix: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the room says of an opened document: its pages, and of what form it is (pdf, picture, or laid out anew)."""

    pages: int
    form: str


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What is drawn over each page: the marking at its top and foot, and who reads it, where and when."""

    banner: str
    reader: str


class Room(Protocol):
    """One document's process. Raises Unreachable: "reading_room" once it has ended, "reading_room_busy" while it works.

    The process read what may be hostile: what comes out of it is bounded, and no word of it is in an error.
    """

    session_key: str
    """PEM of the room's public session key."""

    def open(self, document: SealedDocument) -> Shown:
        """Open it. Raises NotVerified for a container that does not hold, MalformedInput("document...") otherwise."""
        ...

    def page(self, number: int, marks: PageMarks) -> bytes:
        """The page, from 1, as a PNG. Raises MalformedInput("page"), NotVerified for a damaged segment."""
        ...

    def words(self, number: int) -> str:
        """The words on the page, at most 64 KiB of them."""
        ...

    def close(self) -> None:
        """End the process; what it held is gone with it."""
        ...


class ReadingRoom(Protocol):
    """Rooms, a bounded number of them."""

    def enter(self) -> Room:
        """A new room. Raises Unreachable("reading_room_full") when there is none left."""
        ...
