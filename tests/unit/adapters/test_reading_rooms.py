"""Rooms as processes: they outlive the thread that began them, are believed in bounds alone, leave no place taken."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from relto.adapters.reading_room import rooms
from relto.adapters.reading_room.drawing import TALLEST, WIDTH, fitted, marked
from relto.adapters.reading_room.rooms import ChildRoom, ChildRooms
from relto.base.errors import MalformedInput, NotVerified, Unreachable
from relto.ports.reading_room import PageMarks, SealedDocument

SOURCES = str(Path(rooms.__file__).parents[3])
HOSTILE = """
import sys
sys.path.insert(0, {sources!r})
from relto.adapters.reading_room.wire import read_frame, write_frame
out, source = sys.stdout.buffer, sys.stdin.buffer
write_frame(out, {{"session_key": "a key"}})
for answer in {answers!r}:
    head, body = read_frame(source)
    write_frame(out, *answer)
read_frame(source)
"""
Says = Callable[..., ChildRoom]


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Says:
    """A room whose process a document took over: it says these frames, one to each question."""

    def made(*answers: tuple[object, ...]) -> ChildRoom:
        script = tmp_path / "taken_over.py"
        script.write_text(HOSTILE.format(sources=SOURCES, answers=answers))
        monkeypatch.setattr(rooms, "_CHILD", script)
        return ChildRooms(1).enter()

    return made


def sealed(asked: list[tuple[int, int]] | None = None) -> SealedDocument:
    def read_at(offset: int, size: int) -> bytes:
        if asked is not None:
            asked.append((offset, size))
        return bytes(size)

    return SealedDocument(b"{}", 100, read_at, {}, ".txt")


def test_a_room_outlives_the_thread_that_began_it_and_goes_when_nobody_asks() -> None:
    began: list[ChildRoom] = []
    keeper = ChildRooms(1, unused_seconds=600)
    thread = threading.Thread(target=lambda: began.append(keeper.enter()))
    thread.start()
    thread.join()
    with pytest.raises(MalformedInput, match="reading_room"):  # it lives, and has no document yet
        began[0].page(1, PageMarks("SECRET", "reader"))
    began[0].close()
    began[0].close()
    short = ChildRooms(1, unused_seconds=0).enter()
    assert short._process.wait(timeout=30) == 0
    with pytest.raises(Unreachable, match="reading_room"):
        short.words(1)
    short.close()


@pytest.mark.parametrize(
    "answer",
    [
        ({"pages": 1, "form": "the words of a secret"},),
        ({"pages": 10**12, "form": "pdf"},),
        ({"pages": "1", "form": "pdf"},),
        ({"form": "pdf"},),
        ({"need": [-100, 50]},),
        ({"need": [0, 10**12]},),
        ({"need": "all"},),
        ({"code": "malformed.The words of a secret"},),
    ],
)
def test_what_a_taken_over_room_says_is_believed_in_its_bounds_alone(says: Says, answer: tuple[object, ...]) -> None:
    room, asked = says(answer), list[tuple[int, int]]()
    with pytest.raises(Unreachable, match="reading_room") as refused:
        room.open(sealed(asked))
    assert "secret" not in str(refused.value.as_dict())
    assert asked == []
    room.close()


def test_its_errors_pages_and_words_carry_nothing_else(says: Says) -> None:
    told = {"code": "not_verified.segment", "expected": "the words of a secret", "details": {"reference": "dec_1"}}
    words = "He said \u202eterces\u2066\x07\x1b[31m\r\nक्‍ष".encode()
    asked: list[tuple[int, int]] = []
    room = says(({"need": [60, 90]},), ({"pages": 2, "form": "pdf"},), (told,), ({}, words), ({}, b"<html>"))
    assert room.open(sealed(asked)).pages == 2
    assert asked == [(60, 40)]  # and not what follows the payload
    with pytest.raises(NotVerified, match="segment") as refused:
        room.words(1)
    assert "secret" not in str(refused.value.as_dict())
    assert "dec_1" not in str(refused.value.as_dict())
    assert room.words(1) == "He said terces[31m\nक्‍ष"
    with pytest.raises(Unreachable, match="reading_room"):
        room.page(1, PageMarks("SECRET", "reader"))
    room.close()


def test_a_place_is_free_again_when_no_process_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keeper = ChildRooms(1)
    monkeypatch.setattr(rooms, "_CHILD", tmp_path / "missing.py")
    with pytest.raises(Unreachable, match="reading_room"):
        keeper.enter()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    for _ in range(2):
        with pytest.raises(Unreachable) as refused:
            keeper.enter()
        assert refused.value.reason == "reading_room"


def test_who_waits_for_a_slow_page_is_told_and_the_reading_goes_on(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "_A_MOMENT", 0.01)
    room = says(({}, b"words"))
    with room._lock, pytest.raises(Unreachable, match="reading_room_busy"):
        room.words(1)
    assert room.words(1) == "words"
    room.close()


def test_a_room_can_open_nothing_even_in_the_place_of_what_it_closes() -> None:
    script = f"""
import os, socket, sys
sys.path.insert(0, {SOURCES!r})
from relto.adapters.reading_room.child import take_limits
take_limits()
os.close(2)
for attempt in (socket.socket, lambda: os.open("/", os.O_RDONLY), os.pipe):
    try:
        attempt()
    except OSError:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True, timeout=60)
    assert done.stdout.split() == [b"refused"] * 3


@pytest.mark.parametrize(
    ("size", "shown"), [((1, 50_000), (1, TALLEST)), ((4000, 10), (WIDTH, 3)), ((30, 40), (30, 40))]
)
def test_a_picture_of_any_shape_has_bounds_and_room_for_its_whole_marking(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    page = fitted(Image.new("L", size))
    assert page.size == shown
    drawn = Image.open(io.BytesIO(marked(page, "SECRET//REL TO USA, IND//TRAINING", "reader")), formats=("PNG",))
    assert drawn.width == WIDTH
