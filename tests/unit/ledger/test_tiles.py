from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, NotVerified, TooLarge
from relto.ledger import tiles, tree


def grown(sizes: list[int]) -> tuple[dict[str, bytes], list[bytes]]:
    """The files of a log that published a checkpoint at each of `sizes`, and its entries."""
    files: dict[str, bytes] = {}
    entries = [b"entry %d" % index for index in range(sizes[-1])]
    old = 0
    for new in sizes:
        fresh = entries[old:new]
        hashes = [tree.leaf_hash(entry) for entry in fresh]
        files |= tiles.tiles_for_growth(old, new, files.get, hashes)
        files |= tiles.bundles_for_growth(old, new, files.get, fresh)
        old = new
    return files, entries


def root_of(entries: list[bytes]) -> bytes:
    found = tree.CompactRange()
    for entry in entries:
        found.append(tree.leaf_hash(entry))
    return found.root()


@pytest.mark.parametrize(
    ("path", "level", "index", "width"),
    [
        ("tile/0/000", 0, 0, None),
        ("tile/0/x001/x234/067", 0, 1234067, 256),
        ("tile/63/999.p/255", 63, 999, 255),
        ("tile/entries/x001/000.p/1", "entries", 1000, 1),
    ],
)
def test_paths_are_those_of_the_specification(path: str, level: tiles.Level, index: int, width: int | None) -> None:
    assert tiles.tile_path(level, index, width) == path
    assert tiles.read_tile_path(path) == tiles.TileName(level, index, width or 256)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/01",
        "tile/0/000/",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/entries",
    ],
)
def test_other_spellings_name_nothing(path: str) -> None:
    assert tiles.read_tile_path(path) is None


def test_the_worked_examples_of_the_specification() -> None:
    names = {name.path for name in tiles.tiles_of_size(70_000)}
    levels = {level: [name for name in names if name.startswith(f"tile/{level}/")] for level in (0, 1, 2)}
    assert (len(levels[0]), len(levels[1]), levels[2]) == (274, 2, ["tile/2/000.p/1"])
    assert {"tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17"} <= names
    hash_tiles = {name.path for name in tiles.tiles_of_size(256) if name.level != "entries"}
    assert hash_tiles == {"tile/0/000", "tile/1/000.p/1"}
    assert list(tiles.tiles_of_size(0)) == []


@pytest.mark.parametrize("sizes", [[1], [255], [256], [257], [1, 255, 256, 257, 511, 512], [65_535, 65_536, 65_793]])
def test_tiles_of_a_growing_log_hold_the_tree(sizes: list[int]) -> None:
    files, entries = grown(sizes)
    size = sizes[-1]
    assert {name.path for name in tiles.tiles_of_size(size)} <= files.keys()
    assert all(files.values()), "an empty tile was made"
    reader = tiles.TileReader(files.get, size)
    root = root_of(entries)
    assert reader.root() == reader.compact_range().root() == root
    for index in {0, size // 2, size - 1}:
        assert reader.entry(index) == entries[index]
        tree.verify_inclusion(index, size, reader.leaf(index), reader.inclusion_path(index), root)
    for old in {1, *sizes}:
        tree.verify_consistency(old, size, reader.consistency_path(old), reader.root(old), root)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=4, unique=True).map(sorted))
@settings(max_examples=25, deadline=None)
def test_growth_in_any_steps_gives_the_same_files_as_in_one(sizes: list[int]) -> None:
    stepped, entries = grown(sizes)
    at_once, _ = grown(sizes[-1:])
    assert {path: stepped[path] for path in at_once} == at_once
    for size in sizes:
        assert tiles.TileReader(stepped.get, size).root() == root_of(entries[:size])


def test_a_partial_tile_may_be_replaced_by_the_full_one() -> None:
    files, entries = grown([200, 300])
    kept = {path: data for path, data in files.items() if ".p/200" not in path}
    reader = tiles.TileReader(kept.get, 200)
    assert reader.root() == root_of(entries[:200])
    assert reader.entry(199) == entries[199]


def test_nothing_grows_from_a_missing_or_cut_tile() -> None:
    files, _ = grown([3])
    leaf = tree.leaf_hash(b"next")
    with pytest.raises(NotVerified, match=r"tile\.missing"):
        tiles.tiles_for_growth(3, 4, lambda _: None, [leaf])
    with pytest.raises(NotVerified, match=r"tile\.length"):
        tiles.tiles_for_growth(3, 4, lambda path: files[path][:-1], [leaf])
    with pytest.raises(MalformedInput):
        tiles.tiles_for_growth(3, 5, files.get, [leaf])
    assert tiles.tiles_for_growth(3, 3, files.get, []) == tiles.bundles_for_growth(3, 3, files.get, []) == {}


@given(st.lists(st.binary(max_size=300), max_size=256))
@settings(max_examples=30, deadline=None)
def test_bundles_read_back(entries: list[bytes]) -> None:
    assert tiles.decode_entries(tiles.encode_entries(entries)) == entries


def test_bundles_are_bounded_and_end_with_an_entry() -> None:
    assert len(tiles.decode_entries(tiles.encode_entries([b"x" * 65_535]))[0]) == 65_535
    with pytest.raises(TooLarge):
        tiles.encode_entries([b"x" * 65_536])
    for broken in (b"\x00", b"\x00\x02x", tiles.encode_entries([b""] * 257)):
        with pytest.raises(MalformedInput):
            tiles.decode_entries(broken)
