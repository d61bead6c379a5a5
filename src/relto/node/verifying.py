"""Check a node or a backup of one, offline and whole: `relto node verify`. Nothing is changed.

Promises: of a backup every file is compared with the signed list and no other file is in it; of both the database is
read as a whole, the ledger's root is recomputed from its entries and compared with tiles, bundles, checkpoints and
records, every sealed secret is opened, every private half is held against the public one that the database names, and
every payload is read and its digest compared.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from relto.adapters.log_files import FolderLogFiles
from relto.adapters.sealed_keys import MASTER_BYTES, SecretsFolder
from relto.base.errors import MalformedInput, Misconfigured, NotAvailable, NotVerified, ReltoError, Unreachable
from relto.ledger.tree import CompactRange, leaf_hash
from relto.node.backup_format import (
    CHUNK,
    FILES,
    LIST,
    MANIFEST,
    Manifest,
    manifest_bytes,
    read_list,
    read_manifest,
)
from relto.node.blob_settings import open_blobs
from relto.node.checks import master_secret_path
from relto.node.copied_tables import TABLES, read_tables
from relto.node.doctor.reading import reading, sqlite_address
from relto.node.keys import FIELD_KEY, log_keys, node_statement_key
from relto.node.migrating import missing_migrations, unknown_migrations
from relto.node.settings import NodeSettings, read_settings
from relto.node.starts import somebody_serves
from relto.node.stored_payloads import STORED, read_stored, verified_payloads
from relto.node.verifying_copies import Spoken, copied_ledger, copied_payloads, short_tables
from relto.node.wiring import open_key_store
from relto.store.fields import use_field_key

_TOLD_EVERY: Final = 1000
_MOST_NAMED: Final = 100
_COLUMNS: Final = "payload_blob, payload_offset, payload_size, payload_sha256"
_SPOKEN: Final = (  # in the tables of every release
    f"SELECT {_COLUMNS} FROM store_item WHERE payload_blob <> ''"  # noqa: S608  our own columns
    f" UNION SELECT {_COLUMNS} FROM store_outboxmessage WHERE state = 'waiting' AND payload_blob <> ''"
)


_Read = Callable[[str, int, int], Iterator[bytes]]
Told = Callable[[str, int], None]
"""Is given what is looked at, and how much of it."""


@dataclass(slots=True)
class Verified:
    """What was looked at and what is wrong. `kind`: node or backup; `root`: of the newest checkpoint, recomputed, hex.

    `release`: of whose tables the database is, this or another, or "tables" for a copy of PostgreSQL's; of these two
    records and private halves are not compared. `counts`: code of a finding -> how often; `named`: (code, place), at
    most a hundred.
    """

    kind: str
    size: int = 0
    root: str = ""
    files: int = 0
    payloads: int = 0
    payload_bytes: int = 0
    secrets: int = 0
    release: str = "this"
    counts: dict[str, int] = field(default_factory=dict)
    named: list[tuple[str, str]] = field(default_factory=list)

    def add(self, code: str, place: str, count: int = 1) -> None:
        """Count something that is wrong, and name it while there is room."""
        self.counts[code] = self.counts.get(code, 0) + count
        if len(self.named) < _MOST_NAMED:
            self.named.append((code, place))


def verify(place: Path, master_secret: Path | None, tell: Told = lambda _what, _n: None) -> Verified:
    """Check the node or backup in `place`; `master_secret`: where it was kept, when it is not where the settings say.

    `tell` is given what is looked at and how much of it. Raises Misconfigured, MalformedInput("backup"),
    NotVerified("backup_foreign" or "backup_damaged" or "backup_mixed") when nothing can be compared at all.
    """
    is_backup = (place / MANIFEST).is_file()
    root = place / FILES if is_backup else place
    settings = read_settings(root)
    secrets = _opened(settings, master_secret, must_be_given=is_backup)
    found = Verified("backup" if is_backup else "node")
    if is_backup:
        manifest = read_manifest(manifest_bytes(place), node_statement_key(secrets, settings).public)
        _files(place, manifest, found, tell)
    _secrets(secrets, found)
    use_field_key(secrets.unseal(FIELD_KEY))
    if is_backup and settings.database:
        _copied(settings, found, tell)
        return found
    if not settings.database and not _whole(settings, found):
        return found
    serving = not is_backup and somebody_serves(settings.folder.locks)
    with reading(settings, serving=serving) as own:
        if missing_migrations(own) or unknown_migrations(own):
            found.release = "another"
            _leaves(own, found)
        else:
            _keys(settings, secrets, found)
            _ledger(settings, secrets, found, tell)
        with own.cursor() as cursor:
            cursor.execute(_SPOKEN)
            spoken = cursor.fetchall()
        _payloads(spoken, _payload_reader(settings, is_backup=is_backup), found, tell)
        if is_backup and settings.blobs.kind != "files":
            _stored(settings, {name for name, *_ in spoken}, found)
    return found


def _copied(settings: NodeSettings, found: Verified, tell: Told) -> None:
    """Of a backup that holds tables: what can be compared without their server."""
    folder, found.release = settings.folder.root, "tables"
    try:
        copied = read_tables(folder)
        for path in short_tables(folder, copied):
            found.add("database_damaged", path)
        found.size, found.root, same = copied_ledger(folder, copied, lambda count: tell("entries", count))
        if not same:
            found.add("checkpoint_differs", f"checkpoint:{found.size}")
        spoken = list(copied_payloads(folder, copied))
    except (NotVerified, ValueError) as error:
        found.add("database_damaged", str(getattr(error, "found", "") or TABLES))
        return
    _payloads(spoken, _payload_reader(settings, is_backup=True), found, tell)
    if settings.blobs.kind != "files":
        _stored(settings, {name for name, *_ in spoken}, found)


def _stored(settings: NodeSettings, spoken: set[str], found: Verified) -> None:
    """Of a node over an S3 store: the backup's list of what was whole there names all that the database speaks of.

    Each is read from the store and compared with the list; what the store does not give now is said to be unread.
    """
    try:
        listed = {one.path: one for one in read_stored(settings.folder.root)}
    except NotVerified:
        found.add("listed_changed", STORED)
        return
    known = {place for code, place in found.named if code.startswith("payload_")}
    for name in sorted(spoken - set(listed) - known):
        found.add("payload_missing", name)
    blobs = open_blobs(settings.blobs, settings.folder.root, settings.folder.blobs)
    for name in sorted((spoken & set(listed)) - known):
        try:
            whole = next(iter(verified_payloads(blobs, [name])), None)
        except Unreachable:
            return  # counted already, where its ranges were to be read
        if whole != listed[name]:
            found.add("payload_changed", name)


def _leaves(own: BaseDatabaseWrapper, found: Verified) -> None:
    """Of tables of another release: the root that the leaves give is that of the newest checkpoint."""
    tree = CompactRange()
    with own.cursor() as cursor:
        cursor.execute("SELECT size, root FROM store_checkpoint ORDER BY size DESC LIMIT 1")
        size, root = cursor.fetchone() or (0, b"")
        cursor.execute('SELECT leaf FROM store_ledgerentry WHERE "index" < %s ORDER BY "index"', [size])
        while rows := cursor.fetchmany(_TOLD_EVERY):
            for (leaf,) in rows:
                tree.append(leaf_hash(bytes(leaf)))
    found.size, found.root = tree.size, bytes(root).hex()
    if tree.size != size or (size and tree.root() != bytes(root)):
        found.add("checkpoint_differs", f"checkpoint:{size}")


def _opened(settings: NodeSettings, given: Path | None, *, must_be_given: bool) -> SecretsFolder:
    """The sealed secrets. Of a backup only a secret that the caller brings is believed to be the node's."""
    expected = "--master-secret: the file with the 32 bytes that were kept apart"
    if given is None and must_be_given:
        raise Misconfigured("master_secret", field="master_secret", expected=expected)
    try:
        with (given or master_secret_path(settings)).open("rb") as file:
            data = file.read(MASTER_BYTES + 1)
    except OSError as error:
        raise Misconfigured("master_secret", field="master_secret", expected=expected) from error
    if len(data) != MASTER_BYTES:
        raise Misconfigured("master_secret", field="master_secret", expected=expected)
    secrets = SecretsFolder(settings.folder.secrets, data, _nothing_is_sealed_here)
    try:
        secrets.unseal(FIELD_KEY)
    except (NotVerified, NotAvailable) as error:
        raise NotVerified("backup_foreign", field="master_secret", expected="the master secret of this node") from error
    return secrets


def _nothing_is_sealed_here(count: int) -> bytes:
    raise AssertionError(count)


def _files(backup: Path, manifest: Manifest, found: Verified, tell: Told) -> None:
    named = set()
    for listed in read_list(backup / LIST, manifest):
        named.add(listed.path)
        found.files += 1
        if found.files % _TOLD_EVERY == 0:
            tell("files", found.files)
        place = backup / FILES / listed.path
        if place.is_symlink() or not place.is_file():
            found.add("listed_missing", listed.path)
        elif place.stat().st_size != listed.size or _digest(place) != listed.sha256:
            found.add("listed_changed", listed.path)
    for place in sorted((backup / FILES).rglob("*")):
        path = place.relative_to(backup / FILES).as_posix()
        if not place.is_dir() and path not in named:
            found.add("not_listed", path)
    for name in manifest.missing:
        found.add("payload_missing", name)


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _secrets(secrets: SecretsFolder, found: Verified) -> None:
    for name in secrets.names():
        try:
            secrets.unseal(name)
            found.secrets += 1
        except (NotVerified, NotAvailable, MalformedInput):
            found.add("secret_closed", f"secrets/{name}.sealed")


def _whole(settings: NodeSettings, found: Verified) -> bool:
    """Whether SQLite can read the whole file and every reference leads somewhere."""
    place = settings.folder.database
    try:
        address = sqlite_address(place, serving=somebody_serves(settings.folder.locks))
        with closing(sqlite3.connect(address, uri=True)) as database:
            sound = database.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            dangling = database.execute("PRAGMA foreign_key_check").fetchone() if sound else None
    except sqlite3.DatabaseError:
        sound, dangling = False, None
    if not sound:
        found.add("database_damaged", place.name)
    if dangling is not None:
        found.add("database_reference", str(dangling[0]))
    return bool(sound)


def _keys(settings: NodeSettings, secrets: SecretsFolder, found: Verified) -> None:
    from relto.services.service_keys import KeyRing  # noqa: PLC0415  tables need a started Django

    try:
        KeyRing.load(secrets, open_key_store(settings))
    except ReltoError as error:
        found.add("key_closed", str(error.found or error.field or "service_keys"))


def _ledger(settings: NodeSettings, secrets: SecretsFolder, found: Verified, tell: Told) -> None:
    from relto.services.ledger_check import LedgerCheck  # noqa: PLC0415  tables need a started Django
    from relto.store.queries.checking import newest_checkpoints  # noqa: PLC0415  likewise

    newest = next(iter(newest_checkpoints()), None)
    found.root = newest.root.hex() if newest is not None else ""
    keys = tuple(key.verifier for key in log_keys(secrets, settings).both())
    files = FolderLogFiles(settings.folder.ledger)
    check = LedgerCheck(settings.ledger_origin, files, keys, node_statement_key(secrets, settings).public)
    for looked_at in check.run():
        tell("entries", looked_at)
    found.size = check.looked_at
    for code, count in check.findings.counts.items():
        places = [one.place for one in check.findings.named if one.code == code]
        found.add(code, places[0] if places else "ledger", count)


def _payloads(spoken: Sequence[Spoken], read: _Read, found: Verified, tell: Told) -> None:
    for number, (name, offset, size, sha256) in enumerate(spoken):
        digest = hashlib.sha256()
        try:
            for chunk in read(name, offset, size):
                digest.update(chunk)
        except NotAvailable:
            found.add("payload_missing", name)
            continue
        except Unreachable:
            found.add("payload_unread", name, len(spoken) - number)
            return
        except ReltoError:
            found.add("payload_changed", name)
            continue
        found.payloads += 1
        found.payload_bytes += size
        if digest.hexdigest() != sha256:
            found.add("payload_changed", name)
        if found.payloads % _TOLD_EVERY == 0:
            tell("payloads", found.payloads)


def _payload_reader(settings: NodeSettings, *, is_backup: bool) -> _Read:
    """How ranges of ciphertext are read: from the node's store, or from the files of a backup."""
    if settings.blobs.kind != "files" or not is_backup:
        return open_blobs(settings.blobs, settings.folder.root, settings.folder.blobs).read_range
    held = settings.folder.blobs / "blobs"

    def read(name: str, offset: int, size: int) -> Iterator[bytes]:
        place = held / name[-2:] / name
        if "/" in name or not place.is_file():
            raise NotAvailable("blob")
        with place.open("rb") as file:
            file.seek(offset)
            left = size
            while left:
                chunk = file.read(min(CHUNK, left))
                if not chunk:
                    raise NotVerified("blob_length", field="blob")
                left -= len(chunk)
                yield chunk

    return read
