"""The Merkle tree: RFC 6962 section 2.1, RFC 9162 section 2.1, SHA-256.

Promises: the two verifying functions accept exactly what RFC 9162 sections 2.1.3.2 and 2.1.4.2 accept, and are stricter
in three places: a consistency proof from the empty tree, any hash that is not 32 bytes, and sizes above 2^63 - 1 or
paths above 64 elements are refused. The proving functions read only roots of complete subtrees, so tiles can answer
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from relto.base.errors import MalformedInput, NotVerified
from relto.ledger.encoding import HASH_BYTES, LARGEST_SIZE

LONGEST_PATH = 64
_LEAF = b"\x00"
_NODE = b"\x01"
_EMPTY = hashlib.sha256(b"").digest()

HashReader = Callable[[int, int], bytes]
"""(height, index) -> root of the complete subtree over leaves index * 2^height to (index + 1) * 2^height."""


def leaf_hash(entry: bytes) -> bytes:
    """The tree's hash of an entry."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return hashlib.sha256(_NODE + left + right).digest()


def empty_root() -> bytes:
    """The root of the tree without leaves: SHA-256 of nothing."""
    return _EMPTY


def complete_root(hashes: bytes) -> bytes:
    """The root over 2^k concatenated 32-byte hashes."""
    row = hashes
    sha256 = hashlib.sha256
    while len(row) > HASH_BYTES:
        row = b"".join([sha256(_NODE + row[at : at + 64]).digest() for at in range(0, len(row), 64)])
    return row


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (> 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def range_root(start: int, size: int, read: HashReader) -> bytes:
    """The root over `size` (> 0) leaves from `start`, a multiple of the largest power of two <= size."""
    parts: list[bytes] = []
    position = start
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            parts.append(read(height, position >> height))
            position += 1 << height
    root = parts[-1]
    for left in reversed(parts[:-1]):
        root = node_hash(left, root)
    return root


def tree_root(size: int, read: HashReader) -> bytes:
    """The root of the tree over the first `size` leaves."""
    return range_root(0, size, read) if size else _EMPTY


def inclusion_path(index: int, size: int, read: HashReader) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, leaf side first. Raises MalformedInput."""
    if not 0 <= index < size <= LARGEST_SIZE:
        raise MalformedInput("tree.index", field="index", found=index, expected=f"0 to {size - 1}")
    path: list[bytes] = []
    start, rest = 0, size
    while rest > 1:
        half = _split(rest)
        if index - start < half:
            path.append(range_root(start + half, rest - half, read))
            rest = half
        else:
            path.append(range_root(start, half, read))
            start, rest = start + half, rest - half
    path.reverse()
    return path


def consistency_path(old_size: int, new_size: int, read: HashReader) -> list[bytes]:
    """The proof that the tree of `old_size` leaves is a prefix of that of `new_size`; empty when old is 0 or equal."""
    if not 0 <= old_size <= new_size <= LARGEST_SIZE:
        raise MalformedInput("tree.size", field="old_size", found=old_size, expected=f"0 to {new_size}")
    path: list[bytes] = []
    start, rest, old, complete = 0, new_size, old_size, True
    while old and old != rest:
        half = _split(rest)
        if old <= half:
            path.append(range_root(start + half, rest - half, read))
            rest = half
        else:
            path.append(range_root(start, half, read))
            start, rest, old, complete = start + half, rest - half, old - half, False
    if not complete:
        path.append(range_root(start, rest, read))
    path.reverse()
    return path


def _demand(holds: bool, reason: str, field: str, expected: str) -> None:  # noqa: FBT001  the condition is the subject
    if not holds:
        raise NotVerified(reason, field=field, expected=expected)


def _demand_hashes(reason: str, path: Sequence[bytes], *others: bytes) -> None:
    _demand(len(path) <= LONGEST_PATH, reason, "path", f"at most {LONGEST_PATH} elements")
    _demand(all(len(item) == HASH_BYTES for item in (*path, *others)), reason, "path", "hashes of 32 bytes")


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Accept if the leaf hash `leaf` stands at `index` in the tree with this size and root. Raises NotVerified."""
    reason = "inclusion"
    _demand(0 <= index < size <= LARGEST_SIZE, reason, "index", "0 <= index < size")
    _demand_hashes(reason, path, leaf, root)
    first, last, found = index, size - 1, leaf
    for item in path:
        _demand(last != 0, reason, "path", "no more elements than the size needs")
        if first & 1 or first == last:
            found = node_hash(item, found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, item)
        first, last = first >> 1, last >> 1
    _demand(last == 0, reason, "path", "as many elements as the size needs")
    _demand(found == root, reason, "root", "the root that leaf and path give")


def verify_consistency(old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Accept if the tree (old_size, old_root) is a prefix of (new_size, new_root). Raises NotVerified.

    `old_size` 0 is refused: everything extends the empty tree, so nothing would be shown.
    """
    reason = "consistency"
    _demand(1 <= old_size <= new_size <= LARGEST_SIZE, reason, "old_size", "1 <= old size <= new size")
    _demand_hashes(reason, path, old_root, new_root)
    if old_size == new_size:
        _demand(not path, reason, "path", "no elements for equal sizes")
        _demand(old_root == new_root, reason, "root", "equal roots for equal sizes")
        return
    _demand(bool(path), reason, "path", "at least one element")
    items = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_found = new_found = items[0]
    for item in items[1:]:
        _demand(last != 0, reason, "path", "no more elements than the sizes need")
        if first & 1 or first == last:
            old_found, new_found = node_hash(item, old_found), node_hash(item, new_found)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_found = node_hash(new_found, item)
        first, last = first >> 1, last >> 1
    _demand(last == 0, reason, "path", "as many elements as the sizes need")
    _demand(old_found == old_root and new_found == new_root, reason, "root", "the two roots that the path gives")


class CompactRange:
    """The roots of the complete subtrees that make up a growing tree: enough to append and to know the root."""

    def __init__(self) -> None:
        """The empty tree."""
        self._size = 0
        self._hashes: list[bytes] = []

    @classmethod
    def from_hashes(cls, size: int, hashes: Iterable[bytes]) -> CompactRange:
        """The tree of `size` leaves from its stored subtree roots, largest first. Raises MalformedInput."""
        stored = list(hashes)
        if not 0 <= size <= LARGEST_SIZE or size.bit_count() != len(stored):
            raise MalformedInput(
                "tree.range", field="hashes", found=len(stored), expected="one hash per set bit of size"
            )
        if any(len(item) != HASH_BYTES for item in stored):
            raise MalformedInput("tree.range", field="hashes", expected="hashes of 32 bytes")
        made = cls()
        made._size, made._hashes = size, stored
        return made

    @classmethod
    def from_reader(cls, size: int, read: HashReader) -> CompactRange:
        """The tree of `size` leaves from a source of subtree roots, such as tiles."""
        heights = [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]
        # The subtree of each set bit starts where the larger ones end: at `size` with that bit and all lower ones
        # cleared.
        return cls.from_hashes(size, [read(height, (size >> height) - 1) for height in heights])

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The subtree roots, largest first: what to store."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        if len(leaf) != HASH_BYTES:
            raise MalformedInput("tree.leaf", field="leaf", found=len(leaf), expected="32 bytes")
        size = self._size
        while size & 1:
            leaf = node_hash(self._hashes.pop(), leaf)
            size >>= 1
        self._hashes.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self._hashes:
            return _EMPTY
        found = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            found = node_hash(left, found)
        return found
