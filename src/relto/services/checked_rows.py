"""What a full re-check finds, and what one row of the ledger says against itself.

A row is compared with its own leaf: its hash, the columns that repeat the leaf's members, and the details with the
leaf's commitment and the salt. The company of a row is in no leaf; nothing here can tell when it was changed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import MalformedInput, ReltoError
from relto.ledger.leaves import SALT_BYTES, Leaf, commitment, read_leaf
from relto.ledger.tree import leaf_hash
from relto.store.fields import open_value
from relto.store.queries.checking import DETAILS_PLACE, StoredEntry

MOST_NAMED = 100

ENTRY_MISSING = "entry_missing"
ENTRY_EXTRA = "entry_extra"
ENTRY_CHANGED = "entry_changed"
ENTRY_COLUMNS = "entry_columns"
ENTRY_FORM = "entry_form"
ENTRIES_TAKEN_OUT = "entries_taken_out"
DETAILS_CHANGED = "details_changed"
DETAILS_MISSING = "details_missing"
FILE_CHANGED = "file_changed"
FILE_MISSING = "file_missing"
TREE_DIFFERS = "tree_differs"
CHECKPOINT_DIFFERS = "checkpoint_differs"
CHECKPOINT_SIGNATURE = "checkpoint_signature"
RECORD_MISSING = "record_missing"
RECORD_CHANGED = "record_changed"
RECORD_EXTRA = "record_extra"
REGISTER_GAP = "register_gap"


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """One thing that is not as it was recorded. `place`: kind:name of an entry, a file, a checkpoint or a record."""

    code: str
    place: str

    def as_dict(self) -> dict[str, Json]:
        """As it is stored and shown."""
        return {"code": self.code, "place": self.place}


@dataclass(slots=True)
class Findings:
    """All that was found: counted whole, named up to a bound."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[LedgerFinding] = field(default_factory=list)

    def add(self, code: str, place: str) -> None:
        """Count a finding, and name it while there is room."""
        self.counts[code] += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(LedgerFinding(code, place))


def place_of(row: StoredEntry) -> str:
    """Where an entry is: its place in the tree, or its id while it has none."""
    return f"entry:{row.entry if row.index is None else row.index}"


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """A row with its leaf. `details`: as written, None when they are lost or are not those of the leaf."""

    row: StoredEntry
    leaf: Leaf
    details: bytes | None

    def detail(self, name: str) -> Json:
        """One of the details, None when there is none or they are lost."""
        if self.details is None:
            return None
        found: Any = json.loads(self.details)
        return found.get(name) if isinstance(found, Mapping) else None


def read_entry(row: StoredEntry, origin: str, findings: Findings) -> ReadEntry | None:
    """The row with its leaf, when it has one; what is wrong with the row goes to the findings."""
    place = place_of(row)
    if leaf_hash(row.leaf) != row.leaf_hash:
        findings.add(ENTRY_CHANGED, place)
    try:
        leaf = read_leaf(row.leaf)
    except MalformedInput:
        findings.add(ENTRY_FORM, place)
        return None
    stated = (leaf.event, leaf.actor[:32], leaf.subject[:64], leaf.origin, leaf.at)
    if stated != (row.event, row.actor[:32], row.subject[:64], origin, row.recorded_at.replace(microsecond=0)):
        findings.add(ENTRY_COLUMNS, place)
    return ReadEntry(row, leaf, _details(row, leaf, place, findings))


def _details(row: StoredEntry, leaf: Leaf, place: str, findings: Findings) -> bytes | None:
    try:
        plain = open_value(row.sealed, DETAILS_PLACE)
    except ReltoError:
        findings.add(DETAILS_CHANGED, place)
        return None
    if not row.salt and plain == b"{}":
        return None  # known by its leaf only, after a recovery; how many there may be is compared elsewhere
    # Details are written as canonical JSON, so their bytes are what was committed to; other bytes may mean the same.
    fits = len(row.salt) == SALT_BYTES and sha256(row.salt + plain).hexdigest() == leaf.commitment
    if not fits and not _fits_rewritten(row.salt, plain, leaf.commitment):
        findings.add(DETAILS_CHANGED, place)
        return None
    return plain


def _fits_rewritten(salt: bytes, plain: bytes, committed: str) -> bool:
    try:
        return commitment(salt, json.loads(plain)) == committed
    except (ValueError, ReltoError):
        return False


def by_link(entries: list[ReadEntry], name: str) -> Iterator[tuple[ReadEntry, str]]:
    """The entries whose leaf links something under this name, with what it links."""
    for one in entries:
        linked = one.leaf.links.get(name)
        if linked is not None:
            yield one, linked


def opened(sealed: bytes, place: bytes) -> bytes | None:
    """What a sealed column holds; None when it does not open."""
    try:
        return open_value(sealed, place)
    except ReltoError:
        return None


def digest_of(plain: bytes | None) -> str:
    """Hex SHA-256, "" of nothing."""
    return "" if plain is None else sha256_hex(plain)
