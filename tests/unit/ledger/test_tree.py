from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.errors import MalformedInput, NotVerified
from relto.ledger import tree
from tests.support.vectors import vector_files, vectors

SIZES = st.integers(min_value=0, max_value=200)


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(b"entry %d" % index) for index in range(count)]


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return tree.node_hash(naive_root(hashes[:k]), naive_root(hashes[k:]))


def naive_path(index: int, hashes: list[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if index < k:
        return [*naive_path(index, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(index - k, hashes[k:]), naive_root(hashes[:k])]


def naive_consistency(old: int, hashes: list[bytes], *, complete: bool = True) -> list[bytes]:
    if old == len(hashes):
        return [] if complete else [naive_root(hashes)]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if old <= k:
        return [*naive_consistency(old, hashes[:k], complete=complete), naive_root(hashes[k:])]
    return [*naive_consistency(old - k, hashes[k:], complete=False), naive_root(hashes[:k])]


def reader(hashes: list[bytes]) -> tree.HashReader:
    return lambda height, index: naive_root(hashes[index << height : (index + 1) << height])


def test_empty_tree_has_the_root_of_the_standard() -> None:
    assert base64.b64encode(tree.empty_root()) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert tree.CompactRange().root() == tree.tree_root(0, reader([])) == tree.empty_root()


@given(SIZES, st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_and_roots_equal_the_naive_ones_and_verify(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    read, root = reader(hashes), naive_root(hashes)
    grown = tree.CompactRange()
    for item in hashes:
        grown.append(item)
    assert grown.root() == root == tree.tree_root(size, read)
    assert tree.CompactRange.from_hashes(size, grown.hashes).root() == root
    assert tree.CompactRange.from_reader(size, read).hashes == grown.hashes
    if not size:
        return
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_path(index, size, read)
    assert path == naive_path(index, hashes)
    tree.verify_inclusion(index, size, hashes[index], path, root)
    old = data.draw(st.integers(1, size))
    proof = tree.consistency_path(old, size, read)
    assert proof == naive_consistency(old, hashes)
    tree.verify_consistency(old, size, proof, naive_root(hashes[:old]), root)


@given(st.integers(2, 130), st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_proof_is_refused(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    read, root = reader(hashes), naive_root(hashes)
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_path(index, size, read)
    place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[place], "big") ^ 1 << bit).to_bytes(32, "big")
    other = data.draw(st.integers(0, size - 1).filter(lambda found: found != index))
    for wrong in (
        (index, size, hashes[index], [*path[:place], flipped, *path[place + 1 :]], root),
        (index, size, hashes[index], path[:-1], root),
        (index, size, hashes[index], [*path, root], root),
        (index, size, hashes[index], [root, *path], root),
        (other, size, hashes[index], path, root),
        (index, size, hashes[index][:31], path, root),
        (index, size, hashes[index], path, root + b"\x00"),
        (-1, size, hashes[index], path, root),
        (index, 2**63, hashes[index], path, root),
        (index, size, hashes[index], [root] * 65, root),
    ):
        with pytest.raises(NotVerified):
            tree.verify_inclusion(*wrong)


def test_nothing_is_shown_about_the_empty_tree_or_a_shrinking_one() -> None:
    hashes = leaves(8)
    roots = [naive_root(hashes[:size]) for size in range(9)]
    read = reader(hashes)
    assert tree.consistency_path(0, 8, read) == tree.consistency_path(8, 8, read) == []
    for old, new, path in ((0, 8, []), (0, 0, []), (8, 4, []), (8, 8, [roots[1]]), (4, 8, []), (3, 8, [roots[3]])):
        with pytest.raises(NotVerified):
            tree.verify_consistency(old, new, path, roots[old], roots[new])
    with pytest.raises(NotVerified):
        tree.verify_consistency(8, 8, [], roots[8], roots[7])


def test_ranges_and_indexes_out_of_bounds_are_refused() -> None:
    read = reader(leaves(3))
    with pytest.raises(MalformedInput):
        tree.inclusion_path(3, 3, read)
    with pytest.raises(MalformedInput):
        tree.consistency_path(4, 3, read)
    with pytest.raises(MalformedInput):
        tree.CompactRange.from_hashes(3, leaves(1))
    with pytest.raises(MalformedInput):
        tree.CompactRange.from_hashes(1, [b"short"])
    with pytest.raises(MalformedInput):
        tree.CompactRange().append(b"short")


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


@pytest.mark.parametrize("file", vector_files("ledger", "inclusion/**/*.json"), ids=str)
def test_inclusion_vectors_of_another_project(file: Path) -> None:
    case = json.loads(file.read_text())
    given_ = (case["leafIdx"], case["treeSize"], decoded(case["leafHash"]))
    path = [decoded(item) for item in case["proof"] or []]
    if case["wantErr"]:
        with pytest.raises(NotVerified):
            tree.verify_inclusion(*given_, path, decoded(case["root"]))
    else:
        tree.verify_inclusion(*given_, path, decoded(case["root"]))


@pytest.mark.parametrize("file", vector_files("ledger", "consistency/**/*.json"), ids=str)
def test_consistency_vectors_of_another_project(file: Path) -> None:
    case = json.loads(file.read_text())
    path = [decoded(item) for item in case["proof"] or []]
    given_ = (case["size1"], case["size2"], path, decoded(case["root1"]), decoded(case["root2"]))
    if case["wantErr"]:
        with pytest.raises(NotVerified):
            tree.verify_consistency(*given_)
    else:
        tree.verify_consistency(*given_)


def test_all_vectors_were_found() -> None:
    vectors("ledger")
    assert len(vector_files("ledger", "inclusion/**/*.json")) >= 32
    assert len(vector_files("ledger", "consistency/**/*.json")) >= 39
