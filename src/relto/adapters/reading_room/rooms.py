"""Rooms as child processes of the portal: started, spoken to in time, ended; never more than a few at once."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from relto.adapters.reading_room.wire import BrokenWireError, read_frame, write_frame
from relto.base.errors import Unreachable, error_from_dict
from relto.ports.reading_room import PageMarks, ReadAt, SealedDocument, Shown

_CHILD: Final = Path(__file__).with_name("child.py")
_OPEN_SECONDS: Final = 60.0
_PAGE_SECONDS: Final = 30.0
_START_SECONDS: Final = 20.0


class ChildRoom:
    """One process; one question at a time."""

    def __init__(self, left: Callable[[], None]) -> None:
        """`left`: called once, when it is closed or could not be opened."""
        self._left: Callable[[], None] | None = left
        self._lock = threading.Lock()
        self._read_at: ReadAt | None = None
        self._process = subprocess.Popen(  # noqa: S603  this interpreter and our own file
            [sys.executable, "-I", "-B", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        try:
            self.session_key = str(self._asked(None, b"", _START_SECONDS)[0]["session_key"])
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
        with self._lock:
            self._read_at = document.read_at
            told, _ = self._asked(head, document.manifest, _OPEN_SECONDS)
        return Shown(int(told["pages"]), str(told["form"]))

    def page(self, number: int, marks: PageMarks) -> bytes:
        """See the port."""
        head = {"do": "page", "number": number, "banner": marks.banner, "reader": marks.reader}
        with self._lock:
            return self._asked(head, b"", _PAGE_SECONDS)[1]

    def words(self, number: int) -> str:
        """See the port."""
        with self._lock:
            return self._asked({"do": "words", "number": number}, b"", _PAGE_SECONDS)[1].decode("utf-8", "replace")

    def close(self) -> None:
        """See the port."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()
        left, self._left = self._left, None
        if left is not None:
            left()

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
                offset, size = (int(one) for one in told["need"])
                sealed = self._read_at(offset, size) if self._read_at is not None else b""
                write_frame(given, {"bytes": len(sealed)}, sealed)  # type: ignore[arg-type]
        except (BrokenWireError, TypeError, ValueError) as error:
            self._process.kill()
            raise Unreachable("reading_room", field="reading", expected="an open reading") from error
        finally:
            watch.cancel()
        problem = error_from_dict(told) if "code" in told else None
        if problem is not None:
            raise problem
        return told, made


class ChildRooms:
    """`relto.ports.reading_room.ReadingRoom`: at most so many rooms at once in this process."""

    def __init__(self, most: int) -> None:
        """`most`: rooms at once."""
        self._most = most
        self._free = threading.BoundedSemaphore(most)

    def enter(self) -> ChildRoom:
        """See the port."""
        if not self._free.acquire(blocking=False):
            raise Unreachable("reading_room_full", field="reading", expected=f"at most {self._most} at once")
        return ChildRoom(self._free.release)
