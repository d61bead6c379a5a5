"""The check of a document before it is sealed: read in the child process, compared with the label it is sealed under.

Whatever cannot be read is recorded as not checked, with the reason; it is never clean. A document beyond the checker's
size is not looked at. What was checked is what is sealed: both passes hash what they read.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, Final, cast

from relto.adapters.documents.limits import MAX_FILE_BYTES
from relto.adapters.documents.reading import read_pieces
from relto.base.errors import Conflict, MalformedInput
from relto.labels.checking.check import Asked, check_document
from relto.labels.checking.record import TOO_LARGE, MarkingCheck, not_checked, recorded
from relto.labels.checking.report import Finding

_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it: the record, each fault with its place, and the SHA-256 of what was read (b"" when nothing)."""

    record: MarkingCheck
    findings: tuple[Finding, ...] = ()
    digest: bytes = b""


def checked_pieces(pieces: Iterable[bytes], size: int, file_name: str, asked: Asked) -> Checked:
    """Check a document that comes in pieces, `size` bytes in all; an error that they raise is raised here."""
    if size > MAX_FILE_BYTES:
        return Checked(not_checked(TOO_LARGE))
    seen = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for piece in pieces:
            seen.update(piece)
            yield piece

    try:
        text = read_pieces(hashed(), size, PurePath(file_name).suffix)
    except MalformedInput as problem:
        if not problem.reason.startswith("document."):
            raise
        return Checked(not_checked(problem.reason))
    report = check_document(text, asked)
    return Checked(recorded(report), report.findings, seen.digest())


def checked_file(source: BinaryIO, size: int, file_name: str, asked: Asked) -> Checked:
    """Check an open file from its beginning; afterwards it stands there again."""
    found = checked_pieces(iter(lambda: source.read(_PIECE), b""), size, file_name, asked)
    source.seek(0)
    return found


def as_checked(source: BinaryIO, digest: bytes) -> BinaryIO:
    """The document to be sealed, which has to be the one that was checked; `digest` b"": nothing was, so none compared.

    Reading it raises Conflict("document_changed") at the end of one that changed since the check.
    """
    return cast("BinaryIO", _AsChecked(source, digest)) if digest else source


class _AsChecked(io.RawIOBase):
    """Hashes what is read, and compares at the end."""

    def __init__(self, source: BinaryIO, digest: bytes) -> None:
        self._source = source
        self._digest = digest
        self._seen = hashlib.sha256()

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, place: Any, /) -> int:
        """Fill `place` as far as there is something; 0 at the end."""
        piece = self._source.read(len(place))
        place[: len(piece)] = piece
        self._seen.update(piece)
        if not piece and not hmac.compare_digest(self._seen.digest(), self._digest):
            raise Conflict("document_changed", field="document", expected="the document as it was checked")
        return len(piece)
