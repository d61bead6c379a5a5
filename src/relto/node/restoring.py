"""Restore a node from a backup: `relto node restore`.

Promises: nothing appears under the node's name before every file was read, compared with the signed list, written and
synced; a damaged, foreign or mixed backup is refused by name and leaves nothing. The restored node is in quarantine
from its first moment: only `relto node recover`, which compares it with its witness and its partners, lets it act.
A PostgreSQL database is filled where the operator says, never where the backup does. A backup of an older release is
brought to this one on the way, its ledger's root compared; one of a newer release is refused.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hmac import compare_digest
from pathlib import Path

from django.db import connection

from relto.adapters.durable_files import sync_folder
from relto.adapters.sealed_keys import MASTER_BYTES, SecretsFolder
from relto.base.errors import Conflict, Misconfigured, NotAvailable, NotVerified
from relto.node.backing_up import DOOR_KEY, SEALED_DOOR_KEY, written_aside
from relto.node.backup_format import (
    CHUNK,
    DATABASE,
    FILES,
    LIST,
    ListedFile,
    Manifest,
    damaged,
    manifest_bytes,
    read_list,
    read_manifest,
)
from relto.node.checks import master_secret_path
from relto.node.copied_tables import PLACE
from relto.node.database_settings import read_database, read_owner, with_database
from relto.node.filling_tables import filled
from relto.node.folder import NodeFolder
from relto.node.keys import node_statement_key
from relto.node.migrating import missing_migrations, unknown_migrations
from relto.node.quarantined import opened_node
from relto.node.settings import NodeSettings, read_settings
from relto.node.upgrading import beside
from relto.node.wiring import open_secrets, start_django
from relto.signing.keys import StatementPublicKey
from relto.store.fields import open_value
from relto.web.shell import portal_settings

BACKUP = "backup"


def restore(
    backup: Path, root: Path, master_secret: Path | None, database: str = "", database_owner: str = ""
) -> Manifest:
    """Restore the node in `root`, which must not exist, from the folder `backup`.

    `master_secret`: a file with it, when the node's settings place it inside the node's folder. `database` and
    `database_owner`: as in the settings, an empty PostgreSQL database for a node that had one.

    Raises Conflict("folder_in_use", "backup_busy", "database_in_use" or "database_newer"), MalformedInput("backup"),
    NotVerified("backup_damaged", "backup_foreign", "backup_mixed" or "upgrade"), Misconfigured("master_secret",
    "restore_database", "database" or "database_owner"), Unreachable("storage" or "database").
    """
    given = {name: value for name, value in (("database", database), ("database_owner", database_owner)) if value}
    read_database({**given})
    read_owner({**given})
    signed = manifest_bytes(backup)
    with written_aside(root, "restoring") as aside:
        NodeFolder(aside).create()
        manifest = read_manifest(signed, _own_key(backup, aside, master_secret, database))
        named = set()
        for listed in read_list(backup / LIST, manifest):
            _copy(backup / FILES, aside, listed)
            named.add(listed.path)
        for path in _all_files(backup / FILES):
            if path not in named:
                raise NotVerified("backup_mixed", field="file", found=path, expected="only files of its list")
        settings = _placed(aside, database, database_owner)
        _start(settings)
        if settings.database:
            with filled(settings, aside):
                _quarantine(aside, manifest)
            shutil.rmtree(aside / PLACE)
        else:
            _check_database(aside / DATABASE)
            _bring_forward(settings)
            _quarantine(aside, manifest)
        connection.close()
        for folder, _, _ in os.walk(aside):
            sync_folder(Path(folder))
    return manifest


def _require_same_engine(settings: NodeSettings, database: str) -> None:
    if bool(settings.database) != bool(database):
        expected = (
            "an empty PostgreSQL database" if settings.database else "none: this node's database is in its folder"
        )
        raise Misconfigured("restore_database", field="--database", expected=expected)


def _placed(aside: Path, database: str, database_owner: str) -> NodeSettings:
    """The settings that were verified, with the database that the operator named."""
    place = aside / "node.toml"
    if database:
        place.write_text(with_database(place.read_text(encoding="utf-8"), database, database_owner), encoding="utf-8")
    settings = read_settings(aside)
    _require_same_engine(settings, database)
    return settings


def _start(settings: NodeSettings) -> None:
    """Start Django with the portal's applications: their tables are the node's too, and are brought forward with it."""
    secrets = open_secrets(settings)
    shell = portal_settings(nation=settings.nation, kind=settings.kind, portal_url=settings.urls.portal)
    start_django(settings, secrets, {**shell, "ROOT_URLCONF": "relto.node.urls"})


def _bring_forward(settings: NodeSettings) -> None:
    """The embedded database's tables as this release has them."""
    newer = unknown_migrations(connection)
    if newer:
        raise Conflict("database_newer", field="database", found=newer[0], expected="a release that has it")
    if missing_migrations(connection):
        beside(settings)


def _own_key(backup: Path, aside: Path, master_secret: Path | None, database: str) -> StatementPublicKey:
    """The key of the node whose sealed secrets the backup holds, opened with the master secret.

    Settings and secrets are copied first; that they are those of the list is looked at with all other files.
    """
    try:
        shutil.copyfile(backup / FILES / "node.toml", aside / "node.toml")
        for sealed in sorted((backup / FILES / "secrets").glob("*.sealed")):
            shutil.copyfile(sealed, aside / "secrets" / sealed.name)
            (aside / "secrets" / sealed.name).chmod(0o600)
    except FileNotFoundError as error:
        raise damaged("node.toml") from error
    settings = read_settings(aside)
    _require_same_engine(settings, database)
    _place_master_secret(settings, backup, master_secret)
    try:
        secrets = SecretsFolder.open(settings.folder.secrets, master_file=master_secret_path(settings))
        return node_statement_key(secrets, settings).public
    except (NotVerified, NotAvailable) as error:
        raise _foreign() from error


def _place_master_secret(settings: NodeSettings, backup: Path, given: Path | None) -> None:
    """Put the given secret where the settings look for it, if that is inside the folder; else it has to be there.

    Nothing is verified yet, and the settings may be anybody's: nothing is written outside the new folder, and neither
    the backup itself nor another file than the given one says what the secret is.
    """
    place = master_secret_path(settings).resolve()
    expected = "--master-secret: the file with the 32 bytes that were kept apart"
    try:
        data = b"" if given is None else given.read_bytes()[: MASTER_BYTES + 1]
    except OSError as error:
        raise Misconfigured("master_secret", field="master_secret", expected=expected) from error
    if settings.folder.root not in place.parents:
        if backup.resolve() in place.parents or (given is not None and not _holds(place, data)):
            raise _foreign()
        return
    if len(data) != MASTER_BYTES:
        raise Misconfigured("master_secret", field="master_secret", expected=expected)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _holds(place: Path, data: bytes) -> bool:
    try:
        with place.open("rb") as file:
            return compare_digest(file.read(MASTER_BYTES + 1), data)
    except OSError:
        return False


def _foreign() -> NotVerified:
    return NotVerified("backup_foreign", field="master_secret", expected="the master secret of the node of this backup")


def _copy(files: Path, aside: Path, listed: ListedFile) -> None:
    """One file, compared with the list while it is written. Raises NotVerified("backup_damaged")."""
    source, place = files / listed.path, aside / listed.path
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), listed.size
    if source.is_symlink() or not source.is_file():
        raise damaged(listed.path)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with source.open("rb") as file, os.fdopen(descriptor, "wb") as target:
        while chunk := file.read(min(CHUNK, left + 1)):
            digest.update(chunk)
            left -= len(chunk)
            if left < 0:
                raise damaged(listed.path)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if left or digest.hexdigest() != listed.sha256:
        raise damaged(listed.path)


def _all_files(files: Path) -> Iterator[str]:
    for folder, _, names in os.walk(files):
        for name in names:
            yield (Path(folder) / name).relative_to(files).as_posix()


def _check_database(place: Path) -> None:
    """Whether SQLite finds its copy whole. Raises NotVerified("backup_damaged")."""
    try:
        with closing(sqlite3.connect(place)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise damaged(DATABASE) from error
    if found != ("ok",):
        raise damaged(DATABASE)


def _quarantine(aside: Path, manifest: Manifest) -> None:
    """Open the node in its new place once, and put it into quarantine."""
    node = opened_node(aside)
    if (node.house.nation, node.house.ledger_origin) != (manifest.nation, manifest.origin):
        raise _foreign()
    sealed = aside / SEALED_DOOR_KEY
    if sealed.is_file():
        key = open_value(sealed.read_bytes(), DOOR_KEY.encode())
        descriptor = os.open(aside / DOOR_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        sealed.unlink()
    from relto.services.quarantine import RESTORED, Finding, quarantine_node  # noqa: PLC0415  it was set up just now

    quarantine_node(node.house, [Finding(RESTORED, BACKUP, manifest.size, manifest.size)])
