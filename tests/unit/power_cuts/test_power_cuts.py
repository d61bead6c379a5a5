"""Power cuts at any call, disks that fail, ways that lose and change: nothing acknowledged is lost, nobody cries wolf.

Some lives by fixed seeds; ten thousand faults and more are part of `make accept`
(`python -m tests.support.power_cuts`). A seed that failed anywhere is lived again with `--seed SEED --faults 1`.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from relto.adapters.file_blobs import FileBlobs
from relto.base.errors import Unreachable
from relto.node.django_shell import _SQLITE
from tests.support.power_cuts.disk import RecordedDisk, recorded
from tests.support.power_cuts.faults import Fault
from tests.support.power_cuts.life import lived

pytestmark = pytest.mark.django_db
STEPS = 35


@pytest.fixture(autouse=True)
def recording() -> Iterator[None]:
    with recorded():
        yield


@pytest.mark.parametrize("seed", [20261123, 20261124])
def test_nothing_acknowledged_is_lost_doubled_or_reordered(tmp_path: Path, seed: int) -> None:
    counted, broken, _ = lived(tmp_path / "life", seed, steps=STEPS)
    assert broken == [], f"seed {seed}"
    assert counted.total >= 25
    assert counted.hits[Fault.POWER_CUT] + counted.hits[Fault.POWER_CUT_AT_COMMIT] > 2


def test_nobody_cries_wolf_when_nothing_goes_wrong(tmp_path: Path) -> None:
    counted, broken, _ = lived(tmp_path / "life", 20261123, steps=STEPS, faulty=False)
    assert (counted.total, broken) == (0, [])


def test_a_database_that_does_not_wait_for_the_disk_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaker = str(_SQLITE["init_command"]).replace("synchronous=FULL", "synchronous=NORMAL")
    monkeypatch.setitem(_SQLITE, "init_command", weaker)
    found = (lived(tmp_path / "life", seed, steps=STEPS)[1] for seed in range(1, 12))
    assert any(found)


def test_files_that_nobody_asked_to_be_durable_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordedDisk, "synced", lambda *_: None)
    found = (lived(tmp_path / "life", seed, steps=STEPS)[1] for seed in range(1, 12))
    assert any(found)


def _sent(blobs: FileBlobs, content: bytes) -> str:
    """What a partner sends, until it is a blob; whatever failed is tried again."""
    sha256 = hashlib.sha256(content).hexdigest()
    while True:
        try:
            held = blobs.partial_size(sha256)
            if held < len(content):
                part = content[held : held + 2000]
                blobs.append_partial(sha256, held, iter([part]), len(content))
                continue
            with blobs.arrival(sha256) as arrival:
                return arrival.finish().name
        except Unreachable:
            continue


def test_bytes_that_the_disk_failed_to_take_arrive_again(tmp_path: Path) -> None:
    """A later fsync that succeeds does not write what an earlier one failed to write."""
    chance = Random(7)  # noqa: S311  reproducible
    content = chance.randbytes(9000)
    for fails in range(14):
        root = tmp_path / str(fails)
        disk = RecordedDisk(root)
        left = [fails]

        def failing(left: list[int] = left) -> int:
            left[0] -= 1
            return errno.EIO if left[0] == -1 else 0

        disk.fails = failing
        while True:
            try:
                blobs = FileBlobs(root / "blobs")
                break
            except Unreachable:
                continue
        name = _sent(blobs, content)
        for number in range(6):
            after = tmp_path / f"{fails}-{number}"
            disk.image(after, Random(number))  # noqa: S311  reproducible
            assert (after / "blobs" / "blobs" / name[-2:] / name).read_bytes() == content
        disk.close()


def test_a_process_that_was_killed_before_a_name_was_durable_makes_it_durable_when_it_comes_again(
    tmp_path: Path,
) -> None:
    disk = RecordedDisk(tmp_path / "disk")
    content = b"ciphertext" * 100
    blobs = FileBlobs(disk.root / "blobs")
    disk.fails = lambda: errno.EIO if disk_is_linked() else 0

    def disk_is_linked() -> bool:
        return any(place.name.startswith("sha256-") for place in (disk.root / "blobs" / "blobs").rglob("*"))

    sha256 = hashlib.sha256(content).hexdigest()
    blobs.append_partial(sha256, 0, iter([content]), len(content))
    with blobs.arrival(sha256) as arrival, pytest.raises(Unreachable):
        arrival.finish()
    disk.image(tmp_path / "killed", None)
    again = RecordedDisk(tmp_path / "killed", disk)
    with FileBlobs(again.root / "blobs").arrival(sha256) as arrival:
        name = arrival.finish().name
    for number in range(8):
        again.image(tmp_path / str(number), Random(number))  # noqa: S311  reproducible
        held = tmp_path / str(number) / "blobs" / "blobs" / name[-2:] / name
        assert held.read_bytes() == content
    for one in (disk, again):
        one.close()
