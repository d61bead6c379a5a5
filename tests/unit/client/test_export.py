"""Unpacking a ledger export: all of it into a fresh folder, or nothing; traps are refused."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.base.errors import Conflict, MalformedInput, Refused, TooLarge
from relto.client.ledger import unpack_export


def unpack(chunks: Iterator[bytes], target: Path) -> None:
    for _piece in unpack_export(chunks, target):
        pass


def archive(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, link, len(content)
            made.addfile(member, io.BytesIO(content))
    return out.getvalue()


def in_pieces(data: bytes, size: int = 700) -> Iterator[bytes]:
    yield from (data[at : at + size] for at in range(0, len(data), size))


EXPORT = archive(("checkpoint", b"c" * 3000), ("tile/0/000", b"t" * 8192), ("witness/7.checkpoint", b"w"))


@pytest.mark.parametrize("there", [True, False])
def test_an_export_is_unpacked_whole(tmp_path: Path, *, there: bool) -> None:
    target = tmp_path / "exported"
    if there:
        target.mkdir()
    unpack(in_pieces(EXPORT), target)
    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert found == {"checkpoint", "tile/0/000", "witness/7.checkpoint"}
    assert (target / "tile" / "0" / "000").read_bytes() == b"t" * 8192
    assert [path.name for path in tmp_path.iterdir()] == ["exported"]


@pytest.mark.parametrize(
    "data",
    [
        archive(("checkpoint", b"c"), ("../outside", b"x")),
        archive(("checkpoint", b"c"), ("tile/../../outside", b"x")),
        archive(("/outside", b"x")),
        archive(("checkpoint", b"c"), ("notes.txt", b"x")),
        archive(("/".join(["tile", *"abcdefghijkl"]), b"x")),
        archive(("checkpoint", b""), kind=tarfile.SYMTYPE, link="/outside"),
        archive(("tile/0", b""), kind=tarfile.LNKTYPE, link="checkpoint"),
        archive(("checkpoint", b""), kind=tarfile.FIFOTYPE),
        archive(("checkpoint", b""), kind=tarfile.CHRTYPE),
        EXPORT[:-9000],
        b"no archive" * 100,
    ],
    ids=["up", "up inside", "absolute", "name", "deep", "symlink", "hard link", "fifo", "device", "short", "no tar"],
)
def test_a_trap_leaves_nothing_behind(tmp_path: Path, data: bytes) -> None:
    target = tmp_path / "inner" / "exported"
    target.parent.mkdir()
    with pytest.raises(MalformedInput) as said:
        unpack(in_pieces(data), target)
    assert said.value.field == "export"
    assert list(tmp_path.rglob("*")) == [target.parent]


def test_a_huge_member_is_refused_before_it_is_read(tmp_path: Path) -> None:
    member = tarfile.TarInfo("checkpoint")
    member.size = 1 << 40
    with pytest.raises(TooLarge):
        unpack(in_pieces(member.tobuf()), tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput):
        unpack(in_pieces(archive(("checkpoint", b"1"), ("checkpoint", b"2"))), tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_refuses_leaves_no_folder(tmp_path: Path) -> None:
    def refused() -> Iterator[bytes]:
        yield from ()
        raise Refused("role", field="role", expected="inspector")

    with pytest.raises(Refused):
        unpack(refused(), tmp_path / "exported")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_and_a_file_are_not_touched(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"mine")
    for target in (tmp_path, kept):
        with pytest.raises(Conflict):
            unpack(in_pieces(EXPORT), target)
    assert kept.read_bytes() == b"mine"
