"""Which entries say that they were made before cosigners signed a tree that does not hold them?

An entry's place in the tree lies between two checkpoints, and each checkpoint's cosignatures state a time. Promise: an
entry is named when its own time lies more than `TOLERANCE` before the first counted cosignature of the largest kept
checkpoint without it. Entries wait seconds for their place; the tolerance covers a sequencer that stood still and
clocks that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from relto.base.instants import instant_text
from relto.ledger.findings import Finding
from relto.ledger.tiles import TILE_WIDTH, FileReader, split_entries, tile_path, tile_width

TOLERANCE = timedelta(hours=1)
MOST_NAMED = 100
_AT = b'"at":"'
_LEAF_END = b'"type":"relto/leaf","version":1}'
_LARGEST_TIME = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


def back_dated(read: FileReader, size: int, cosigned_at: Mapping[int, int]) -> list[Finding]:
    """The entries of a verified tree of `size` leaves that are dated too early, at most `MOST_NAMED`.

    `cosigned_at`: size of a kept checkpoint -> the first time (POSIX seconds) at which a counted cosigner signed it.
    """
    return list(islice(_named(read, size, cosigned_at), MOST_NAMED))


def _named(read: FileReader, size: int, cosigned_at: Mapping[int, int]) -> Iterator[Finding]:
    known = sorted(held for held in cosigned_at if held < size)
    if not known:
        return
    earliest, passed = "", 0
    for index in range(known[0] // TILE_WIDTH, -(-size // TILE_WIDTH)):
        path = tile_path("entries", index, tile_width(size, "entries", index))
        entries, _ = split_entries(read(path) or b"")
        for number, entry in enumerate(entries, start=index * TILE_WIDTH):
            while passed < len(known) and known[passed] <= number:
                earliest = _limit(cosigned_at[known[passed]])
                passed += 1
            if passed and _time(entry) < earliest:
                yield Finding("entry.back_dated", path, entry=number)


def _limit(time: int) -> str:
    """The earliest time that an entry may state, in the leaf's own form, which sorts as it runs."""
    return instant_text(datetime.fromtimestamp(min(time, _LARGEST_TIME), UTC) - TOLERANCE)


def _time(entry: bytes) -> str:
    """What a well-formed leaf states; for another document a time after all others."""
    if not entry.endswith(_LEAF_END):
        return "~"
    start = entry.index(_AT) + len(_AT)
    return entry[start : start + 20].decode("ascii")
