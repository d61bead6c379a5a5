"""What is of files alone: modes, disks that fail or fill, locks of crashed writers. The laws: test_blob_laws."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from relto.adapters.file_blobs import FileBlobs
from relto.adapters.log_files import FolderLogFiles
from relto.base.errors import MalformedInput, ReltoError, Unreachable
from relto.exchange.limits import ArrivalLimits

DATA = b"ciphertext" * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "store")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_files_are_readable_by_the_nodes_user_only(blobs: FileBlobs, tmp_path: Path) -> None:
    writer = blobs.create()
    writer.write(DATA)
    blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    assert {path.stat().st_mode & 0o077 for path in files(tmp_path)} == {0}
    writer.finish()
    assert {path.stat().st_mode & 0o077 for path in files(tmp_path)} == {0}


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


def test_a_reserve_of_the_disk_stays_free(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path, ArrivalLimits(reserve_percent=100, reserve_bytes=2**80))
    with pytest.raises(Unreachable, match="no_room"):
        blobs.append_partial(DIGEST, 0, iter([DATA]), len(DATA))
    assert files(tmp_path) == []
    assert ArrivalLimits().reserve(1000 * 1024**3) == 1024**3
    assert ArrivalLimits().reserve(100) == 5


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
