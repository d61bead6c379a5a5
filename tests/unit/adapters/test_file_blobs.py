"""Ciphertext is whole and durable or not there; an arrival goes on where it stopped; no name leads out."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, ReltoError, TooLarge, Unreachable
from relto.exchange.limits import ArrivalLimits
from relto.ports.surroundings import StoredBlob

DATA = b"ciphertext" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "store")


def finish(blobs: FileBlobs, sha256: str = DIGEST) -> StoredBlob:
    with blobs.arrival(sha256) as held:
        return held.finish()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_visible_when_finished_and_gone_when_abandoned(blobs: FileBlobs, tmp_path: Path) -> None:
    writer = blobs.create()
    writer.write(DATA[:10])
    abandoned = blobs.create()
    abandoned.write(b"x")
    abandoned.abandon()
    assert len(files(tmp_path)) == 1
    writer.write(DATA[10:])
    blob = writer.finish()
    assert (blob.size, blob.sha256) == (len(DATA), DIGEST)
    with blobs.open(blob.name) as file:
        file.seek(5)
        assert file.read(5) == DATA[5:10]
    assert b"".join(blobs.read_range(blob.name, 3, 4000)) == DATA[3:4003]
    assert {path.stat().st_mode & 0o077 for path in files(tmp_path)} == {0}, "readable by the node's user only"
    writer.abandon()
    blobs.remove(blob.name)
    blobs.remove(blob.name)
    with pytest.raises(NotAvailable):
        blobs.open(blob.name)


@pytest.mark.parametrize("name", ["", "..", "../x", "a" * 31, "/etc/passwd", "sha256-" + "g" * 64, "A" * 32])
def test_no_name_leads_out_of_the_folder(blobs: FileBlobs, name: str) -> None:
    with pytest.raises(NotAvailable):
        blobs.open(name)
    with pytest.raises(MalformedInput):
        blobs.partial_size(name)


def test_a_range_beyond_the_end_is_an_error_not_a_short_answer(blobs: FileBlobs) -> None:
    writer = blobs.create()
    writer.write(b"short")
    blob = writer.finish()
    with pytest.raises(NotVerified):
        list(blobs.read_range(blob.name, 0, 6))


def test_an_arrival_goes_on_exactly_where_it_stopped(blobs: FileBlobs) -> None:
    def broken() -> Iterator[bytes]:
        yield DATA[:300]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.append_partial(DIGEST, 0, broken(), len(DATA))
    assert blobs.partial_size(DIGEST) == 300
    for offset in (0, 299, 301):
        with pytest.raises(Conflict, match="payload_offset"):
            blobs.append_partial(DIGEST, offset, iter([b"x"]), len(DATA))
    assert blobs.append_partial(DIGEST, 300, iter([DATA[300:]]), len(DATA)) == len(DATA)
    first = finish(blobs)
    again = finish(blobs)
    assert (again.name, again.size) == (first.name, first.size), "after a crash the same blob again"
    assert (first.crc32, again.crc32) == (zlib.crc32(DATA), None), "counted while the bytes were verified"
    assert blobs.partial_size(DIGEST) == len(DATA), "already held: nothing to send"
    with pytest.raises(Conflict, match="payload_complete"):
        blobs.append_partial(DIGEST, len(DATA), iter([b"x"]), len(DATA) + 1)


def test_an_arrival_with_another_digest_is_thrown_away_whole(blobs: FileBlobs, tmp_path: Path) -> None:
    with pytest.raises(NotAvailable):
        finish(blobs)
    blobs.append_partial(DIGEST, 0, iter([b"other"]), 100)
    with pytest.raises(NotVerified, match="payload_digest"):
        finish(blobs)
    assert files(tmp_path) == []


def test_more_than_announced_is_refused_and_leaves_the_arrival_as_it_was(blobs: FileBlobs) -> None:
    blobs.append_partial(DIGEST, 0, iter([b"12345"]), 10)
    with pytest.raises(TooLarge):
        blobs.append_partial(DIGEST, 5, iter([b"678", b"9abc"]), 10)
    assert blobs.partial_size(DIGEST) == 5


def test_one_sender_at_a_time(blobs: FileBlobs) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield DATA[:10]
        inside.set()
        go_on.wait(5)
        yield DATA[10:]

    sender = threading.Thread(target=blobs.append_partial, args=(DIGEST, 0, slow(), len(DATA)))
    sender.start()
    inside.wait(5)
    with pytest.raises(Conflict, match="payload_busy"):
        blobs.append_partial(DIGEST, 10, iter([b"x"]), len(DATA))
    with pytest.raises(Conflict, match="payload_busy"):
        finish(blobs)
    go_on.set()
    sender.join(5)
    assert finish(blobs).size == len(DATA)


def test_a_full_disk_is_said_and_nothing_half_written_becomes_visible(
    blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    writer = blobs.create()
    writer.write(DATA)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(Unreachable):
            writer.finish()
        with pytest.raises(Unreachable):
            blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    writer.abandon()


def test_what_a_crashed_writer_left_is_removed_and_what_is_being_written_stays(blobs: FileBlobs) -> None:
    alive = blobs.create()
    alive.write(b"still writing")
    left = [blobs._aside / (digit * 32) for digit in "01"]
    for path in left:
        path.write_bytes(b"left by a crash")
    for path in [*blobs._aside.iterdir()]:
        if path != left[1]:
            os.utime(path, (0, 0))
    assert blobs.remove_abandoned() == 1
    assert left[1].exists(), "made just now: its writer may be about to lock it"
    assert alive.finish().size == 13


def digest_of(number: int) -> str:
    return hashlib.sha256(bytes([number])).hexdigest()


def test_unclaimed_arrivals_are_bounded_in_number_and_in_bytes(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, ArrivalLimits(most_arrivals=2, most_bytes=100))
    blobs.append_partial(digest_of(1), 0, iter([b"x" * 30]), 40)
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(digest_of(2), 0, iter([b"x"]), 71)
    blobs.append_partial(digest_of(2), 0, iter([b"x" * 50]), 70)
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(digest_of(3), 0, iter([b"x"]), 1)
    assert blobs.append_partial(digest_of(1), 30, iter([b"x" * 10]), 40) == 40, "what began may go on"
    assert len(files(tmp_path)) == 2
    with blobs.arrival(digest_of(2)) as held:
        held.remove()
    assert [one.sha256 for one in blobs.unclaimed()] == [digest_of(1)]
    blobs.append_partial(digest_of(3), 0, iter([b"x"]), 1)


def test_what_is_on_its_way_counts_as_it_was_announced(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, ArrivalLimits(most_bytes=100))

    def meanwhile() -> Iterator[bytes]:
        yield b"x"
        with pytest.raises(Unreachable, match="no_room"):
            blobs.append_partial(digest_of(2), 0, iter([b"x"]), 50)

    blobs.append_partial(digest_of(1), 0, meanwhile(), 60)
    blobs.append_partial(digest_of(2), 0, iter([b"x"]), 50)


def test_a_reserve_of_the_disk_stays_free(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, ArrivalLimits(reserve_percent=100, reserve_bytes=2**80))
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    assert files(tmp_path) == []
    assert ArrivalLimits().reserve(1000 * 1024**3) == 1024**3
    assert ArrivalLimits().reserve(100) == 5


def test_a_refused_first_byte_leaves_no_file(blobs: FileBlobs, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="payload_offset"):
        blobs.append_partial(DIGEST, 7, iter([b"x"]), 10)
    assert blobs.append_partial(DIGEST, 0, iter([]), 10) == 0
    assert files(tmp_path) == []
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    finish(blobs)
    with blobs.arrival(DIGEST) as held:
        held.claim()
    with pytest.raises(Conflict, match="payload_complete"):
        blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    assert len(files(tmp_path)) == 1


def test_what_was_claimed_is_not_removed_as_an_arrival(blobs: FileBlobs, tmp_path: Path) -> None:
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    blob = finish(blobs)
    assert [one.sha256 for one in blobs.unclaimed()] == [DIGEST], "whole, but nothing refers to it yet"
    with blobs.arrival(DIGEST) as held:
        held.claim()
    assert blobs.unclaimed() == []
    with blobs.arrival(DIGEST) as held:
        held.remove()
        assert held.finish().name == blob.name
    assert len(files(tmp_path)) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=500), cuts=st.lists(st.integers(0, 500), max_size=6))
def test_any_way_of_cutting_gives_the_same_blob(tmp_path: Path, data: bytes, cuts: list[int]) -> None:
    blobs = FileBlobs(tmp_path / "store")
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


def test_log_files_are_replaced_whole_and_stay_in_their_folder(tmp_path: Path) -> None:
    log = FolderLogFiles(tmp_path / "log")
    log.write({"checkpoint": b"one", "tile/0/x001/234.p/7": b"tile", "tile/entries/000": b"entries"})
    log.write({"checkpoint": b"two"})
    assert log.read("checkpoint") == b"two"
    assert log.read("tile/0/000") is None
    assert log.names("witness") == []
    log.remove_folder("tile/0/x001/234.p")
    assert log.read("tile/0/x001/234.p/7") is None
    for path in ("../outside", "tile/0/../../x", "/etc/passwd", "checkpoint/../x", "witness/1.checkpoint"):
        with pytest.raises(MalformedInput):
            log.write({path: b""})
    with pytest.raises(MalformedInput):
        log.remove_folder("tile/0")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_log_folder_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = FolderLogFiles(tmp_path / "log")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReltoError) as refusal:
        log.write({"checkpoint": b"x"})
    assert refusal.value.full_code == "unreachable.storage"
    assert log.read("checkpoint") is None
