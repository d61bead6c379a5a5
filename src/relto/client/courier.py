"""Courier bundles as files on this machine: one tar, or a folder with the same files.

Rules enforced: a folder holds the manifest and the manifest's files, regular ones and nothing else; a link, a device, a
folder, a name that differs in case or is not in the manifest refuses it before anything is sent. Whether it is true is
checked by the node, which reads the same stream from both. A bundle that did not come whole is never left.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

from relto.base.errors import MalformedInput
from relto.client.answers.courier import CourierBundle
from relto.client.answers.reading import read_answer
from relto.client.calls.agreement import OCTETS
from relto.client.files import beside, nearest_folder, reading, writing
from relto.client.ledger import require_free
from relto.client.session import Session, part, read_reply
from relto.client.steps import Download, Reply, Request, Steps, Tell, Upload, Watch, Work
from relto.exchange.courier import MANIFEST, Manifest, stated_manifest
from relto.exchange.courier_file import END, CourierReader, member, stream_size
from relto.ledger.notes import LARGEST_NOTE_BYTES

ONE_FILE = ".tar"
_PIECE = 1 << 20


def export_courier_bundle(
    _session: Session, partner: str, number: int, target: Path, progress: Tell | None = None
) -> Steps[Path]:
    """Write a bundle that was made for `partner` to a file (a name that ends in .tar) or a new folder (phase export).

    The same bytes each time. Raises NotAvailable, Conflict for a folder in use, MalformedInput.
    """
    request = Request("GET", f"/courier/{part(partner)}/bundles/{number}/file")
    watch = Watch(progress, "export")
    with writing(target, "output"):
        if target.suffix == ONE_FILE:
            with beside(target) as out:
                yield from _fetch(request, out, watch)
            return target
        require_free(target)
        with tempfile.TemporaryFile(prefix=".relto-", dir=nearest_folder(target)) as held:
            yield from _fetch(request, held, watch)
            held.seek(0)
            yield Work(_unpack(held, target))
    return target


def _fetch(request: Request, out: BinaryIO, watch: Watch) -> Steps[None]:
    reply: Reply = yield Download(request, out.write, watch)
    if reply.is_error:
        read_reply(reply)
    _to_medium(out)


def _to_medium(out: BinaryIO) -> None:
    """On the medium, not in a buffer: it is taken out next."""
    out.flush()
    os.fsync(out.fileno())


def _unpack(source: BinaryIO, target: Path) -> Generator[None, None, None]:
    reader = CourierReader(iter(lambda: source.read(_PIECE), b""))
    note = reader.manifest()
    with tempfile.TemporaryDirectory(prefix=".relto-", dir=nearest_folder(target)) as folder:
        fresh = Path(folder) / "bundle"
        fresh.mkdir()
        with (fresh / MANIFEST).open("xb") as out:
            out.write(note)
            _to_medium(out)
        for file in stated_manifest(note).files:
            with (fresh / file.name).open("xb") as out:
                for piece in reader.file(file):
                    out.write(piece)
                    yield
                _to_medium(out)
        reader.end()
        if target.exists():
            target.rmdir()
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(target)


def import_courier_bundle(_session: Session, source: Path, progress: Tell | None = None) -> Steps[CourierBundle]:
    """Read a bundle in, from a file or a folder (phase upload); the worker takes it when its turn has come.

    Raises MalformedInput for a folder that is no bundle, and what the node raises for one that does not hold.
    """
    if source.is_dir():
        note, manifest = _listed(source)
        size = stream_size(len(note), (file.size for file in manifest.files))
        return (yield from _send(_folder_stream(source, note, manifest), size, progress))
    with reading(source, "source") as opened:
        size = os.fstat(opened.fileno()).st_size
        return (yield from _send(_bounded(opened, size), size, progress))


def _send(pieces: Iterator[bytes], size: int, progress: Tell | None) -> Steps[CourierBundle]:
    watch = Watch(progress, "upload", size)

    def counted() -> Iterator[bytes]:
        done = 0
        for piece in pieces:
            yield piece
            done += len(piece)
            watch.at(done)

    headers = {**OCTETS, "Content-Length": str(size)}
    reply: Reply = yield Upload(Request("POST", "/courier/arrivals", headers=headers), counted(), watch)
    return read_answer(CourierBundle, read_reply(reply))


def _listed(folder: Path) -> tuple[bytes, Manifest]:
    """The manifest of a folder that holds exactly its files. Nothing is followed."""
    with reading(folder / MANIFEST, "source") as opened:
        note = opened.read(LARGEST_NOTE_BYTES + 1)
    manifest = stated_manifest(note)
    sizes = {MANIFEST: len(note)} | {file.name: file.size for file in manifest.files}
    found: set[str] = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode) or sizes.get(entry.name) != status.st_size:
                raise MalformedInput("courier.folder", field="source", expected="the manifest and exactly its files")
            found.add(entry.name)
    if found != set(sizes):
        raise MalformedInput("courier.folder", field="source", expected="the manifest and exactly its files")
    return note, manifest


def _folder_stream(folder: Path, note: bytes, manifest: Manifest) -> Iterator[bytes]:
    yield from member(MANIFEST, len(note), [note])
    for file in manifest.files:
        descriptor = os.open(folder / file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            yield from member(file.name, file.size, _bounded(opened, file.size))
    yield END


def _bounded(source: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left and (piece := source.read(min(_PIECE, left))):
        left -= len(piece)
        yield piece
