"""What every blob store promises, whatever keeps the bytes: the same tests over files and over a real S3 server."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.s3_blobs import S3Blobs
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, TooLarge, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import BlobStore, StoredBlob
from tests.support.s3_server import S3Server, server_if_built

DATA = b"ciphertext" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()
LARGE = bytes(range(256)) * 4096 * 17  # 17 MiB: more than two parts of an S3 store


@dataclass
class Kept:
    """A blob store, another process's view of the same one, and all that it keeps."""

    open: Callable[[ArrivalLimits], BlobStore]
    left: Callable[[], list[str]]

    def store(self, limits: ArrivalLimits | None = None) -> BlobStore:
        return self.open(limits or ArrivalLimits())


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with server_if_built() as running:
        yield running


def in_files(folder: Path) -> Kept:
    return Kept(
        lambda limits: FileBlobs(folder, limits), lambda: [path.name for path in folder.rglob("*") if path.is_file()]
    )


def in_s3(server: S3Server) -> Kept:
    store = server.store(server.place(f"tests/{uuid4().hex}"))
    return Kept(lambda limits: S3Blobs(store, limits), lambda: [one.name for one in store.listed("").objects])


@pytest.fixture(params=["files", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    return in_files(tmp_path) if request.param == "files" else in_s3(request.getfixturevalue("server"))


@pytest.fixture
def blobs(kept: Kept) -> BlobStore:
    return kept.store()


def finish(blobs: BlobStore, sha256: str = DIGEST) -> StoredBlob:
    with blobs.arrival(sha256) as held:
        return held.finish()


def test_a_blob_is_visible_when_finished_and_gone_when_abandoned(blobs: BlobStore, kept: Kept) -> None:
    writer = blobs.create()
    writer.write(DATA[:10])
    abandoned = blobs.create()
    abandoned.write(memoryview(b"x"))
    abandoned.abandon()
    assert len(kept.left()) <= 1
    writer.write(DATA[10:])
    blob = writer.finish()
    assert (blob.size, blob.sha256) == (len(DATA), DIGEST)
    other = kept.store()
    with other.open(blob.name) as file:
        file.seek(5)
        assert file.read(5) == DATA[5:10]
        file.seek(-5, 2)
        assert (file.tell(), file.read(), file.read()) == (len(DATA) - 5, DATA[-5:], b"")
    assert b"".join(blobs.read_range(blob.name, 3, 4000)) == DATA[3:4003]
    assert list(blobs.read_range(blob.name, 3, 0)) == []
    writer.abandon()
    assert len(kept.left()) == 1, "finished: nothing is left to abandon"
    other.remove(blob.name)
    blobs.remove(blob.name)
    assert kept.left() == []
    with pytest.raises(NotAvailable):
        blobs.open(blob.name)
    with pytest.raises(NotAvailable):
        list(blobs.read_range("0" * 32, 0, 1))


def test_a_large_blob_is_read_in_any_piece(blobs: BlobStore, kept: Kept) -> None:
    writer, abandoned = blobs.create(), blobs.create()
    for begin in range(0, len(LARGE), 1_000_000):
        writer.write(LARGE[begin : begin + 1_000_000])
    abandoned.write(LARGE)
    abandoned.abandon()
    blob = writer.finish()
    assert (blob.size, blob.sha256) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    mebibyte = 1024 * 1024
    for offset, size in ((0, len(LARGE)), (mebibyte, mebibyte), (mebibyte - 1, 2), (len(LARGE) - 1, 1), (7, 3_000_000)):
        pieces = list(blobs.read_range(blob.name, offset, size))
        assert b"".join(pieces) == LARGE[offset : offset + size]
        assert max(map(len, pieces)) <= mebibyte
    with blobs.open(blob.name) as file:
        file.seek(2 * mebibyte - 3)
        assert file.read(6) == LARGE[2 * mebibyte - 3 : 2 * mebibyte + 3]
    assert kept.left() == [blob.name] or kept.left() == [f"blobs/{blob.name}"]


def test_an_empty_blob_is_one_too(blobs: BlobStore) -> None:
    blob = blobs.create().finish()
    assert (blob.size, blob.sha256) == (0, hashlib.sha256().hexdigest())
    with blobs.open(blob.name) as file:
        assert file.read() == b""


@pytest.mark.parametrize("name", ["", "..", "../x", "a" * 31, "/etc/passwd", "sha256-" + "g" * 64, "A" * 32])
def test_no_name_leads_out_of_the_store(blobs: BlobStore, name: str) -> None:
    with pytest.raises(NotAvailable):
        blobs.open(name)
    with pytest.raises(NotAvailable):
        list(blobs.read_range(name, 0, 1))
    with pytest.raises(NotAvailable):
        blobs.remove(name)
    with pytest.raises(MalformedInput):
        blobs.partial_size(name)
    with pytest.raises(MalformedInput):
        blobs.append_partial(name, 0, iter([b"x"]), 1)


def test_a_range_beyond_the_end_is_an_error_not_a_short_answer(blobs: BlobStore) -> None:
    writer = blobs.create()
    writer.write(b"short")
    blob = writer.finish()
    with pytest.raises(NotVerified):
        list(blobs.read_range(blob.name, 0, 6))


def test_an_arrival_goes_on_exactly_where_it_stopped(blobs: BlobStore, kept: Kept) -> None:
    def broken() -> Iterator[bytes]:
        yield DATA[:300]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.append_partial(DIGEST, 0, broken(), len(DATA))
    other = kept.store()
    assert other.partial_size(DIGEST) == 300
    for offset in (0, 299, 301):
        with pytest.raises(Conflict, match="payload_offset"):
            other.append_partial(DIGEST, offset, iter([b"x"]), len(DATA))
    assert other.append_partial(DIGEST, 300, iter([DATA[300:]]), len(DATA)) == len(DATA)
    first = finish(blobs)
    again = finish(other)
    assert (again.name, again.size) == (first.name, first.size), "after a crash the same blob again"
    assert (first.crc32, again.crc32) == (zlib.crc32(DATA), None), "counted while the bytes were verified"
    assert blobs.partial_size(DIGEST) == len(DATA), "already held: nothing to send"
    with pytest.raises(Conflict, match="payload_complete"):
        blobs.append_partial(DIGEST, len(DATA), iter([b"x"]), len(DATA) + 1)


def test_a_large_arrival_comes_in_pieces_of_every_size(blobs: BlobStore, kept: Kept) -> None:
    digest, held = hashlib.sha256(LARGE).hexdigest(), 0
    for size in (1, 5_000_000, 8 * 1024 * 1024, 3, len(LARGE)):
        piece = LARGE[held : held + size]
        held = blobs.append_partial(digest, held, iter([piece[:1000], piece[1000:]]), len(LARGE))
        assert kept.store().partial_size(digest) == held
    blob = finish(blobs, digest)
    assert b"".join(blobs.read_range(blob.name, 0, blob.size)) == LARGE
    with blobs.arrival(digest) as arrival:
        arrival.claim()
    assert len(kept.left()) == 1


def test_an_arrival_with_another_digest_is_thrown_away_whole(blobs: BlobStore, kept: Kept) -> None:
    with pytest.raises(NotAvailable):
        finish(blobs)
    blobs.append_partial(DIGEST, 0, iter([b"other"]), 100)
    with pytest.raises(NotVerified, match="payload_digest"):
        finish(blobs)
    assert kept.left() == []


def test_more_than_announced_is_refused_and_leaves_the_arrival_as_it_was(blobs: BlobStore) -> None:
    blobs.append_partial(DIGEST, 0, iter([b"12345"]), 10)
    with pytest.raises(TooLarge):
        blobs.append_partial(DIGEST, 5, iter([b"678", b"9abc"]), 10)
    assert blobs.partial_size(DIGEST) == 5
    with pytest.raises(TooLarge):
        blobs.append_partial(DIGEST, 5, iter([LARGE, b"x"]), len(LARGE) + 5)
    assert blobs.partial_size(DIGEST) == 5
    digest = hashlib.sha256(b"12345678").hexdigest()
    blobs.append_partial(digest, 0, iter([b"1234"]), 8)
    with pytest.raises(TooLarge):
        blobs.append_partial(digest, 4, iter([b"x" * 9]), 8)
    blobs.append_partial(digest, 4, iter([b"5678"]), 8)
    assert finish(blobs, digest).size == 8


def test_one_sender_at_a_time(blobs: BlobStore, kept: Kept) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield DATA[:10]
        inside.set()
        go_on.wait(5)
        yield DATA[10:]

    sender = threading.Thread(target=blobs.append_partial, args=(DIGEST, 0, slow(), len(DATA)))
    sender.start()
    inside.wait(5)
    for store in (blobs, kept.store()):
        with pytest.raises(Conflict, match="payload_busy"):
            store.append_partial(DIGEST, 10, iter([b"x"]), len(DATA))
        with pytest.raises(Conflict, match="payload_busy"):
            finish(store)
    go_on.set()
    sender.join(5)
    with kept.store().arrival(DIGEST) as held:
        with pytest.raises(Conflict, match="payload_busy"):
            finish(blobs)
        assert held.finish().size == len(DATA)


def digest_of(number: int) -> str:
    return hashlib.sha256(bytes([number])).hexdigest()


def test_unclaimed_arrivals_are_bounded_in_number_and_in_bytes(kept: Kept) -> None:
    blobs = kept.store(ArrivalLimits(most_arrivals=2, most_bytes=100))
    blobs.append_partial(digest_of(1), 0, iter([b"x" * 30]), 40)
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(digest_of(2), 0, iter([b"x"]), 71)
    blobs.append_partial(digest_of(2), 0, iter([b"x" * 50]), 70)
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(digest_of(3), 0, iter([b"x"]), 1)
    assert blobs.append_partial(digest_of(1), 30, iter([b"x" * 10]), 40) == 40, "what began may go on"
    assert len(kept.left()) == 2
    with blobs.arrival(digest_of(2)) as held:
        held.remove()
    assert [(one.sha256, one.size) for one in blobs.unclaimed()] == [(digest_of(1), 40)]
    blobs.append_partial(digest_of(3), 0, iter([b"x"]), 1)


def test_what_is_on_its_way_counts_as_it_was_announced(kept: Kept) -> None:
    blobs = kept.store(ArrivalLimits(most_bytes=100))

    def meanwhile() -> Iterator[bytes]:
        yield b"x"
        with pytest.raises(Unreachable, match="no_room"):
            blobs.append_partial(digest_of(2), 0, iter([b"x"]), 50)

    blobs.append_partial(digest_of(1), 0, meanwhile(), 60)
    blobs.append_partial(digest_of(2), 0, iter([b"x"]), 50)


def test_a_refused_first_byte_leaves_nothing(blobs: BlobStore, kept: Kept) -> None:
    with pytest.raises(Conflict, match="payload_offset"):
        blobs.append_partial(DIGEST, 7, iter([b"x"]), 10)
    assert blobs.append_partial(DIGEST, 0, iter([]), 10) == 0
    assert kept.left() == []
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    finish(blobs)
    with blobs.arrival(DIGEST) as held:
        held.claim()
    with pytest.raises(Conflict, match="payload_complete"):
        blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    assert len(kept.left()) == 1


def test_what_was_claimed_is_not_removed_as_an_arrival(blobs: BlobStore, kept: Kept) -> None:
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    blob = finish(blobs)
    assert [(one.sha256, one.size) for one in blobs.unclaimed()] == [(DIGEST, len(DATA))], "whole, yet unclaimed"
    with blobs.arrival(DIGEST) as held:
        held.claim()
    assert blobs.unclaimed() == []
    with blobs.arrival(DIGEST) as held:
        held.remove()
        assert held.finish().name == blob.name
    assert len(kept.left()) == 1


def test_what_nobody_claimed_is_removed_blob_and_all(blobs: BlobStore, kept: Kept) -> None:
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    blob = finish(blobs)
    with blobs.arrival(DIGEST) as held:
        held.remove()
    assert (kept.left(), blobs.unclaimed(), blobs.partial_size(DIGEST)) == ([], [], 0)
    with pytest.raises(NotAvailable):
        blobs.open(blob.name)


def any_cutting(blobs: BlobStore, data: bytes, cuts: list[int]) -> None:
    digest = hashlib.sha256(data).hexdigest()
    for cut in sorted(cuts):
        held = blobs.partial_size(digest)
        if held < min(cut, len(data)):
            blobs.append_partial(digest, held, iter([data[held:cut]]), len(data))
    held = blobs.partial_size(digest)
    if held < len(data):
        blobs.append_partial(digest, held, iter([data[held:]]), len(data))
    blob = finish(blobs, digest)
    assert b"".join(blobs.read_range(blob.name, 0, blob.size)) == data


CUTS = {"data": st.binary(min_size=1, max_size=500), "cuts": st.lists(st.integers(0, 500), max_size=6)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**CUTS)
def test_any_way_of_cutting_gives_the_same_blob(tmp_path: Path, data: bytes, cuts: list[int]) -> None:
    any_cutting(FileBlobs(tmp_path / "store"), data, cuts)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**CUTS)
def test_any_way_of_cutting_gives_the_same_blob_in_s3(server: S3Server, data: bytes, cuts: list[int]) -> None:
    any_cutting(in_s3(server).store(), data, cuts)
