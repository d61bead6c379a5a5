"""Restore a node from a backup: `relto node restore`.

Promises: nothing appears under the node's name before every file was read, compared with the signed list, written and
synced; a damaged, foreign or mixed backup is refused by name and leaves nothing. The restored node is in quarantine
from its first moment: only `relto node recover`, which compares it with its witness and its partners, lets it act.
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

from relto.adapters.durable_files import sync_folder
from relto.adapters.sealed_keys import MASTER_BYTES, SecretsFolder
from relto.base.errors import Misconfigured, NotAvailable, NotVerified
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
from relto.node.folder import NodeFolder
from relto.node.keys import node_statement_key
from relto.node.quarantined import opened_node
from relto.node.settings import NodeSettings, read_settings
from relto.signing.keys import StatementPublicKey
from relto.store.fields import open_value

BACKUP = "backup"


def restore(backup: Path, root: Path, master_secret: Path | None) -> Manifest:
    """Restore the node in `root`, which must not exist, from the folder `backup`.

    `master_secret`: a file with it, when the node's settings place it inside the node's folder.

    Raises Conflict("folder_in_use" or "backup_busy"), MalformedInput("backup"), NotVerified("backup_damaged",
    "backup_foreign" or "backup_mixed"), Misconfigured("master_secret"), Unreachable("storage").
    """
    signed = manifest_bytes(backup)
    with written_aside(root, "restoring") as aside:
        NodeFolder(aside).create()
        manifest = read_manifest(signed, _own_key(backup, aside, master_secret))
        named = set()
        for listed in read_list(backup / LIST, manifest):
            _copy(backup / FILES, aside, listed)
            named.add(listed.path)
        for path in _all_files(backup / FILES):
            if path not in named:
                raise NotVerified("backup_mixed", field="file", found=path, expected="only files of its list")
        _check_database(aside / DATABASE)
        _quarantine(aside, manifest)
    return manifest


def _own_key(backup: Path, aside: Path, master_secret: Path | None) -> StatementPublicKey:
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
    from django.db import connection  # noqa: PLC0415  it was set up just now

    from relto.services.quarantine import RESTORED, Finding, quarantine_node  # noqa: PLC0415  likewise

    quarantine_node(node.house, [Finding(RESTORED, BACKUP, manifest.size, manifest.size)])
    connection.close()
    for folder, _, _ in os.walk(aside):
        sync_folder(Path(folder))
