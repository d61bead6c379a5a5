"""What the ledger holds, as values. The scope of entries is the asker's: her company, her own doing, or the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from relto.base.instants import Instant
from relto.store.models import Checkpoint, Cosignature, LedgerEntry, LedgerTree
from relto.store.queries.prepared import Prepared

WHOLE = None
_WITNESSED = Prepared(
    lambda: Checkpoint.objects.filter(witnessed_at__isnull=False).order_by("-size").values_list("size")[:1]
)
_PLACED = Prepared(
    lambda size: LedgerEntry.objects.filter(index__gte=size).order_by("index").values_list("recorded_at")[:1], int
)
_UNPLACED = Prepared(lambda: LedgerEntry.objects.filter(index=None).order_by("serial").values_list("recorded_at")[:1])


@dataclass(frozen=True, slots=True)
class CheckpointFact:
    """A checkpoint of this node's log: size, root, the note with the log's own lines, and how far it came."""

    size: int
    root: bytes
    note: str
    signed_at: Instant
    witnessed_at: Instant | None
    agreed_at: Instant | None


@dataclass(frozen=True, slots=True)
class EntryScope:
    """Whose entries may be seen: those of `company` and those that `person` made."""

    person: str
    company: str | None


@dataclass(frozen=True, slots=True)
class EntryFact:
    """An entry of the ledger; `index` is None until it is sequenced."""

    entry: str
    index: int | None
    event: str
    subject: str
    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class CosignatureFact:
    """What a cosigner answered for one of our checkpoints."""

    cosigner: str
    size: int
    lines: str
    at: Instant


def _fact(row: Checkpoint) -> CheckpointFact:
    return CheckpointFact(row.size, bytes(row.root), row.note, row.signed_at, row.witnessed_at, row.agreed_at)


def newest_checkpoint() -> CheckpointFact | None:
    """The newest checkpoint that this node signed."""
    row = Checkpoint.objects.order_by("-size").first()
    return _fact(row) if row else None


def checkpoint_fact(size: int) -> CheckpointFact | None:
    """The checkpoint of this size that this node signed."""
    row = Checkpoint.objects.filter(size=size).first()
    return _fact(row) if row else None


def newest_agreed() -> CheckpointFact | None:
    """The newest checkpoint that everybody of the quorum cosigned."""
    row = Checkpoint.objects.filter(agreed_at__isnull=False).order_by("-size").first()
    return _fact(row) if row else None


def newest_witnessed() -> CheckpointFact | None:
    """The newest checkpoint that the own authority's witness cosigned."""
    row = Checkpoint.objects.filter(witnessed_at__isnull=False).order_by("-size").first()
    return _fact(row) if row else None


def oldest_unwitnessed_at() -> Instant | None:
    """When the oldest entry was recorded that no checkpoint cosigned by the own witness covers; None when all are."""
    newest = _WITNESSED.first()
    # Two reads, each by the index of places in the tree: one over both would walk through the whole ledger.
    waiting = (*_PLACED.rows(newest[0] if newest else 0), *_UNPLACED.rows())
    return min((recorded_at for (recorded_at,) in waiting), default=None)


def cosignatures(size: int) -> list[CosignatureFact]:
    """What was answered for the checkpoint of this size, in the order of the cosigners' names."""
    rows = Cosignature.objects.filter(checkpoint_id=size).order_by("cosigner")
    return [CosignatureFact(row.cosigner, size, row.lines, row.at) for row in rows]


def last_cosigned(cosigner: str) -> int:
    """The largest size that this cosigner cosigned, as we know; 0 when none."""
    row = Cosignature.objects.filter(cosigner=cosigner).order_by("-checkpoint_id").first()
    return row.checkpoint_id if row else 0


def newest_known_past() -> Instant | None:
    """When the newest checkpoint was signed or the newest cosignature stored: an instant that has certainly passed."""
    signed = Checkpoint.objects.order_by("-size").first()
    cosigned = Cosignature.objects.order_by("-at").first()
    return max((at for at in (signed and signed.signed_at, cosigned and cosigned.at) if at), default=None)


def events_by(person: str) -> frozenset[str]:
    """The kinds of entries that somebody made."""
    return frozenset(LedgerEntry.objects.filter(actor=person).values_list("event", flat=True).distinct())


def _visible(scope: EntryScope | None) -> Q:
    if scope is WHOLE:
        return Q()
    own = Q(actor=scope.person)
    return own | Q(company=scope.company) if scope.company else own


def _entry(row: Any) -> EntryFact:
    return EntryFact(row.entry, row.index, row.event, row.subject, row.recorded_at)


def entry_fact(entry: str, scope: EntryScope | None) -> EntryFact | None:
    """An entry, if it lies in the scope (None: the whole ledger)."""
    row = LedgerEntry.objects.filter(_visible(scope), entry=entry).first()
    return _entry(row) if row else None


def entries_about(subject: str, scope: EntryScope | None) -> list[EntryFact]:
    """The entries about one thing, in the order they were recorded, as far as they lie in the scope."""
    rows = LedgerEntry.objects.filter(_visible(scope), subject=subject).order_by("serial")
    return [_entry(row) for row in rows]


def newest_entries(scope: EntryScope | None, limit: int) -> list[EntryFact]:
    """The newest entries of the scope, newest first, at most `limit`."""
    rows = LedgerEntry.objects.filter(_visible(scope)).order_by("-serial")[:limit]
    return [_entry(row) for row in rows]


def entry_counts() -> tuple[int, int]:
    """(entries sequenced, entries that wait for it)."""
    tree = LedgerTree.objects.first()
    return tree.size if tree else 0, LedgerEntry.objects.filter(index=None).count()
