"""The tree and its entries as immutable files: C2SP tlog-tiles (height 8, SHA-256).

Promises: the tiles of a size hold exactly the hashes that the specification names; an empty tile is never made; a
partial tile is not hashed upward; growth rewrites no full tile. Paths are `tile/<L>/<N>[.p/<W>]` and
`tile/entries/<N>[.p/<W>]`.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.ledger import tree
from relto.ledger.encoding import HASH_BYTES, LARGEST_SIZE

TILE_WIDTH = 256
LEVELS = 8
"""Levels that a tree of at most 2^63 - 1 leaves can reach."""
LARGEST_ENTRY = 65_535
FULL_TILE_BYTES = TILE_WIDTH * HASH_BYTES
LARGEST_BUNDLE_BYTES = TILE_WIDTH * (LARGEST_ENTRY + 2)
CACHED_TILES = 512

Level = int | Literal["entries"]
FileReader = Callable[[str], bytes | None]
"""A path relative to the log's prefix -> the file's bytes, or None when there is no such file."""

_PATH = re.compile(
    r"\Atile/(entries|0|[1-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z"
)


@dataclass(frozen=True, slots=True)
class TileName:
    """What a tile's path says: `width` is 256 for a full tile, 1 to 255 for a partial one."""

    level: Level
    index: int
    width: int

    @property
    def path(self) -> str:
        """The path relative to the log's prefix."""
        return tile_path(self.level, self.index, self.width)


def tile_path(level: Level, index: int, width: int | None = None) -> str:
    """The path of a tile or (level "entries") an entry bundle; `width` None or 256 means full."""
    if index < 0 or (isinstance(level, int) and not 0 <= level < 64):  # noqa: PLR2004  levels are 0..63
        raise MalformedInput("tile.name", field="index", found=index, expected="a level 0 to 63 and an index from 0")
    if width is not None and not 1 <= width <= TILE_WIDTH:
        raise MalformedInput("tile.width", field="width", found=width, expected="1 to 256")
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width is None or width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def read_tile_path(path: str) -> TileName | None:
    """What `path` names, or None when it is not the one spelling of a tile's path."""
    found = _PATH.match(path)
    if not found:
        return None
    level, groups, width = found.groups()
    name = TileName(
        "entries" if level == "entries" else int(level),
        int(groups.replace("x", "").replace("/", "")),
        int(width) if width else TILE_WIDTH,
    )
    return name if name.width <= TILE_WIDTH and name.path == path else None


def level_size(size: int, level: int) -> int:
    """How many hashes level `level` holds in a tree of `size` leaves."""
    return size >> (8 * level)


def tile_width(size: int, level: Level, index: int) -> int:
    """The width of a tile in a tree of `size` leaves; 0 when it has none."""
    held = level_size(size, level if isinstance(level, int) else 0)
    return max(0, min(TILE_WIDTH, held - index * TILE_WIDTH))


def tiles_of_size(size: int) -> Iterator[TileName]:
    """Every tile and entry bundle that a tree of `size` leaves consists of: what an export holds."""
    levels: list[Level] = ["entries", *range(LEVELS)]
    for level in levels:
        held = level_size(size, level if isinstance(level, int) else 0)
        for index in range(-(-held // TILE_WIDTH)):
            yield TileName(level, index, tile_width(size, level, index))


def read_at_size(read: FileReader, level: Level, index: int, size: int) -> bytes | None:
    """A tile's bytes for a tree of `size`, from its own file or from the full tile that replaced a partial one."""
    width = tile_width(size, level, index)
    data = read(tile_path(level, index, width)) if width else b""
    if data is None and width < TILE_WIDTH:
        full = read(tile_path(level, index))
        if full is None:
            return None
        return _cut(full, width) if isinstance(level, int) else encode_entries(decode_entries(full)[:width])
    return data


def _cut(tile: bytes, width: int) -> bytes:
    return tile[: width * HASH_BYTES]


def _demanded(read: FileReader, level: Level, index: int, size: int) -> bytes:
    data = read_at_size(read, level, index, size)
    path = tile_path(level, index, tile_width(size, level, index))
    if data is None:
        raise NotVerified("tile.missing", field=path, expected="the tile that the tree's size demands")
    if isinstance(level, int) and len(data) != tile_width(size, level, index) * HASH_BYTES:
        raise NotVerified("tile.length", field=path, found=len(data), expected="32 bytes for each hash of its width")
    return data


def tiles_for_growth(
    old_size: int, new_size: int, read_tile: FileReader, new_leaf_hashes: Sequence[bytes]
) -> dict[str, bytes]:
    """The hash tiles to write when the tree grows: completed full tiles and the partial tiles of `new_size`.

    `read_tile` gives the partial tiles of `old_size`. Raises MalformedInput when the counts disagree, NotVerified when
    an old tile is missing or has another length.
    """
    _demand_growth(old_size, new_size, len(new_leaf_hashes))
    made: dict[str, bytes] = {}
    fresh: Sequence[bytes] = new_leaf_hashes
    level = 0
    while fresh:
        held = level_size(old_size, level)
        first = held // TILE_WIDTH
        kept = _demanded(read_tile, level, first, old_size) if held % TILE_WIDTH else b""
        row = kept + b"".join(fresh)
        upward: list[bytes] = []
        for offset in range(0, len(row), FULL_TILE_BYTES):
            tile = row[offset : offset + FULL_TILE_BYTES]
            made[tile_path(level, first + offset // FULL_TILE_BYTES, len(tile) // HASH_BYTES)] = tile
            if len(tile) == FULL_TILE_BYTES:
                upward.append(tree.complete_root(tile))
        fresh = upward
        level += 1
    return made


def bundles_for_growth(
    old_size: int, new_size: int, read_bundle: FileReader, new_entries: Sequence[bytes]
) -> dict[str, bytes]:
    """The entry bundles to write when the tree grows: completed ones and the partial one of `new_size`."""
    _demand_growth(old_size, new_size, len(new_entries))
    made: dict[str, bytes] = {}
    first = old_size // TILE_WIDTH
    kept_width = old_size % TILE_WIDTH
    data = _demanded(read_bundle, "entries", first, old_size) if kept_width and new_entries else b""
    at = 0
    while at < len(new_entries):
        taken = new_entries[at : at + TILE_WIDTH - kept_width]
        made[tile_path("entries", first, kept_width + len(taken))] = data + encode_entries(taken)
        at += len(taken)
        first, kept_width, data = first + 1, 0, b""
    return made


def _demand_growth(old_size: int, new_size: int, count: int) -> None:
    if not 0 <= old_size <= new_size <= LARGEST_SIZE or new_size - old_size != count:
        raise MalformedInput("tile.growth", field="new_size", found=new_size, expected="old size plus the new entries")


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length as a big-endian 16-bit number. Raises TooLarge."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise TooLarge("entry", field="entry", found=len(entry), expected=f"at most {LARGEST_ENTRY} bytes")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def split_entries(bundle: bytes) -> tuple[list[bytes], bool]:
    """The entries of a bundle as far as they can be read, and whether the bundle ended exactly after the last one."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at + 2 <= end and len(entries) < TILE_WIDTH:
        upto = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if upto > end:
            return entries, False
        entries.append(bundle[at + 2 : upto])
        at = upto
    return entries, at == end


def decode_entries(bundle: bytes) -> list[bytes]:
    """The entries of a bundle, at most 256. Raises MalformedInput when it does not end with an entry's end."""
    entries, exact = split_entries(bundle)
    if not exact:
        raise MalformedInput("bundle", field="bundle", expected="at most 256 entries, each after its 16-bit length")
    return entries


class TileReader:
    """Hashes, roots and proofs of a tree of `size` leaves, read from its tiles.

    What it reads is not checked against a root.
    """

    def __init__(self, read: FileReader, size: int) -> None:
        """`read` gives files by path; tiles are kept in a small cache, entry bundles are not."""
        if not 0 <= size <= LARGEST_SIZE:
            raise MalformedInput("tree.size", field="size", found=size, expected="0 to 2^63 - 1")
        self._read = read
        self.size = size
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def _tile(self, level: int, index: int) -> bytes:
        key = (level, index)
        tile = self._tiles.get(key)
        if tile is None:
            tile = self._tiles[key] = _demanded(self._read, level, index, self.size)
            if len(self._tiles) > CACHED_TILES:
                self._tiles.popitem(last=False)
        return tile

    def node(self, height: int, index: int) -> bytes:
        """The root of the complete subtree over leaves index * 2^height to (index + 1) * 2^height."""
        if height < 0 or index < 0 or (index + 1) << height > self.size:
            raise MalformedInput("tree.node", field="index", found=index, expected="a complete subtree of this tree")
        level, within = divmod(height, 8)
        position = index << within
        start = position % TILE_WIDTH * HASH_BYTES
        tile = self._tile(level, position // TILE_WIDTH)
        return tree.complete_root(tile[start : start + (HASH_BYTES << within)])

    def leaf(self, index: int) -> bytes:
        """The leaf hash of an entry."""
        return self.node(0, index)

    def entry(self, index: int) -> bytes:
        """The entry itself, from its bundle. Raises MalformedInput or NotVerified."""
        if not 0 <= index < self.size:
            raise MalformedInput("tree.index", field="index", found=index, expected=f"0 to {self.size - 1}")
        entries = decode_entries(_demanded(self._read, "entries", index // TILE_WIDTH, self.size))
        if index % TILE_WIDTH >= len(entries):
            raise NotVerified("bundle.length", field="bundle", found=len(entries), expected="every entry of its width")
        return entries[index % TILE_WIDTH]

    def root(self, size: int | None = None) -> bytes:
        """The root of the tree over the first `size` leaves (default: all)."""
        return tree.tree_root(self._upto(size), self.node)

    def compact_range(self) -> tree.CompactRange:
        """The state from which the tree grows on."""
        return tree.CompactRange.from_reader(self.size, self.node)

    def inclusion_path(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of leaf `index` in the tree over the first `size` leaves (default: all)."""
        return tree.inclusion_path(index, self._upto(size), self.node)

    def consistency_path(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """The proof that the tree of `old_size` is a prefix of that of `new_size` (default: all)."""
        return tree.consistency_path(old_size, self._upto(new_size), self.node)

    def _upto(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise MalformedInput("tree.size", field="size", found=size, expected=f"0 to {self.size}")
        return size
