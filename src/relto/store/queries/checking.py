"""The ledger and what names its entries, as stored: read in ranges, sealed columns unopened.

A sealed value that does not open must be a finding and not an error, so whoever checks opens it itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import BinaryField, CharField, Count, Exists, Max, Model, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from relto.base.instants import Instant
from relto.store.models import (
    AgreementBundle,
    Checkpoint,
    CustodianRecord,
    DecisionRecord,
    InboxMessage,
    LedgerCheck,
    LedgerEntry,
    LedgerTree,
    LogEvidence,
    Manifest,
    OutboxMessage,
    Quarantine,
    RegisterEntry,
)

DETAILS_PLACE = b"store_ledgerentry.details"
DECISION_PLACE = b"store_decisionrecord.decision"
_AT_ONCE = 500  # ids in one query: SQLite takes 999 values in old builds
_LONGEST_EXTRA = 1000
_KINDS = {"decisionrecord": "decision", "registerentry": "register", "custodianrecord": "custodians"}


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A row of the ledger; `sealed`: its details as stored."""

    serial: int
    entry: str
    event: str
    actor: str
    subject: str
    leaf: bytes
    leaf_hash: bytes
    salt: bytes
    recorded_at: Instant
    index: int | None
    sealed: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint that this node signed, as stored."""

    size: int
    root: bytes
    note: str


_COLUMNS = (
    "serial",
    "entry",
    "event",
    "actor",
    "subject",
    "leaf",
    "leaf_hash",
    "salt",
    "recorded_at",
    "index",
    "unopened",
)


def _stored(rows: QuerySet[LedgerEntry]) -> list[StoredEntry]:
    found: Any = rows.annotate(unopened=Cast("details", BinaryField())).values_list(*_COLUMNS)
    return [
        StoredEntry(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            leaf=bytes(row[5]),
            leaf_hash=bytes(row[6]),
            salt=bytes(row[7]),
            recorded_at=row[8],
            index=row[9],
            sealed=bytes(row[10]),
        )
        for row in found
    ]


def stored_entries(first: int, end: int) -> list[StoredEntry]:
    """The entries with the indexes from `first` to before `end`, in order."""
    return _stored(LedgerEntry.objects.filter(index__gte=first, index__lt=end).order_by("index"))


def waiting_entries(limit: int) -> list[StoredEntry]:
    """The oldest entries without a place in the tree, at most `limit`."""
    return _stored(LedgerEntry.objects.filter(index=None).order_by("serial")[:limit])


def entries_beyond(size: int) -> list[int]:
    """Indexes that no tree of this size has."""
    found = LedgerEntry.objects.filter(index__gte=size).order_by("index").values_list("index", flat=True)[:100]
    return [index for index in found if index is not None]


def stored_tree() -> tuple[int, tuple[str, ...]]:
    """(size, hashes of the full subtrees in hex) as the sequencer keeps them."""
    row = LedgerTree.objects.first()
    return (row.size, tuple(str(one) for one in row.hashes)) if row else (0, ())


def checkpoints_between(after: int, upto: int) -> list[StoredCheckpoint]:
    """The checkpoints of more than `after` and at most `upto` entries, smallest first."""
    rows = Checkpoint.objects.filter(size__gt=after, size__lte=upto).order_by("size")
    return [StoredCheckpoint(row.size, bytes(row.root), row.note) for row in rows]


def newest_checkpoints() -> list[StoredCheckpoint]:
    """The newest few checkpoints, newest first."""
    return [StoredCheckpoint(row.size, bytes(row.root), row.note) for row in Checkpoint.objects.order_by("-size")[:8]]


def missing_serials() -> int:
    """How many rows were taken out of the ledger's table; 0 where the database's numbering does not tell.

    SQLite gives back the numbers of a transaction that is undone, so each number it gave belongs to a row. PostgreSQL
    does not.
    """
    if connection.vendor != "sqlite":
        return 0
    table = LedgerEntry._meta.db_table  # noqa: SLF001  Django's documented _meta API
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        given = cursor.fetchone()  # read first: numbers that are given meanwhile belong to rows that are counted
    found = LedgerEntry.objects.aggregate(last=Max("serial"), rows=Count("serial"))
    return max(found["last"] or 0, given[0] if given else 0) - int(found["rows"])


def _by_entry(model: type[Model], entries: Iterable[str], *columns: str, **more: Any) -> list[tuple[Any, ...]]:
    wanted, found = list(entries), []
    for at in range(0, len(wanted), _AT_ONCE):
        rows = model._default_manager.filter(entry__in=wanted[at : at + _AT_ONCE]).annotate(**more)  # noqa: SLF001  Django's documented API
        found += list(rows.values_list("entry", *columns))
    return found


def decisions_of(entries: Iterable[str]) -> list[tuple[Any, ...]]:
    """(entry, id, decision as stored) of the decisions that name these entries."""
    return _by_entry(DecisionRecord, entries, "id", "unopened", unopened=Cast("decision", BinaryField()))


def register_lines_of(entries: Iterable[str]) -> list[tuple[Any, ...]]:
    """(entry, number, direction, instant) of the register lines that name these entries."""
    return _by_entry(RegisterEntry, entries, "number", "direction", "at")


def custodian_records_of(entries: Iterable[str]) -> list[tuple[Any, ...]]:
    """(entry, digest) of the custodians' records that name these entries."""
    return _by_entry(CustodianRecord, entries, "digest")


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of the outbox or inbox with its sealed columns as stored; `state`: of the outbox, "" in the inbox."""

    message: str
    sequence: int
    digest: str
    state: str
    envelope: bytes
    answer: bytes


def outbox_of(messages: Sequence[str]) -> dict[str, StoredMessage]:
    """The own messages with these ids."""
    found: dict[str, StoredMessage] = {}
    for at in range(0, len(messages), _AT_ONCE):
        rows = OutboxMessage.objects.filter(id__in=messages[at : at + _AT_ONCE])
        sealed = rows.annotate(one=Cast("envelope", BinaryField()), two=Cast("receipt", BinaryField()))
        for row in sealed.values_list("id", "sequence", "digest", "state", "one", "two"):
            found[row[0]] = StoredMessage(*row[:4], bytes(row[4]), bytes(row[5] or b""))
    return found


def inbox_of(messages: Sequence[str]) -> dict[str, StoredMessage]:
    """The received messages with these ids."""
    found: dict[str, StoredMessage] = {}
    for at in range(0, len(messages), _AT_ONCE):
        rows = InboxMessage.objects.filter(message__in=messages[at : at + _AT_ONCE])
        sealed = rows.annotate(one=Cast("envelope", BinaryField()), two=Cast("answer", BinaryField()))
        for row in sealed.values_list("message", "sequence", "digest", "one", "two"):
            found[row[0]] = StoredMessage(row[0], row[1], row[2], "", bytes(row[3]), bytes(row[4]))
    return found


def fingerprints_of(subjects: Sequence[str]) -> set[tuple[str, str]]:
    """(policy digest, payload digest) of the manifests of these items and release cases."""
    found: set[tuple[str, str]] = set()
    for at in range(0, len(subjects), _AT_ONCE):
        part = subjects[at : at + _AT_ONCE]
        for rows in (Manifest.objects.filter(item_id__in=part), Manifest.objects.filter(release_cases__id__in=part)):
            for printed in rows.values_list("fingerprint", flat=True):
                found.add((str(printed.get("policy_digest")), str(printed.get("payload_digest"))))
    return found


def bundle_digests() -> dict[str, str]:
    """`agreement/version` -> digest of the accepted agreement bundles."""
    rows = AgreementBundle.objects.values_list("agreement", "version", "digest")
    return {f"{agreement}/{version}": digest for agreement, version, digest in rows}


def evidence_notes() -> list[str]:
    """The checkpoints kept as evidence against a partner's log."""
    return list(LogEvidence.objects.values_list("note", flat=True))


def without_details() -> int:
    """How many entries are known by their leaf only."""
    return LedgerEntry.objects.filter(salt=b"").count()


def quarantine_is_open() -> bool:
    """True while this node is in quarantine."""
    return Quarantine.objects.filter(lifted_at=None).exists()


def lifting_details() -> list[StoredEntry]:
    """The entries by which quarantines were lifted, whose details count what was lost."""
    ids = list(Quarantine.objects.exclude(lifted_at=None).values_list("id", flat=True))
    return _stored(LedgerEntry.objects.filter(subject__in=ids, event="quarantine:lifted"))


def _naming_entries() -> list[type[Model]]:
    """Every table with a column `entry`: also one that is added later."""
    tables = apps.get_app_config("store").get_models()
    return [
        model
        for model in tables
        if model not in {LedgerEntry, LedgerCheck} and any(field.name == "entry" for field in model._meta.get_fields())  # noqa: SLF001  likewise
    ]


def unentered() -> list[tuple[str, str]]:
    """(kind, id) of the records whose entry is not in the ledger, at most a thousand of each kind."""
    named = Exists(LedgerEntry.objects.filter(entry=OuterRef("entry")))
    found: list[tuple[str, str]] = []
    for model in _naming_entries():
        rows = model._default_manager.exclude(entry="").filter(~named)  # noqa: SLF001  Django's documented API
        kind = str(model._meta.model_name)  # noqa: SLF001  likewise
        found += [(_KINDS.get(kind, kind), str(one)) for one in rows.values_list("pk", flat=True)[:_LONGEST_EXTRA]]

    def spoken(key: str, *events: str) -> Exists:
        return Exists(LedgerEntry.objects.filter(subject=OuterRef(key), event__in=events))

    inbox = InboxMessage.objects.filter(~spoken("message", "transfer:received", "transfer:refused"))
    outbox = OutboxMessage.objects.exclude(state="waiting").filter(
        ~spoken("id", "transfer:receipted", "transfer:refused")
    )
    subject = Concat("agreement", Value("/"), Cast("version", CharField()))
    bundles = AgreementBundle.objects.annotate(about=subject).filter(~spoken("about", "bundle:activated"))
    found += [("inbox", str(one)) for one in inbox.values_list("message", flat=True)[:_LONGEST_EXTRA]]
    found += [("outbox", str(one)) for one in outbox.values_list("id", flat=True)[:_LONGEST_EXTRA]]
    found += [("bundle", str(one)) for one in bundles.values_list("about", flat=True)[:_LONGEST_EXTRA]]
    return found
