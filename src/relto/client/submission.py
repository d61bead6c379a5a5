"""A submission's body: its announcement, then the container, read while it is sent (multipart/form-data, RFC 7578)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from relto.base.canonical import canonical_bytes

_PIECE = 1 << 20
_HEAD = '--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'


@dataclass(frozen=True, slots=True)
class Submission:
    """What stands around a container of `size` bytes."""

    before: bytes
    size: int
    after: bytes
    boundary: str

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the request."""
        length = len(self.before) + self.size + len(self.after)
        return {"Content-Type": f"multipart/form-data; boundary={self.boundary}", "Content-Length": str(length)}

    def pieces(self, source: BinaryIO, at: Callable[[int], None]) -> Iterator[bytes]:
        """The body. `at` is told how many of the container's bytes were handed on."""
        yield self.before
        done = 0
        while piece := source.read(_PIECE):
            yield piece
            done += len(piece)
            at(done)
        yield self.after


def submission(announcement: Mapping[str, Any], size: int, boundary: str) -> Submission:
    """The body of a container's submission; `boundary` is in neither part (random, of ASCII letters and digits)."""
    stated = _head(boundary, "announcement", "application/json") + canonical_bytes(announcement) + b"\r\n"
    container = _head(boundary, "container", "application/octet-stream", '; filename="container.tdf"')
    return Submission(stated + container, size, f"\r\n--{boundary}--\r\n".encode("ascii"), boundary)


def _head(boundary: str, name: str, kind: str, file: str = "") -> bytes:
    return _HEAD.format(boundary=boundary, name=name, kind=kind, file=file).encode("ascii")
