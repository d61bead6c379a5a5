"""The text of a document, parsed in a child process with limits. Whatever it does, the answer is one of three.

The document's text, an error that says why it cannot be read, or the end of the child, which is an error too. The
child gets the open file and nothing else: no name, no folder, no environment, no credential, no network.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, Final

from relto.adapters.documents.limits import EXPECTED, LARGE, MAX_ANSWER_BYTES, MAX_FILE_BYTES, MAX_SECONDS
from relto.base.errors import MalformedInput, TooLarge
from relto.labels.checking.document import DocumentText, document_from_dict

_CHILD: Final = Path(__file__).with_name("child.py")
_MAX_SUFFIX = 12


def read_document(source: BinaryIO, suffix: str, *, field: str = "document") -> DocumentText:
    """The text of the document in `source`, a real file at its beginning; `suffix` such as `.docx`.

    Raises MalformedInput or TooLarge with the reason `document.…`, naming `field`; nothing of the content is in it.
    """
    size = source.seek(0, 2)
    source.seek(0)
    _require_size(size, field)
    return _document(_said_by_child(suffix, field, source, ()), field)


def read_pieces(pieces: Iterable[bytes], size: int, suffix: str, *, field: str = "document") -> DocumentText:
    """As `read_document`, of a document that comes in pieces, `size` bytes in all, such as one that is being decrypted.

    Each piece goes through a pipe into the child's memory; nothing of it is written to a file. An error that `pieces`
    raises is raised here, and the child is ended.
    """
    _require_size(size, field)
    return _document(_said_by_child(suffix, field, subprocess.PIPE, pieces), field)


def _require_size(size: int, field: str) -> None:
    if size == 0:
        raise unreadable("empty", field)
    if size > MAX_FILE_BYTES:
        raise unreadable("size", field)


def _said_by_child(suffix: str, field: str, given: BinaryIO | int, pieces: Iterable[bytes]) -> bytes:
    kind = suffix.lower() if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= _MAX_SUFFIX else ""
    late = threading.Event()
    with subprocess.Popen(  # noqa: S603  this interpreter, our own file, a suffix of letters
        [sys.executable, "-I", "-B", str(_CHILD), kind],
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
        start_new_session=True,
    ) as child:

        def end() -> None:
            late.set()
            child.kill()

        watch = threading.Timer(MAX_SECONDS, end)
        watch.start()
        try:
            if child.stdin is not None:
                _hand_over(pieces, child.stdin)
            assert child.stdout is not None  # noqa: S101  a pipe was asked for
            said = child.stdout.read(MAX_ANSWER_BYTES + 1)
            if len(said) > MAX_ANSWER_BYTES:
                child.kill()
                raise unreadable("text", field)
            status = child.wait()
        finally:
            watch.cancel()
            child.kill()
    if late.is_set() or status == -signal.SIGXCPU:
        raise unreadable("time", field)
    return said if status == 0 else b""


def _hand_over(pieces: Iterable[bytes], pipe: IO[bytes]) -> None:
    """All pieces into the child, which reads to the end before it says anything. One that ended early says nothing."""
    try:
        for piece in pieces:
            pipe.write(piece)
    except BrokenPipeError:
        pass
    finally:
        with suppress(BrokenPipeError):
            pipe.close()


def unreadable(reason: str, field: str) -> MalformedInput:
    """The error of a document that cannot be read."""
    kind = TooLarge if reason in LARGE else MalformedInput
    return kind(f"document.{reason}", field=field, expected=EXPECTED[reason])


def _document(said: bytes, field: str) -> DocumentText:
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        raise unreadable("crashed", field) from None
    if isinstance(answer, dict) and set(answer) == {"document"}:
        return document_from_dict(answer["document"])
    reason = answer.get("unreadable") if isinstance(answer, dict) else None
    raise unreadable(reason if isinstance(reason, str) and reason in EXPECTED else "crashed", field)
