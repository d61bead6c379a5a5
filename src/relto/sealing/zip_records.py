"""The fixed records of a ZIP archive (PKWARE APPNOTE 6.3, 4.3 and 4.5.3), as far as containers use them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from relto.base.errors import MalformedInput

LOCAL = struct.Struct("<4sHHHHHIIIHH")
CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
END = struct.Struct("<4sHHHHIIH")
END64 = struct.Struct("<4sQHHIIQQQQ")
LOCATOR64 = struct.Struct("<4sIQI")
DESCRIPTOR32 = struct.Struct("<III")
DESCRIPTOR64 = struct.Struct("<IQQ")

LOCAL_SIGNATURE = b"PK\x03\x04"
CENTRAL_SIGNATURE = b"PK\x01\x02"
END_SIGNATURE = b"PK\x05\x06"
END64_SIGNATURE = b"PK\x06\x06"
LOCATOR64_SIGNATURE = b"PK\x06\x07"
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"

FULL16 = 0xFFFF
FULL32 = 0xFFFFFFFF
FLAG_DESCRIPTOR = 0x0008
FLAG_UTF8 = 0x0800
STORED = 0
VERSION_PLAIN = 20
VERSION_ZIP64 = 45
# 1 January 1980: containers of the same content are the same bytes, and tell nobody when they were made.
NO_DATE = 0x0021
ZIP64_EXTRA = 0x0001
# Extended timestamp, NTFS times, Info-ZIP owner: harmless. A Unicode path (0x7075) could give a second name.
HARMLESS_EXTRA = frozenset({0x5455, 0x000A, 0x7875, 0x5855})

PAYLOAD_NAME = b"0.payload"
MANIFEST_NAME = b"0.manifest.json"


def refuse(reason: str, expected: str) -> MalformedInput:
    """The error for an archive that is not of the one form that is accepted."""
    return MalformedInput(f"archive.{reason}", field="container", expected=expected)


@dataclass(frozen=True, slots=True)
class Entry:
    """One central directory entry; sizes and offset in bytes, zip64 already resolved."""

    name: bytes
    flags: int
    crc32: int
    size: int
    offset: int

    @property
    def has_descriptor(self) -> bool:
        """True when a data descriptor follows the data."""
        return bool(self.flags & FLAG_DESCRIPTOR)


def extra_fields(data: bytes) -> dict[int, bytes]:
    """Tag to content of an extra field. Raises MalformedInput for broken, repeated or meaning-changing ones."""
    found: dict[int, bytes] = {}
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise refuse("extra", "whole extra fields")
        tag, size = struct.unpack_from("<HH", data, position)
        content = data[position + 4 : position + 4 + size]
        if len(content) != size or tag in found or (tag != ZIP64_EXTRA and tag not in HARMLESS_EXTRA):
            raise refuse("extra", "whole, known extra fields, each once")
        found[tag] = content
        position += 4 + size
    return found


def local_header(name: bytes, size: int, crc32: int, *, descriptor: bool = False) -> bytes:
    """A local file header. With a descriptor, sizes are not known yet and are announced as 64-bit."""
    zip64 = descriptor or size >= FULL32
    extra = struct.pack("<HHQQ", ZIP64_EXTRA, 16, size, size) if zip64 else b""
    shown = FULL32 if zip64 else size
    flags = FLAG_DESCRIPTOR if descriptor else 0
    version = VERSION_ZIP64 if zip64 else VERSION_PLAIN
    head = LOCAL.pack(LOCAL_SIGNATURE, version, flags, STORED, 0, NO_DATE, crc32, shown, shown, len(name), len(extra))
    return head + name + extra


def descriptor64(crc32: int, size: int) -> bytes:
    """The data descriptor after data whose size was not known before."""
    return DESCRIPTOR_SIGNATURE + DESCRIPTOR64.pack(crc32, size, size)


def central_header(entry: Entry) -> bytes:
    """A central directory entry, with zip64 values only where they are needed."""
    values = b""
    if entry.size >= FULL32:
        values += struct.pack("<QQ", entry.size, entry.size)
    if entry.offset >= FULL32:
        values += struct.pack("<Q", entry.offset)
    extra = struct.pack("<HH", ZIP64_EXTRA, len(values)) + values if values else b""
    version = VERSION_ZIP64 if values or entry.has_descriptor else VERSION_PLAIN
    size = min(entry.size, FULL32)
    head = CENTRAL.pack(
        CENTRAL_SIGNATURE,
        version,
        version,
        entry.flags,
        STORED,
        0,
        NO_DATE,
        entry.crc32,
        size,
        size,
        len(entry.name),
        len(extra),
        0,
        0,
        0,
        0,
        min(entry.offset, FULL32),
    )
    return head + entry.name + extra


def end_records(count: int, directory_size: int, directory_offset: int) -> bytes:
    """End of central directory, preceded by its zip64 form when the offset needs it."""
    records = b""
    if directory_offset >= FULL32:
        records += END64.pack(
            END64_SIGNATURE,
            END64.size - 12,
            VERSION_ZIP64,
            VERSION_ZIP64,
            0,
            0,
            count,
            count,
            directory_size,
            directory_offset,
        )
        records += LOCATOR64.pack(LOCATOR64_SIGNATURE, 0, directory_offset + directory_size, 1)
    shown = min(directory_offset, FULL32)
    return records + END.pack(END_SIGNATURE, 0, 0, count, count, directory_size, shown, 0)
