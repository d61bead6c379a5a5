"""Set reconciliation of two registers by keyed digests: exact differences from a small exchange, whoever the partner.

Method: a Merkle radix tree (sixteen children; after range-based set reconciliation, Meyer, arXiv 2212.13567) over
HMAC-SHA-256 digests (RFC 2104) of the records. Only subtrees whose hashes differ are shown, by both sides at once.

Promises:
 1. The key is fresh for each reconciliation and of both sides: the asker commits to her contribution before she sees
    the other one, so neither can choose the key, nor compute digests before the run.
 2. A root commits its side to the whole set. Each part that is shown is checked against the hash that named it: a
    partner that changes its declaration while the run goes on is found out.
 3. The result is exactly the symmetric difference of the two sets, as SHA-256 resists collisions.
 4. Depth, parts and differences are bounded: a partner can end a run, never make it long or large.
 5. Nothing here shows a record: what a partner sees is digests, hashes and counts.
"""

from __future__ import annotations

import hmac
import itertools
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from relto.base.errors import MalformedInput, NotVerified, TooLarge

KEY_BYTES = 32
DIGEST_BYTES = 32
FANOUT = 16
LEAF_MOST = 32
"""A subtree of at most so many digests is shown whole."""
DEEPEST = 16
"""No honest tree is deeper: so many equal hex digits among so few keyed digests do not happen."""
MOST_RECORDS = 1 << 32
MOST_DIFFERENCES = 4096
MOST_PARTS = 16_384
PARTS_AT_ONCE = 512
"""So many parts are shown in one step; who differs in more takes more steps."""

_COMMITMENT = b"relto-reconciliation-commitment-v1\0"
_ROOT = b"relto-reconciliation-root-v1\0"
_KEY = b"relto-reconciliation-key-v1\0"
_LEAF, _INNER = b"\0", b"\1"
_COUNT_BYTES = 5
_CHILD_BYTES = _COUNT_BYTES + DIGEST_BYTES
_LARGEST_PART = 1 + max(LEAF_MOST * DIGEST_BYTES, FANOUT * _CHILD_BYTES)
_DIGITS = "0123456789abcdef"


def commitment(contribution: bytes) -> str:
    """What the asker sends first: hex SHA-256 that fixes her contribution. Raises MalformedInput for another length."""
    return sha256(_COMMITMENT + _exactly(contribution)).hexdigest()


def root_commitment(salt: bytes, root: bytes) -> str:
    """What fixes the asker's root before she sees the answerer's, so that neither can echo the other's."""
    return sha256(_ROOT + _exactly(salt) + _exactly(root)).hexdigest()


def run_key(asker: bytes, answerer: bytes, context: bytes) -> bytes:
    """The key of one run: of both contributions and of what the run is about (its id, parties, programme, bounds)."""
    return hmac.digest(_exactly(asker) + _exactly(answerer), _KEY + context, "sha256")


def keyed_digests(key: bytes, records: Iterable[bytes]) -> list[bytes]:
    """HMAC-SHA-256 of each record under the run's key, in the order of the records."""
    start = HMAC(_exactly(key), SHA256())
    found = []
    for record in records:
        state = start.copy()
        state.update(record)
        found.append(state.finalize())
    return found


def _exactly(data: bytes) -> bytes:
    if len(data) != KEY_BYTES:
        raise MalformedInput("reconciliation.length", field="key", found=len(data), expected=f"{KEY_BYTES} bytes")
    return data


@dataclass(frozen=True, slots=True)
class Node:
    """A subtree as its parent names it: how many digests it holds, and its hash."""

    count: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A subtree that is shown: all its digests when they are few, else its sixteen children."""

    digests: tuple[bytes, ...] | None
    children: tuple[Node, ...]

    def as_bytes(self) -> bytes:
        """The bytes whose SHA-256 is the subtree's hash."""
        if self.digests is not None:
            return _LEAF + b"".join(self.digests)
        return _INNER + b"".join(one.count.to_bytes(_COUNT_BYTES, "big") + one.hash for one in self.children)


EMPTY = Node(0, sha256(_LEAF).digest())


def read_part(data: bytes, path: str, named: Node) -> Part:
    """The part at `path` that a partner shows, checked against the node by which it was named before.

    Raises NotVerified("reconciliation.part") when it is not what was named, MalformedInput for another form.
    """
    if len(data) > _LARGEST_PART or sha256(data).digest() != named.hash:
        raise NotVerified("reconciliation.part", field="parts", expected="the part that was committed to")
    kind, body = data[:1], data[1:]
    if kind == _LEAF and named.count <= LEAF_MOST and len(body) == named.count * DIGEST_BYTES:
        digests = tuple(body[at : at + DIGEST_BYTES] for at in range(0, len(body), DIGEST_BYTES))
        ascending = all(left < right for left, right in itertools.pairwise(digests))
        if ascending and all(one.hex().startswith(path) for one in digests):
            return Part(digests, ())
    if kind == _INNER and named.count > LEAF_MOST and len(body) == FANOUT * _CHILD_BYTES and len(path) < DEEPEST:
        children = tuple(
            Node(int.from_bytes(body[at : at + _COUNT_BYTES], "big"), body[at + _COUNT_BYTES : at + _CHILD_BYTES])
            for at in range(0, len(body), _CHILD_BYTES)
        )
        if sum(one.count for one in children) == named.count:
            return Part(None, children)
    raise MalformedInput("reconciliation.part", field="parts", expected="the digests of a subtree, or its children")


class DigestTree:
    """One side's set of keyed digests as a tree. Equal sets, and no others, have the same root."""

    def __init__(self, digests: Iterable[bytes]) -> None:
        """`digests`: 32 bytes each, in any order. Raises MalformedInput when one stands twice."""
        self._sorted = sorted(digests)
        self._inner: dict[str, tuple[Node, ...]] = {}
        if any(left == right for left, right in itertools.pairwise(self._sorted)):
            raise MalformedInput("reconciliation.doubled", field="records", expected="each record once")
        self.root = self._build("", 0, len(self._sorted))

    def _build(self, path: str, low: int, high: int) -> Node:
        if high - low <= LEAF_MOST:
            return Node(high - low, sha256(_LEAF + b"".join(self._sorted[low:high])).digest())
        if len(path) >= DEEPEST:
            raise MalformedInput("reconciliation.depth", field="records", expected="keyed digests")
        children = []
        start = low
        for digit in _DIGITS:
            end = high if digit == "f" else bisect_left(self._sorted, _above(path + digit), start, high)
            children.append(self._build(path + digit, start, end))
            start = end
        self._inner[path] = tuple(children)
        return Node(high - low, sha256(Part(None, self._inner[path]).as_bytes()).digest())

    def part(self, path: str) -> Part:
        """The part at `path` (hex digits). Where the tree ends above it: what it holds there, as a leaf."""
        if path in self._inner:
            return Part(None, self._inner[path])
        return Part(tuple(self.below(path)), ())

    def below(self, path: str) -> Sequence[bytes]:
        """All digests that begin with these hex digits, ascending."""
        low = bisect_left(self._sorted, _first(path))
        if path.strip("f"):
            return self._sorted[low : bisect_left(self._sorted, _above(path), low)]
        return self._sorted[low:]


def _first(path: str) -> bytes:
    """The smallest digest that begins with these hex digits."""
    return bytes.fromhex(path.ljust(2 * DIGEST_BYTES, "0"))


def _above(path: str) -> bytes:
    """The smallest digest after all that begin with these hex digits; there is one unless all are f."""
    return _first(f"{int(path, 16) + 1:0{len(path)}x}")


@dataclass
class Comparison:
    """One side's view of a run: which parts are still to be shown, and what was found.

    Both sides hold the same pairs of nodes, so both ask for the same paths in the same order and need not say which.
    """

    own: DigestTree
    theirs: Node
    only_here: set[bytes] = field(default_factory=set)
    only_there: set[bytes] = field(default_factory=set)
    _open: dict[str, tuple[Node, Node]] = field(default_factory=dict)
    _parts: int = 0

    def __post_init__(self) -> None:
        """Raises TooLarge when the other side says that it holds more than the exchange carries."""
        if self.theirs.count > MOST_RECORDS:
            raise TooLarge("reconciliation", field="count", found=self.theirs.count, expected=f"at most {MOST_RECORDS}")
        if self.own.root != self.theirs:
            self._open = {"": (self.own.root, self.theirs)}

    @property
    def done(self) -> bool:
        """True when every difference is known."""
        return not self._open

    def paths(self) -> list[str]:
        """The paths that both sides show next, at most PARTS_AT_ONCE."""
        return sorted(self._open)[:PARTS_AT_ONCE]

    def shown(self) -> dict[str, bytes]:
        """The own parts at these paths: only where the other side's differ, and never beyond what is compared."""
        return {path: self._own_part(path).as_bytes() for path in self.paths()}

    def _own_part(self, path: str) -> Part:
        here, _ = self._open[path]
        return self.own.part(path) if here.count > LEAF_MOST else Part(tuple(self.own.below(path)), ())

    def take(self, parts: Mapping[str, bytes]) -> None:
        """Take the other side's parts at `paths()`.

        Raises NotVerified when one is not what was committed to, MalformedInput for other paths than these, TooLarge
        when the two sets differ in more than the exchange lists.
        """
        paths = self.paths()
        if sorted(parts) != paths:
            raise MalformedInput("reconciliation.paths", field="parts", expected="the parts that are compared now")
        self._parts += len(paths)
        if self._parts > MOST_PARTS:
            raise TooLarge("reconciliation", field="parts", found=self._parts, expected=f"at most {MOST_PARTS} parts")
        for path in paths:
            _, there = self._open[path]
            read = read_part(parts[path], path, there)
            mine = self._own_part(path)
            del self._open[path]
            self._compare(path, mine, read)
        found = len(self.only_here) + len(self.only_there)
        if found > MOST_DIFFERENCES:
            raise TooLarge("reconciliation", field="differences", found=found, expected=f"at most {MOST_DIFFERENCES}")

    def _compare(self, path: str, mine: Part, read: Part) -> None:
        if mine.digests is not None and read.digests is not None:
            held, shown = set(mine.digests), set(read.digests)
            self.only_here |= held - shown
            self.only_there |= shown - held
            return
        ours, others = _children(mine, path), _children(read, path)
        for digit, here, there in zip(_DIGITS, ours, others, strict=True):
            if here != there:
                self._open[path + digit] = (here, there)


def _children(part: Part, path: str) -> Sequence[Node]:
    """The children of a part; of a leaf, those that its few digests give."""
    if part.digests is None:
        return part.children
    below: list[list[bytes]] = [[] for _ in range(FANOUT)]
    for digest in part.digests:
        below[int(digest.hex()[len(path)], 16)].append(digest)
    return [Node(len(one), sha256(_LEAF + b"".join(one)).digest()) for one in below]
