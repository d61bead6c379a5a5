"""The opened document goes into a file of our own, never through one that somebody put there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from relto.client.opening import write_whole
from relto.client.steps import Watch


class Opened:
    def __init__(self, *pieces: bytes, fails: bool = False) -> None:
        self.pieces, self.fails = pieces, fails

    def views(self) -> Iterator[memoryview]:
        yield from (memoryview(piece) for piece in self.pieces)
        if self.fails:
            raise OSError


def write(opened: Opened, target: Path) -> None:
    for _piece in write_whole(cast("Any", opened), target, Watch(None, "open")):
        pass


def test_links_in_the_way_are_replaced_and_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = tmp_path / "out.pdf"
    target.symlink_to(victim)
    (tmp_path / ".out.pdf.part").symlink_to(victim)
    write(Opened(b"plain", b"text"), target)
    assert victim.read_text() == "precious"
    assert not target.is_symlink()
    assert target.read_bytes() == b"plaintext"
    assert target.stat().st_mode & 0o077 == 0


def test_nothing_is_left_of_a_document_that_did_not_come_whole(tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011  which one is not the point
        write(Opened(b"half", fails=True), tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []
