"""What passes between a room's process and its keeper: frames of a JSON head and a body, both bounded."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

MAX_HEAD = 1 << 20
MAX_BODY = 64 << 20
_SIZES = struct.Struct("!II")


class BrokenWireError(Exception):
    """The other side ended, or sent what is no frame."""


def write_frame(out: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Send a frame. Raises BrokenWireError."""
    written = json.dumps(head).encode("ascii")
    try:
        out.write(_SIZES.pack(len(written), len(body)) + written)
        out.write(body)
        out.flush()
    except (OSError, ValueError) as error:
        raise BrokenWireError from error


def read_frame(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The next frame. Raises BrokenWireError for an end, a size beyond its bound, or a head that is no object."""
    head_size, body_size = _SIZES.unpack(_exactly(source, _SIZES.size))
    if head_size > MAX_HEAD or body_size > MAX_BODY:
        raise BrokenWireError
    try:
        head = json.loads(_exactly(source, head_size))
    except (ValueError, RecursionError) as error:
        raise BrokenWireError from error
    if not isinstance(head, dict):
        raise BrokenWireError
    return head, _exactly(source, body_size)


def _exactly(source: BinaryIO, size: int) -> bytes:
    try:
        data = source.read(size)
    except (OSError, ValueError) as error:
        raise BrokenWireError from error
    if len(data) != size:
        raise BrokenWireError
    return data
