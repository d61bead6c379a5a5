"""Export the ledger as a tar stream that verifies offline, in the layout that `relto.ledger.verification` reads.

Promises: the stream is made file by file with flat memory; it holds the newest agreed checkpoint, or the newest one
when none is agreed yet, the tiles and entry bundles of exactly that size, and the cosigned checkpoints up to it. Same
ledger, same bytes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

from relto.base.errors import NotAvailable, NotVerified
from relto.ledger.tiles import read_at_size, tiles_of_size
from relto.ledger.verification import witness_path
from relto.ports.log_files import LogFiles
from relto.procedures.actors import Actor, Role
from relto.services.checkpoints import cosigned_note
from relto.services.house import House
from relto.store.queries.ledger import CheckpointFact, newest_agreed, newest_checkpoint

_BLOCK = tarfile.BLOCKSIZE
_MODE = 0o644


def export_chunks(_house: House, actor: Actor, files: LogFiles) -> Iterator[bytes]:
    """The tar stream (POSIX ustar). Inspectors only. Raises NotAvailable("ledger") while nothing is sequenced."""
    actor.require(Role.INSPECTOR)
    chosen = newest_agreed() or newest_checkpoint()
    if chosen is None:
        raise NotAvailable("ledger")
    return _stream(files, chosen, int(chosen.signed_at.timestamp()))


def _stream(files: LogFiles, chosen: CheckpointFact, at: int) -> Iterator[bytes]:
    yield from _member("checkpoint", cosigned_note(chosen), at)
    for tile in tiles_of_size(chosen.size):
        data = read_at_size(files.read, tile.level, tile.index, chosen.size)
        if data is None:
            raise NotVerified("tile.missing", field=tile.path, expected="the tile that the tree's size demands")
        yield from _member(tile.path, data, at)
    last = witness_path(chosen.size).rpartition("/")[2]
    for name in files.names("witness"):
        data = files.read(f"witness/{name}") if name <= last else None
        if data is not None:
            yield from _member(f"witness/{name}", data, at)
    yield bytes(2 * _BLOCK)


def _member(name: str, data: bytes, at: int) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size, header.mtime, header.mode = len(data), at, _MODE
    yield header.tobuf(tarfile.USTAR_FORMAT)
    yield data
    yield bytes(-len(data) % _BLOCK)
