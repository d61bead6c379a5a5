"""Is the tree of an exported folder the tree that its checkpoint names, and if not, which file and entry was altered?

Every tile is compared with the tiles that the entries give, and the root with the checkpoint's. When entries and tiles
disagree, the side that fits the hash above it is taken as true, so that the altered one is named and not its
neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from relto.ledger import tree
from relto.ledger.encoding import HASH_BYTES
from relto.ledger.findings import Finding
from relto.ledger.leaves import leaf_is_well_formed
from relto.ledger.tiles import (
    FULL_TILE_BYTES,
    LARGEST_BUNDLE_BYTES,
    LEVELS,
    TILE_WIDTH,
    FileReader,
    Level,
    TileName,
    level_size,
    read_tile_path,
    split_entries,
    tile_path,
    tile_width,
)


@dataclass(slots=True)
class _Bundle:
    """One entry bundle: its leaf hashes as far as it can be read (concatenated), and whether it is whole."""

    hashes: bytes
    whole: bool


@dataclass(slots=True)
class FolderTree:
    """The tree found in a folder. `rows[L]` holds the true hashes of level L by tile; `root_holds` says if they fit."""

    size: int
    rows: list[list[bytes]]
    root_holds: bool
    findings: list[Finding] = field(default_factory=list)

    def node(self, height: int, index: int) -> bytes:
        """The root of a complete subtree, as tree.HashReader."""
        level, within = divmod(height, 8)
        position = index << within
        at = position % TILE_WIDTH * HASH_BYTES
        return tree.complete_root(self.rows[level][position // TILE_WIDTH][at : at + (HASH_BYTES << within)])

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves."""
        return tree.tree_root(size, self.node)


def held_size(names: Iterable[str]) -> int:
    """How many entries from the first on have a hash or an entry file in the folder, without a gap."""
    widths: dict[int, int] = {}
    for name in map(read_tile_path, names):
        if name is not None and name.level in {0, "entries"}:
            widths[name.index] = max(widths.get(name.index, 0), name.width)
    index = 0
    while widths.get(index) == TILE_WIDTH:
        index += 1
    return index * TILE_WIDTH + widths.get(index, 0)


def examine_tree(read: FileReader, names: Iterable[str], size: int, root: bytes, origin: str | None) -> FolderTree:
    """Check all entry bundles and tiles of a tree with `size` leaves against each other and against `root`.

    `names` are the folder's tile and bundle paths: older partial ones are checked too, those beyond are findings.
    """
    present = sorted(names)
    count = -(-size // TILE_WIDTH)
    bundles: list[_Bundle | None] = []
    findings: list[Finding] = []
    for index in range(count):
        bundle, found = _examine_bundle(read, index, size, origin)
        bundles.append(bundle)
        findings += found
    stored = [_stored(read, 0, index, size) for index in range(count)]
    above = {index: _stored(read, 1, index, size) for index in range(-(-level_size(size, 1) // TILE_WIDTH))}
    best = [
        _truer(tile, bundle, _parent(above, index), tile_width(size, 0, index))
        for index, (tile, bundle) in enumerate(zip(stored, bundles, strict=True))
    ]
    found_tree = _build(best, size, root, stored[-1] if stored else None)
    altered = [*_altered_entries(found_tree, bundles, size), *_altered_tiles(found_tree, read, present)]
    named = {(item.file, item.entry) for item in altered}
    found_tree.findings = [*altered, *(item for item in findings if (item.file, item.entry) not in named)]
    return found_tree


def _examine_bundle(
    read: FileReader, index: int, size: int, origin: str | None
) -> tuple[_Bundle | None, list[Finding]]:
    path = tile_path("entries", index, tile_width(size, "entries", index))
    data = read(path)
    if data is None:
        return None, [Finding("entries.missing", path)]
    if len(data) > LARGEST_BUNDLE_BYTES:
        return None, [Finding("entries.too_large", path)]
    entries, exact = split_entries(data)
    width = tile_width(size, "entries", index)
    whole = exact and len(entries) == width
    hashes = b"".join([tree.leaf_hash(entry) for entry in entries[:width]])
    findings = [
        Finding("leaf.form", path, entry=index * TILE_WIDTH + at)
        for at, entry in enumerate(entries[:width] if whole else ())
        if not leaf_is_well_formed(entry, origin)
    ]
    return _Bundle(hashes, whole), findings


def _stored(read: FileReader, level: int, index: int, size: int) -> bytes | None:
    width = tile_width(size, level, index)
    data = read(tile_path(level, index, width))
    return data if data is not None and len(data) == width * HASH_BYTES else None


def _parent(level_up: dict[int, bytes | None], index: int) -> bytes | None:
    """The hash that level 1 stores for the full level-0 tile `index`."""
    tile = level_up.get(index // TILE_WIDTH)
    at = index % TILE_WIDTH * HASH_BYTES
    return (tile[at : at + HASH_BYTES] or None) if tile else None


def _truer(stored: bytes | None, bundle: _Bundle | None, parent: bytes | None, width: int) -> bytes:
    """The leaf hashes of one tile: from the tile or from the entries, whichever fits the hash above."""
    computed = bundle.hashes if bundle and bundle.whole else None
    if stored is None or stored == computed:
        return computed or stored or bytes(width * HASH_BYTES)
    if computed is None or (parent is not None and tree.complete_root(stored) == parent):
        return stored
    return computed


def _build(best: list[bytes], size: int, root: bytes, last_stored: bytes | None) -> FolderTree:
    """The tree over the best leaf hashes; a last partial tile has no hash above it, so the root decides between two."""
    found = _grow(best, size, root)
    partial = last_stored is not None and len(last_stored) < FULL_TILE_BYTES
    if not found.root_holds and last_stored is not None and partial and last_stored != best[-1]:
        other = _grow([*best[:-1], last_stored], size, root)
        if other.root_holds:
            return other
    return found


def _grow(leaves: list[bytes], size: int, root: bytes) -> FolderTree:
    rows = [leaves]
    while len(rows) < LEVELS and any(len(tile) == FULL_TILE_BYTES for tile in rows[-1]):
        row = b"".join([tree.complete_root(tile) for tile in rows[-1] if len(tile) == FULL_TILE_BYTES])
        rows.append([row[at : at + FULL_TILE_BYTES] for at in range(0, len(row), FULL_TILE_BYTES)])
    found = FolderTree(size, rows, root_holds=False)
    found.root_holds = found.root(size) == root
    return found


def _differing(left: bytes, right: bytes) -> Iterator[int]:
    for at in range(0, max(len(left), len(right)), HASH_BYTES):
        if left[at : at + HASH_BYTES] != right[at : at + HASH_BYTES]:
            yield at // HASH_BYTES


def _altered_entries(found: FolderTree, bundles: list[_Bundle | None], size: int) -> Iterator[Finding]:
    for index, bundle in enumerate(bundles):
        if bundle is None or (bundle.whole and bundle.hashes == found.rows[0][index]):
            continue
        path = tile_path("entries", index, tile_width(size, "entries", index))
        positions = list(_differing(bundle.hashes, found.rows[0][index]))
        # After a changed length nothing lines up any more: only the first differing entry is known to be altered.
        for position in positions if bundle.whole else positions[:1]:
            yield Finding("entry.altered", path, entry=index * TILE_WIDTH + position)
        if not positions:
            yield Finding("entries.trailing", path)


def _altered_tiles(found: FolderTree, read: FileReader, present: list[str]) -> Iterator[Finding]:
    """Compare every tile file of the folder, current or older, with the tree; and name those that are missing."""
    seen: set[tuple[Level, int]] = set()
    for path in present:
        name = read_tile_path(path)
        if name is None:
            yield Finding("tile.name", path)
            continue
        if name.width > tile_width(found.size, name.level, name.index):
            yield Finding("tile.beyond_checkpoint", path)
            continue
        if name.width == tile_width(found.size, name.level, name.index):
            seen.add((name.level, name.index))
            if name.level == "entries":
                continue
        yield from _altered_tile(found, read, name)
    for level, row in enumerate(found.rows):
        for index in range(len(row)):
            if (level, index) not in seen:
                yield Finding("tile.missing", tile_path(level, index, len(row[index]) // HASH_BYTES))


def _altered_tile(found: FolderTree, read: FileReader, name: TileName) -> Iterator[Finding]:
    data = read(name.path) or b""
    if name.level == "entries":
        entries, exact = split_entries(data)
        level, whole = 0, exact and len(entries) == name.width
        data = b"".join(tree.leaf_hash(entry) for entry in entries[: name.width])
        code = "entry.altered"
    else:
        level, whole, code = name.level, True, "tile.altered"
    positions = list(_differing(data, found.rows[level][name.index][: name.width * HASH_BYTES]))
    for position in positions if whole else positions[:1]:
        yield Finding(code, name.path, entry=(name.index * TILE_WIDTH + position) << (8 * level))
    if not positions and not whole:
        yield Finding("entries.trailing", name.path)
