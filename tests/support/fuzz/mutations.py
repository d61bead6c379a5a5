"""Changing seeds with knowledge of their structure: bytes, JSON, base64 around JSON, tokens, protobuf, archives."""

from __future__ import annotations

import base64
import copy
import json
import random
import struct
from collections.abc import Callable
from typing import Any

Random = random.Random
Mutation = Callable[[Random, bytes], bytes]

INTERESTING = (
    b"\0",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xff\xff",
    b"\0\0\0\0",
    b"\xff" * 4,
    b"\xff" * 8,
    b"PK\3\4",
    b"PK\5\6",
)
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**53,
    10**40,
    1.5,
    float("inf"),
    "",
    "A",
    "\0",
    "\ud800",
    "é" * 40,
    "\u2028<&>",
    "=" * 8,
    "A" * 5000,
    [],
    {},
    [[[]]],
    {"": {"": {}}},
)


def mutate_bytes(source: Random, data: bytes) -> bytes:
    """One to four changes: a bit, a byte, a piece cut, doubled, moved, put in."""
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        at = source.randrange(len(changed) + 1)
        size = source.choice((1, 1, 2, 4, 8, 16, 64))
        match source.randrange(7):
            case 0 if at < len(changed):
                changed[at] ^= 1 << source.randrange(8)
            case 1 if at < len(changed):
                changed[at] = source.randrange(256)
            case 2:
                del changed[at : at + size]
            case 3:
                changed[at:at] = changed[at : at + size]
            case 4:
                piece = source.choice(INTERESTING)
                changed[at : at + len(piece)] = piece
            case 5:
                changed[at:at] = source.randbytes(size)
            case _:
                other = source.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + size]
    return bytes(changed)


def mutate_json(source: Random, data: bytes) -> bytes:
    """The document with a member changed, removed, doubled, renamed or nested; now and then a byte of its text."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_bytes(source, data)
    for _ in range(source.choice((1, 1, 2, 3))):
        document = _changed(source, document)
    text = json.dumps(document, separators=source.choice(((",", ":"), (", ", ": ")))).encode("ascii")
    kind = source.randrange(12)
    if kind == 0:
        return mutate_bytes(source, text)
    if kind == 1 and b":" in text:  # a member twice
        return text.replace(b"{", b'{"a":1,"a":2,', 1)
    return text


def _changed(source: Random, document: Any) -> Any:
    if not isinstance(document, dict | list) or not document:
        return copy.deepcopy(source.choice(ODD))
    holder, place = _somewhere(source, document)
    value, kind = holder[place], source.randrange(8)
    if kind == 0:
        del holder[place]
    elif kind == 1 and isinstance(holder, dict):
        holder[str(place) + source.choice(("", "x", "\0"))] = holder.pop(place)
    elif kind == 1:
        holder.append(value)
    elif kind in (2, 3) and isinstance(holder, list):
        holder.extend(holder[:] * source.choice((1, 8)))
    else:
        holder[place] = _other(source, value, kind)
    return document


def _somewhere(source: Random, document: Any) -> tuple[Any, Any]:
    """A container of the document and a place in it, mostly deep."""
    holder = document
    while True:
        place = source.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inner = holder[place]
        if not (isinstance(inner, dict | list) and inner and source.random() < 0.8):
            return holder, place
        holder = inner


def _other(source: Random, value: Any, kind: int) -> Any:
    """Another value: near the one that was there, or anything."""
    if isinstance(value, str) and kind == 3:
        return mutate_bytes(source, value.encode("utf-8", "surrogatepass")).decode("latin-1")
    if isinstance(value, str) and kind == 4:
        return mutate_base64(source, value)
    if isinstance(value, int) and kind < 6:
        return value + source.choice((-1, 1, 28, 2**16, 2**32))
    if kind == 5:
        nested: Any = value
        for _ in range(source.choice((1, 5, 40))):
            nested = [nested] if source.random() < 0.5 else {"a": nested}
        return nested
    return copy.deepcopy(source.choice(ODD))


def mutate_base64(source: Random, text: str) -> str:
    """What is inside changed, or the encoding itself."""
    try:
        inner = base64.b64decode(text, validate=True)
    except ValueError:
        return mutate_bytes(source, text.encode("utf-8", "surrogatepass")).decode("latin-1")
    changed = base64.b64encode(mutate_json(source, inner)).decode("ascii")
    return changed if source.random() < 0.9 else changed[:-1]


def mutate_policy(source: Random, data: bytes) -> bytes:
    """A policy string."""
    return mutate_base64(source, data.decode("latin-1")).encode("latin-1", "replace")


def mutate_token(source: Random, data: bytes) -> bytes:
    """A compact JWS: its header or claims changed as JSON, or the text."""
    parts = data.split(b".")
    if source.random() < 0.2 or len(parts) != 3:
        return mutate_bytes(source, data)
    place = source.choice((0, 0, 1, 1, 2))
    try:
        inner = base64.urlsafe_b64decode(parts[place] + b"=" * (-len(parts[place]) % 4))
    except ValueError:
        return mutate_bytes(source, data)
    changed = mutate_bytes(source, inner) if place == 2 else mutate_json(source, inner)
    parts[place] = base64.urlsafe_b64encode(changed).rstrip(b"=")
    return b".".join(parts)


def mutate_protobuf(source: Random, data: bytes) -> bytes:
    """A message with a field put in: any number and wire type, nested, or with a length that lies."""
    kind = source.randrange(4)
    if kind == 0:
        return mutate_bytes(source, data)
    content = source.choice((b"", b"a", data, b"\xff" * 9, b"\xc3\x28", source.randbytes(12)))
    for _ in range(source.choice((0, 0, 1, 3, 120))):
        content = _field(source.choice((1, 2, 5, 10)), 2, _varint(len(content)) + content)
    wire = source.choice((0, 1, 2, 2, 2, 3, 4, 5, 7))
    length = _varint(max(0, len(content) + source.choice((0, 0, 0, 1, -1, 2**31, 2**62)))) if wire == 2 else b""
    put = _field(source.choice((0, 1, 2, 3, 4, 5, 10, 100, 2**28)), wire, length + content)
    at = source.choice((0, len(data)))
    return data[:at] + put + data[at:]


def _field(number: int, wire: int, content: bytes) -> bytes:
    return _varint(number << 3 | wire) + content


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


_RECORDS = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08")
_LARGEST_RECORD = 56


def mutate_archive(source: Random, data: bytes) -> bytes:
    """A container: mostly a number inside one of the records of its archive, else any bytes."""
    if source.random() < 0.4:
        return mutate_bytes(source, data)
    starts = [at for record in _RECORDS if (at := data.rfind(record)) >= 0]
    at = source.choice(starts) + source.randrange(4, _LARGEST_RECORD)
    form = source.choice(("<B", "<H", "<I", "<Q"))
    largest = 256 ** struct.calcsize(form) - 1
    value = source.choice(
        (0, 1, 2, 8, 45, 0xFFFF, 0xFFFFFFFF, 2**32, 2**63, len(data), largest, source.randrange(2**32))
    )
    piece = struct.pack(form, value & largest)
    return data[:at] + piece + data[at + len(piece) :]
