"""Rooms as child processes of the portal: started, spoken to in time, ended; never more than a few at once.

A hostile document may have taken over the process that reads it. So what a room says is believed in its bounds alone:
a number of pages, one of three forms, a PNG, plain words, an error of ours by its code; and it is given no more than
the sealed payload of its own document.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from relto.adapters.reading_room.wire import MAX_BODY, BrokenWireError, read_frame, write_frame
from relto.base.errors import MalformedInput, NotVerified, ReltoError, Unreachable
from relto.ports.reading_room import PageMarks, SealedDocument, Shown

_CHILD: Final = Path(__file__).with_name("child.py")
_OPEN_SECONDS: Final = 60.0
_PAGE_SECONDS: Final = 30.0
_START_SECONDS: Final = 20.0
_A_MOMENT: Final = 2.0
_FORMS: Final = frozenset({"pdf", "picture", "laid_out"})
_MOST_PAGES: Final = 10_000_000
_LONGEST_WORDS: Final = 64 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_REASON: Final = re.compile(r"[a-z_]{1,30}(\.[a-z_]{1,30})?")
_UNSHOWN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""Control characters, and those that turn the direction of what follows."""


def _started(unused_seconds: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  this interpreter and our own file
        [sys.executable, "-I", "-B", str(_CHILD), str(unused_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    )


class ChildRoom:
    """One process; one question at a time."""

    def __init__(self, process: subprocess.Popen[bytes], left: Callable[[], None]) -> None:
        """`process`: a room's, just started. `left`: called once, when it is closed or could not be opened."""
        self._left: Callable[[], None] | None = left
        self._lock, self._leaving = threading.Lock(), threading.Lock()
        self._document: SealedDocument | None = None
        self._process = process
        try:
            with self._at_the_desk():
                self.session_key = _text(self._asked(None, b"", _START_SECONDS)[0].get("session_key"))
        except BaseException:
            self.close()
            raise

    def open(self, document: SealedDocument) -> Shown:
        """See the port."""
        shares = {
            str(position): {
                "wrapped": base64.b64encode(share.wrapped).decode("ascii"),
                "session_public_key": share.session_public_key,
            }
            for position, share in document.shares.items()
        }
        head = {"do": "open", "shares": shares, "payload_size": document.payload_size, "suffix": document.suffix}
        with self._at_the_desk():
            self._document = document
            told, _ = self._asked(head, document.manifest, _OPEN_SECONDS)
            pages, form = told.get("pages"), told.get("form")
            if not isinstance(pages, int) or not 1 <= pages <= _MOST_PAGES or form not in _FORMS:
                raise BrokenWireError
        return Shown(pages, str(form))

    def page(self, number: int, marks: PageMarks) -> bytes:
        """See the port."""
        head = {"do": "page", "number": number, "banner": marks.banner, "reader": marks.reader}
        with self._at_the_desk():
            drawn = self._asked(head, b"", _PAGE_SECONDS)[1]
            if not drawn.startswith(_PNG):
                raise BrokenWireError
        return drawn

    def words(self, number: int) -> str:
        """See the port."""
        with self._at_the_desk():
            said = self._asked({"do": "words", "number": number}, b"", _PAGE_SECONDS)[1]
        plain = said.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return _UNSHOWN.sub("", plain)[:_LONGEST_WORDS]

    def close(self) -> None:
        """See the port."""
        with self._leaving:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            left, self._left = self._left, None
        if left is not None:
            left()

    @contextmanager
    def _at_the_desk(self) -> Iterator[None]:
        """One question at a time. Raises Unreachable: "reading_room_busy", or "reading_room" for a room that ended."""
        if not self._lock.acquire(timeout=_A_MOMENT):
            raise Unreachable("reading_room_busy", field="reading", expected="one request for a document at a time")
        try:
            yield
        except (BrokenWireError, TypeError, ValueError) as error:
            self._process.kill()
            raise Unreachable("reading_room", field="reading", expected="an open reading") from error
        finally:
            self._lock.release()

    def _asked(self, head: dict[str, Any] | None, body: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Ask, hand over the sealed bytes that it needs on the way, and have its answer; late is ended."""
        given, said = self._process.stdin, self._process.stdout
        assert given is not None  # noqa: S101  pipes were asked for
        assert said is not None  # noqa: S101  pipes were asked for
        watch = threading.Timer(seconds, self._process.kill)
        watch.daemon = True
        watch.start()
        try:
            if head is not None:
                write_frame(given, head, body)  # type: ignore[arg-type]
            while True:
                told, made = read_frame(said)  # type: ignore[arg-type]
                if "need" not in told:
                    break
                sealed = self._sealed(told["need"])
                write_frame(given, {"bytes": len(sealed)}, sealed)  # type: ignore[arg-type]
        except BaseException:
            self._process.kill()  # the two would not understand each other any more
            raise
        finally:
            watch.cancel()
        if "code" in told:
            raise _problem(told["code"])
        return told, made

    def _sealed(self, need: object) -> bytes:
        """Bytes of the sealed payload, and of nothing that stands before or after it."""
        if not isinstance(need, list) or [type(one) for one in need] != [int, int] or self._document is None:
            raise BrokenWireError
        offset, size = need
        if offset < 0 or not 0 <= size <= MAX_BODY:
            raise BrokenWireError
        held = max(0, min(size, self._document.payload_size - offset))
        return self._document.read_at(offset, held) if held else b""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BrokenWireError
    return value


def _problem(code: object) -> ReltoError:
    """The error that a room named: what is wrong with its document, by its code and without a word of its own."""
    root, _, reason = str(code).partition(".")
    if _REASON.fullmatch(reason) is None:
        raise BrokenWireError
    if root == NotVerified.code:
        return NotVerified(reason, field="document")
    return MalformedInput(reason, field="document")


class ChildRooms:
    """`relto.ports.reading_room.ReadingRoom`: at most so many rooms at once in this process."""

    def __init__(self, most: int, unused_seconds: int = 3900) -> None:
        """`most`: rooms at once; `unused_seconds`: after so long without a question a room ends by itself."""
        self._most, self._unused_seconds = most, unused_seconds
        self._free = threading.BoundedSemaphore(most)
        # A room is sent its end by the kernel when the thread that started it ends: this one lives on, while a thread
        # that answers requests may not.
        self._starter = ThreadPoolExecutor(1, "reading-rooms")

    def enter(self) -> ChildRoom:
        """See the port."""
        if not self._free.acquire(blocking=False):
            raise Unreachable("reading_room_full", field="reading", expected=f"at most {self._most} at once")
        try:
            process = self._starter.submit(_started, self._unused_seconds).result()
        except BaseException as error:
            self._free.release()
            if isinstance(error, OSError):
                raise Unreachable("reading_room", field="reading", expected="a process for the document") from error
            raise
        return ChildRoom(process, self._left)

    def _left(self) -> None:
        """A place is free again. Each room holds this, so that what started it lives as long as it does."""
        self._free.release()
