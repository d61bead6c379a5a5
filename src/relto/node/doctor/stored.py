"""The database: whether it answers, is of this release and of this node, and what its records say of the node.

Looked at through a connection that can only read. The payloads looked at are the newest; `relto node verify` reads all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Final

from relto.adapters.system import TOLERATED_SKEW
from relto.base.errors import NotAvailable, ReltoError
from relto.base.instants import Instant, instant_text, read_instant
from relto.ledger.leaves import read_leaf
from relto.ledger.notes import verify_note
from relto.node.backup_format import LAST_BACKUP
from relto.node.children import beats, heartbeat_file
from relto.node.doctor.case import Case, kept_blobs
from relto.node.doctor.reading import reading
from relto.node.doctor.troubles import Trouble
from relto.node.keys import log_keys
from relto.ports.surroundings import BlobStore

_MOST_BLOBS: Final = 2000
_WITNESS_LIMIT: Final = timedelta(minutes=15)
_LARGEST_NOTE: Final = 64 * 1024


def look_at_database(case: Case, stack: ExitStack) -> Iterator[Trouble]:
    """It answers, its tables are those of this release, and it is this node's; from then on its records are read."""
    settings = case.settings
    if settings is None:
        return
    if not settings.database and not case.folder.database.is_file():
        yield Trouble("database_missing", case.path(case.folder.database), "the database of this node")
        return
    own = stack.enter_context(reading(settings, serving=case.serving))
    from django.db import DatabaseError  # noqa: PLC0415  Django was started just now

    from relto.node.migrating import missing_migrations, unknown_migrations  # noqa: PLC0415  likewise

    try:
        own.ensure_connection()
        newer, missing = unknown_migrations(own), missing_migrations(own)
    except DatabaseError as error:
        thing = "database" if settings.database else case.path(case.folder.database)
        yield Trouble("database_unreachable", thing, "a database that answers", type(error).__name__)
        return
    if newer:
        yield Trouble("database_newer", "database", "the migrations of this release", newer[0])
    elif missing:
        yield Trouble("database_unmigrated", "database", missing[-1], f"{len(missing)} to be applied")
    elif foreign := _foreign(case):
        yield foreign
    else:
        case.tables = True


def _foreign(case: Case) -> Trouble | None:
    """A database whose ledger is of another log, or whose checkpoints were not signed with this node's keys."""
    from relto.store.models import Checkpoint, LedgerEntry  # noqa: PLC0415  tables need a started Django

    if case.settings is None:
        return None
    origin = case.settings.ledger_origin
    first = LedgerEntry.objects.order_by("serial").values_list("leaf", flat=True).first()
    if first is not None:
        try:
            found = read_leaf(bytes(first)).origin
        except ReltoError:
            found = "an unreadable entry"
        if found != origin:
            return Trouble("database_foreign", "database", f"the ledger of {origin}", found)
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is not None and case.secrets is not None:
        keys = [key.verifier for key in log_keys(case.secrets, case.settings).both()]
        try:
            verify_note(newest.note.encode(), keys)
        except ReltoError:
            return Trouble(
                "database_foreign", "database", "checkpoints signed by this node", f"checkpoint {newest.size}"
            )
    return None


def look_at_records(case: Case) -> Iterator[Trouble]:
    """Quarantine, ledger, clock, keys, payloads, worker, witness, backups."""
    from relto.store.models import LedgerCheck, Quarantine  # noqa: PLC0415  tables need a started Django

    opened = Quarantine.objects.filter(lifted_at=None).first()
    if opened is not None:
        yield Trouble("quarantined", "node", "a node that has compared itself", instant_text(opened.since))
    last = LedgerCheck.objects.order_by("-finished_at").first()
    if last is not None and last.counts:
        yield Trouble("ledger_found", "ledger", "a check that finds nothing", sum(last.counts.values()))
    yield from _clock(case)
    yield from _service_keys(case)
    yield from _payloads(case)
    if case.serving:
        yield from _served(case)
    yield from _backups(case)


def _clock(case: Case) -> Iterator[Trouble]:
    from relto.store.queries.ledger import newest_known_past  # noqa: PLC0415  tables need a started Django

    past, now = newest_known_past(), case.now()
    if past is not None and now < past - TOLERATED_SKEW:
        yield Trouble("clock_behind", "clock", f"not before {instant_text(past)}", instant_text(now))


def _service_keys(case: Case) -> Iterator[Trouble]:
    from relto.services.service_keys import USABLE, secret_name, service_keys  # noqa: PLC0415  likewise

    if not service_keys(purpose="wrapping"):
        yield Trouble("no_current_key", "wrapping", "an active wrapping key", "none")
    if not service_keys(purpose="token"):
        yield Trouble("no_current_key", "token", "an active key for tokens", "none")
    if case.secrets is None:
        return
    held = set(case.secrets.names())
    views = [*service_keys(purpose="wrapping", states=USABLE), *service_keys(purpose="token")]
    for view in views:
        if secret_name(view.kid) not in held:
            yield Trouble(
                "key_half_missing", f"secrets/{secret_name(view.kid)}.sealed", "the private half of a key in use"
            )


def _payloads(case: Case) -> Iterator[Trouble]:
    from relto.store.models import Item  # noqa: PLC0415  tables need a started Django

    spoken = Item.objects.exclude(payload_blob="").order_by("-registered_at")
    names = list(dict.fromkeys(spoken.values_list("payload_blob", flat=True)[:_MOST_BLOBS]))
    blobs = kept_blobs(case) if names else None
    missing = [name for name in names if blobs is not None and not _is_held(blobs, name)]
    if missing:
        yield Trouble(
            "blob_missing", f"blob {missing[0]}", "every payload that the database names", f"{len(missing)} absent"
        )


def _is_held(blobs: BlobStore, name: str) -> bool:
    try:
        blobs.open(name).close()
    except (NotAvailable, ReltoError):
        return False
    return True


def _served(case: Case) -> Iterator[Trouble]:
    """Of a node that runs: the worker works, and its witness keeps up with it."""
    from relto.services.witness_watch import LIMIT  # noqa: PLC0415  likewise
    from relto.store.models import LedgerEntry  # noqa: PLC0415  tables need a started Django
    from relto.store.queries.ledger import oldest_unwitnessed_at  # noqa: PLC0415  likewise

    if case.settings is None:
        return
    if not beats(heartbeat_file(case.settings)):
        waiting = LedgerEntry.objects.filter(index=None).count()
        if waiting:
            yield Trouble("worker_not_running", "worker", "a worker that takes what waits", f"{waiting} entries wait")
        return
    since = oldest_unwitnessed_at()
    limit = case.bundle.limits.duration(LIMIT) if case.bundle is not None else _WITNESS_LIMIT
    if since is not None and case.now() - since > limit:
        minutes = (case.now() - since) // timedelta(minutes=1)
        expected = f"cosignatures within {limit // timedelta(minutes=1)} minutes"
        yield Trouble("witness_late", "witnesses", expected, f"{minutes} minutes")


def _backups(case: Case) -> Iterator[Trouble]:
    """A node that is older than the days has a backup that is younger."""
    from relto.store.models import LedgerEntry  # noqa: PLC0415  tables need a started Django

    days = timedelta(days=case.world.backup_days)
    newest = _last_backup(case)
    first = newest or LedgerEntry.objects.order_by("serial").values_list("recorded_at", flat=True).first()
    if first is not None and case.now() - first > days:
        found = f"{(case.now() - newest).days} days ago" if newest is not None else "none"
        yield Trouble("no_backup", LAST_BACKUP, f"within {case.world.backup_days} days", found)


def _last_backup(case: Case) -> Instant | None:
    try:
        with (case.folder.root / LAST_BACKUP).open("rb") as file:
            return read_instant(json.loads(file.read(_LARGEST_NOTE)).get("at"))
    except (OSError, ValueError, AttributeError, ReltoError):
        return None
