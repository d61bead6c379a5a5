"""The full re-check of this node's ledger: database, log files, checkpoints and the records that name entries.

Promises: every entry, tile, entry bundle and checkpoint of the tree as it stood at the start is read once, in order and
in bounded memory, and the tree is made anew from them; what differs is counted and named with its place. The hashes of
the lowest tiles say which of two copies is the true one, because the signed checkpoints are compared with them. Nothing
is changed. The work comes in small steps, so that a running node can do it beside its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import ReltoError
from relto.ledger.encoding import HASH_BYTES
from relto.ledger.notes import VerifierKey, verify_note
from relto.ledger.tiles import (
    TILE_WIDTH,
    TileReader,
    encode_entries,
    read_at_size,
    split_entries,
    tile_path,
    tile_width,
)
from relto.ledger.tree import CompactRange, complete_root, leaf_hash
from relto.ledger.tree_head import read_checkpoint_text
from relto.ledger.verification import CHECKPOINT, witness_path
from relto.ports.log_files import LogFiles
from relto.services import checked_rows as codes
from relto.services.checked_records import RecordChecks
from relto.services.checked_rows import Findings, ReadEntry, read_entry
from relto.signing.keys import StatementPublicKey
from relto.store.queries import checking
from relto.store.queries.checking import StoredCheckpoint, StoredEntry

BUNDLES_AT_ONCE = 4
MOST_WAITING = 4096


@dataclass(slots=True)
class LedgerCheck:
    """One re-check; use it once. `log_keys`: with which this node signs checkpoints; `own_key`: messages."""

    origin: str
    files: LogFiles
    log_keys: Sequence[VerifierKey]
    own_key: StatementPublicKey
    findings: Findings = field(default_factory=Findings)
    size: int = 0
    looked_at: int = 0
    leaf_only: int = 0
    _newest: StoredCheckpoint | None = None
    _tree: CompactRange = field(default_factory=CompactRange)
    _levels: list[bytearray] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of what was found, "" when nothing was: the same findings have the same digest."""
        if not self.findings.counts:
            return ""
        named = [one.as_dict() for one in self.findings.named]
        return sha256_hex(canonical_bytes({"counts": dict(self.findings.counts), "named": named}))

    def run(self) -> Iterator[int]:
        """Do the work; yields the number of entries looked at so far, about every thousand. Raises Unreachable."""
        self._newest = next(iter(checking.newest_checkpoints()), None)
        self.size = self._newest.size if self._newest else 0  # its tiles were durable before it was signed
        records = RecordChecks(self.findings, self.own_key)
        step = BUNDLES_AT_ONCE * TILE_WIDTH
        for first in range(0, self.size, step):
            end = min(first + step, self.size)
            entries = self._range(first, end)
            records.compare(entries)
            self.looked_at = end
            yield end
        self._partial_tiles()
        for rows in self._newer_rows():
            newer = [read_entry(row, self.origin, self.findings) for row in rows]
            records.compare([one for one in newer if one is not None])
            yield self.looked_at
        self._published()
        records.strangers()
        self._lost_details()
        yield self.looked_at

    def _range(self, first: int, end: int) -> list[ReadEntry]:
        held = {row.index: row for row in checking.stored_entries(first, end)}
        checkpoints = checking.checkpoints_between(first, end)
        entries: list[ReadEntry] = []
        for start in range(first, end, TILE_WIDTH):
            rows = [held.get(index) for index in range(start, min(start + TILE_WIDTH, end))]
            for row in rows:
                one = read_entry(row, self.origin, self.findings) if row is not None else None
                if one is not None:
                    entries.append(one)
                    self.leaf_only += not one.row.salt
            self._append(self._true_hashes(start // TILE_WIDTH, rows), checkpoints)
        return entries

    def _true_hashes(self, number: int, rows: Sequence[StoredEntry | None]) -> list[bytes]:
        """The leaf hashes of one tile, after the database's entries, the bundle and the tile were compared."""
        width = tile_width(self.size, "entries", number)
        bundle = read_at_size(self.files.read, "entries", number, self.size)
        tile = read_at_size(self.files.read, 0, number, self.size)
        here = [leaf_hash(row.leaf) if row is not None else None for row in rows]
        leaves = [row.leaf for row in rows if row is not None]
        if len(leaves) == width and tile == b"".join(one for one in here if one) and bundle == encode_entries(leaves):
            return [one for one in here if one]
        return self._compared(number, rows, here, bundle, tile)

    def _compared(
        self,
        number: int,
        rows: Sequence[StoredEntry | None],
        here: Sequence[bytes | None],
        bundle: bytes | None,
        tile: bytes | None,
    ) -> list[bytes]:
        """Something differs: entry by entry, whatever two of the three agree on is taken for true."""
        width = len(rows)
        written, exact = split_entries(bundle or b"")
        bundle_sound = exact and len(written) == width
        tile_sound = tile is not None and len(tile) == width * HASH_BYTES
        whole = tile_sound
        vouched = tile is not None and tile_sound and self._is_vouched(number, tile)
        true: list[bytes] = []
        for at in range(width):
            ours = here[at]
            theirs = leaf_hash(written[at]) if at < len(written) else None
            said = tile[at * HASH_BYTES :][:HASH_BYTES] if tile is not None and whole else None
            truth = (said if vouched else ours if ours == theirs else said) or theirs or ours or bytes(HASH_BYTES)
            tile_sound = tile_sound and said == truth
            if ours is None:
                self.findings.add(codes.ENTRY_MISSING, f"entry:{number * TILE_WIDTH + at}")
            elif ours != truth:
                self.findings.add(codes.ENTRY_CHANGED, f"entry:{number * TILE_WIDTH + at}")
            bundle_sound = bundle_sound and theirs == truth
            true.append(truth)
        self._file("entries", number, found=bundle is not None, sound=bundle_sound)
        self._file(0, number, found=tile is not None, sound=tile_sound)
        return true

    def _is_vouched(self, number: int, tile: bytes) -> bool:
        """Whether what was signed, or the tile above, says that this lowest tile is the true one."""
        reader = TileReader(self.files.read, self.size)
        try:
            if len(tile) == TILE_WIDTH * HASH_BYTES:
                return reader.node(8, number) == complete_root(tile)
            return self._newest is not None and reader.root() == self._newest.root
        except ReltoError:
            return False

    def _file(self, level: int | str, number: int, *, found: bool, sound: bool) -> None:
        if not sound:
            name = "entries" if level == "entries" else int(level)
            width = tile_width(self.size, name, number)  # type: ignore[arg-type]  # "entries" or a level
            path = tile_path(name, number, width)  # type: ignore[arg-type]  # likewise
            self.findings.add(codes.FILE_CHANGED if found else codes.FILE_MISSING, f"file:{path}")

    def _append(self, hashes: Sequence[bytes], checkpoints: Sequence[StoredCheckpoint]) -> None:
        sizes = {one.size: one for one in checkpoints}
        for digest in hashes:
            self._tree.append(digest)
            stated = sizes.get(self._tree.size)
            if stated is not None:
                self._checkpoint(stated)
        if len(hashes) == TILE_WIDTH:
            self._upward(0, complete_root(b"".join(hashes)))

    def _upward(self, level: int, digest: bytes) -> None:
        """A full tile of `level` gave this hash: it stands in the tile above."""
        while len(self._levels) <= level:
            self._levels.append(bytearray())
        row = self._levels[level]
        row += digest
        if len(row) == TILE_WIDTH * HASH_BYTES:
            number = (self._tree.size >> (8 * (level + 2))) - 1
            self._tile(level + 1, number, bytes(row))
            self._upward(level + 1, complete_root(bytes(row)))
            row.clear()

    def _partial_tiles(self) -> None:
        for level, row in enumerate(self._levels, start=1):
            if row:
                self._tile(level, self.size >> (8 * (level + 1)), bytes(row))

    def _tile(self, level: int, number: int, expected: bytes) -> None:
        found = read_at_size(self.files.read, level, number, self.size)
        self._file(level, number, found=found is not None, sound=found == expected)

    def _checkpoint(self, stated: StoredCheckpoint) -> None:
        place = f"checkpoint:{stated.size}"
        root = self._tree.root()
        if stated.root != root:
            self.findings.add(codes.CHECKPOINT_DIFFERS, place)
        try:
            signed = read_checkpoint_text(verify_note(stated.note.encode(), self.log_keys).note.text)
        except ReltoError:
            self.findings.add(codes.CHECKPOINT_SIGNATURE, place)
            return
        if (signed.origin, signed.size, signed.root) != (self.origin, stated.size, root):
            self.findings.add(codes.CHECKPOINT_DIFFERS, place)
        kept = self.files.read(witness_path(stated.size))
        if kept is not None and not kept.startswith(stated.note.encode().partition(b"\n\n")[0] + b"\n\n"):
            self.findings.add(codes.FILE_CHANGED, f"file:{witness_path(stated.size)}")

    def _newer_rows(self) -> Iterator[list[StoredEntry]]:
        """What came after the newest checkpoint: entries with a place, whose tree is compared, and those without."""
        size, hashes = checking.stored_tree()
        for first in range(self.size, size, BUNDLES_AT_ONCE * TILE_WIDTH):
            rows = checking.stored_entries(first, min(first + BUNDLES_AT_ONCE * TILE_WIDTH, size))
            for row in rows:
                self._tree.append(leaf_hash(row.leaf))
            self.looked_at += len(rows)
            yield rows
        if (self._tree.size, tuple(one.hex() for one in self._tree.hashes)) != (size, hashes):
            self.findings.add(codes.TREE_DIFFERS, f"tree:{size}")
        for index in checking.entries_beyond(checking.stored_tree()[0]):
            self.findings.add(codes.ENTRY_EXTRA, f"entry:{index}")
        yield checking.waiting_entries(MOST_WAITING)

    def _published(self) -> None:
        """Whether the published checkpoint is one of the newest that were signed."""
        # A checkpoint may be published while this looks: the file is read first, and then what was signed before it.
        published = self.files.read(CHECKPOINT)
        signed = {one.note.encode() for one in checking.newest_checkpoints()}
        if signed and published is None:
            self.findings.add(codes.FILE_MISSING, f"file:{CHECKPOINT}")
        elif published is not None and published not in signed:
            self.findings.add(codes.FILE_CHANGED, f"file:{CHECKPOINT}")

    def _lost_details(self) -> None:
        """Details may be missing only of as many entries as the liftings of quarantines counted as lost."""
        if taken_out := checking.missing_serials():
            self.findings.add(codes.ENTRIES_TAKEN_OUT, f"entries:{taken_out}")
        if checking.quarantine_is_open():
            return  # what is lost is counted when it is lifted
        if checking.without_details() != counted_as_lost(self.origin):
            self.findings.add(codes.DETAILS_MISSING, f"entries:{checking.without_details()}")


def counted_as_lost(origin: str) -> int:
    """How many entries without details the liftings of quarantines counted, by details that fit their leaves."""
    count = 0
    for row in checking.lifting_details():
        read = read_entry(row, origin, Findings())
        lost = read.detail("lost") if read is not None else None
        if isinstance(lost, dict):
            count += int(str(lost.get("entries_without_details", 0)))
    return count
