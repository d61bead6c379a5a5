"""Back a node up while it runs: `relto node backup`.

Promises: the database is one consistent copy (of PostgreSQL: `copying_tables`); log files are those of the newest
checkpoint of that copy, payloads all that it speaks of (where they lie in an S3 store, the list of those that were
whole: `stored_payloads`), sealed secrets and settings as they are; everything is streamed, synced and listed with its
digest, and the list is signed. The backup appears whole under its name or not at all: one that was killed, or met a
full disk, leaves at most a hidden folder beside it, which the next one in the same place clears away. The master secret
is not in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from relto.adapters.durable_files import lock, storage, sync_folder
from relto.adapters.log_files import FolderLogFiles
from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict
from relto.base.instants import Instant, instant_text
from relto.ledger.tiles import read_at_size, tiles_of_size
from relto.ledger.verification import CHECKPOINT, witness_path
from relto.node.backup_format import (
    CHUNK,
    DATABASE,
    FILES,
    LAST_BACKUP,
    LIST,
    MANIFEST,
    ListedFile,
    Manifest,
    identity_line,
)
from relto.node.copying_tables import snapshot
from relto.node.folder import NodeFolder
from relto.node.quarantined import OpenedNode, opened_node
from relto.node.settings import NodeSettings
from relto.node.stored_payloads import STORED, verified_payloads
from relto.ports.surroundings import BlobStore
from relto.store.fields import seal_value

DOOR_KEY = "tls/door.key"
SEALED_DOOR_KEY = f"{DOOR_KEY}.sealed"
_TOLD_EVERY = 1000
_BLOBS = "blobs/blobs"


@dataclass(slots=True)
class _Writing:
    """A backup being written: each file goes to its place and onto the list."""

    folder: Path
    backup: str
    tell: Callable[[int], None]
    count: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    folders: set[Path] = field(default_factory=set)

    def begin(self) -> None:
        """Make the list."""
        self._listed(identity_line(self.backup))

    def add(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a file durably."""
        place = self.folder / FILES / path
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        self.folders.add(place.parent)
        self._listed(ListedFile(digest.hexdigest(), size, path).line.encode("ascii"))
        self.count += 1
        if self.count % _TOLD_EVERY == 0:
            self.tell(self.count)

    def _listed(self, line: bytes) -> None:
        with (self.folder / LIST).open("ab") as file:
            file.write(line)
        self.digest.update(line)

    def finish(self, manifest: bytes) -> None:
        """Write the manifest, and make all names durable."""
        (self.folder / MANIFEST).write_bytes(manifest)
        for name in (LIST, MANIFEST):
            with (self.folder / name).open("rb") as file:
                os.fsync(file.fileno())
        for folder in {above for one in self.folders for above in (one, *one.parents) if above >= self.folder}:
            sync_folder(folder)
        sync_folder(self.folder)


def back_up(
    root: Path, to: Path, tell: Callable[[int], None] = lambda _count: None, at: Instant | None = None
) -> Manifest:
    """Back the node in `root` up to the new folder `to`; `tell` is given the number of files now and then.

    `at`: the present instant, for a database whose tables are not of this release; else the node's clock is asked.

    Raises Conflict("folder_in_use", "backup_busy" or "database_foreign"), Unreachable("storage" or "database").
    """
    node = opened_node(root)
    with written_aside(to, "backing-up") as aside:
        made = _write(node, aside, tell, at)
    _remember(node.settings.folder, made)
    return made


def _remember(folder: NodeFolder, made: Manifest) -> None:
    """Note in the node's folder that this backup is the newest; `relto node doctor` tells how old it is."""
    place = folder.root / LAST_BACKUP
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    with storage():
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical_bytes({"backup": made.backup, "at": instant_text(made.at)}))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(place)
        sync_folder(place.parent)


@contextmanager
def written_aside(to: Path, doing: str) -> Iterator[Path]:
    """A folder that becomes `to`, whole, when all went well, and else is cleared away.

    Raises Conflict("folder_in_use" or "backup_busy"), Unreachable("storage").
    """
    to = to.absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Conflict("folder_in_use", field="folder", found=to.name, expected="a folder that does not exist")
    aside = to.with_name(f".{to.name}.{doing}")
    with storage():
        aside.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(aside, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not lock(descriptor):
            raise Conflict("backup_busy", field="folder", found=to.name, expected="one backup or restore at a time")
        with storage():
            _empty(aside)
            try:
                yield aside
                if to.exists():
                    to.rmdir()
                aside.rename(to)
                sync_folder(to.parent)
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
    finally:
        os.close(descriptor)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _write(node: OpenedNode, aside: Path, tell: Callable[[int], None], at: Instant | None) -> Manifest:
    folder, house = node.settings.folder, node.house
    writing = _Writing(aside, house.new_id("bak"), tell)
    writing.begin()
    log = FolderLogFiles(folder.ledger)
    published = log.read(CHECKPOINT)  # before the database: what is published later is of entries that no copy has
    size, wanted = (_add_tables if node.settings.database else _add_database)(writing, node.settings)
    for path in _settled_files(folder):
        writing.add(path, _chunks(folder.root / path))
    if folder.door_private_key.exists():
        writing.add(SEALED_DOOR_KEY, [seal_value(folder.door_private_key.read_bytes(), DOOR_KEY.encode())])
    _add_log(writing, log, size, published)
    if node.settings.blobs.kind == "files":
        held = set(_add_blobs(writing, folder.root / _BLOBS))
    else:
        held = set(_list_blobs(writing, house.blobs, wanted))
    manifest = Manifest(
        backup=writing.backup,
        nation=house.nation,
        origin=house.ledger_origin,
        at=at or house.now(),
        size=size,
        files=writing.count,
        list_sha256=writing.digest.hexdigest(),
        missing=tuple(sorted(wanted - held)),
    )
    writing.finish(manifest.signed(house.node_key))
    return manifest


def _add_database(writing: _Writing, settings: NodeSettings) -> tuple[int, set[str]]:
    copy = writing.folder / "database"
    _copy_database(settings.folder.database, copy)
    found = _read_copy(copy)
    writing.add(DATABASE, _chunks(copy))
    copy.unlink()
    return found


def _add_tables(writing: _Writing, settings: NodeSettings) -> tuple[int, set[str]]:
    with snapshot(settings) as copy:
        for path, chunks in copy.files():
            writing.add(path, chunks)
        return copy.size, copy.payloads


def _copy_database(database: Path, copy: Path) -> None:
    """SQLite's online backup in one step: one state of the database, while others go on writing."""
    with closing(sqlite3.connect(database, timeout=60)) as source, closing(sqlite3.connect(copy)) as target:
        source.execute("PRAGMA query_only=ON")
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file; the node turns its log on again
        except sqlite3.OperationalError as error:  # a full disk
            raise OSError(str(error)) from error
    copy.chmod(0o600)


def _read_copy(copy: Path) -> tuple[int, set[str]]:
    """(size of the newest checkpoint, names of the payloads that the database speaks of)."""
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as database:
        size = database.execute("SELECT coalesce(max(size), 0) FROM store_checkpoint").fetchone()[0]
        tables = database.execute(
            "SELECT t.name FROM sqlite_master t, pragma_table_info(t.name) c"
            " WHERE t.type = 'table' AND t.name LIKE 'store\\_%' ESCAPE '\\' AND c.name = 'payload_blob'"
        ).fetchall()
        spoken = " UNION ".join(f'SELECT payload_blob FROM "{table}"' for (table,) in tables)  # noqa: S608  names of our own tables
        return int(size), {name for (name,) in database.execute(spoken) if name}


def _settled_files(folder: NodeFolder) -> Iterator[str]:
    """Settings, public records, certificates and sealed secrets, by their paths; never the master secret."""
    for place in (folder.settings_file, folder.party_file):
        if place.is_file():
            yield place.name
    for below, pattern in (("secrets", "*.sealed"), ("link", "*"), ("partners", "*"), ("tls", "*.crt")):
        for place in sorted((folder.root / below).glob(pattern)):
            if place.is_file() and not place.is_symlink() and not place.name.startswith("."):
                yield f"{below}/{place.name}"


def _add_log(writing: _Writing, files: FolderLogFiles, size: int, published: bytes | None) -> None:
    for tile in tiles_of_size(size):
        data = read_at_size(files.read, tile.level, tile.index, size)
        if data is not None:  # one that is lost here is lost in the backup; a re-check of the ledger names it
            writing.add(f"ledger/{tile.path}", [data])
    last = witness_path(size).rpartition("/")[2]
    for name in files.names("witness"):
        data = files.read(f"witness/{name}") if name <= last else None
        if data is not None:
            writing.add(f"ledger/witness/{name}", [data])
    if published is not None:
        writing.add(f"ledger/{CHECKPOINT}", [published])


def _add_blobs(writing: _Writing, blobs: Path) -> Iterator[str]:
    for folder in sorted(blobs.iterdir()) if blobs.is_dir() else ():
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            try:
                file = (folder / name).open("rb")
            except FileNotFoundError:
                continue  # it was removed meanwhile; when the copied database speaks of it, it is listed as missing
            with file:
                writing.add(f"{_BLOBS}/{folder.name}/{name}", iter(lambda file=file: file.read(CHUNK), b""))  # type: ignore[misc]
            yield name


def _list_blobs(writing: _Writing, blobs: BlobStore, wanted: Iterable[str]) -> list[str]:
    listed = list(verified_payloads(blobs, wanted))
    writing.add(STORED, (one.line.encode("ascii") for one in listed))
    return [one.path for one in listed]


def _chunks(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
