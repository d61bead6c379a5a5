"""Archives made to break a reader: each is refused, and what other clients write is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from relto.base.errors import MalformedInput, TooLarge
from relto.sealing.archive import closing_records, open_archive
from relto.sealing.zip_records import PAYLOAD_NAME, Entry, central_header, end_records, local_header
from tests.unit.sealing.containers import container

PAYLOAD, MANIFEST = b"payload bytes", b'{"a":1}'


def zipped(
    entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED, comment: bytes = b"", extra: bytes = b""
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            info.extra = extra
            info.compress_type = compression
            archive.writestr(info, data)
        archive.comment = comment
    return out.getvalue()


GOOD = zipped([("0.payload", PAYLOAD), ("0.manifest.json", MANIFEST)])


def read(data: bytes) -> tuple[bytes, bytes]:
    archive = open_archive(io.BytesIO(data))
    return archive.manifest, data[archive.payload_offset : archive.payload_offset + archive.payload_size]


def test_both_orders_of_the_entries_are_read() -> None:
    assert read(GOOD) == (MANIFEST, PAYLOAD)
    assert read(zipped([("0.manifest.json", MANIFEST), ("0.payload", PAYLOAD)])) == (MANIFEST, PAYLOAD)
    assert read(zipped([("0.manifest.json", MANIFEST), ("0.payload", b"")])) == (MANIFEST, b"")


def _descriptors(*, local_wide: bool = True, wide: bool = True, signature: bool = True) -> bytes:
    """An archive as streaming writers make it: descriptors, zip64 in the directory when `wide`."""
    body, directory = b"", b""
    for name, data in ((b"0.payload", PAYLOAD), (b"0.manifest.json", MANIFEST)):
        offset, crc32, size = len(body), zlib.crc32(data), len(data)
        local_extra = struct.pack("<HHQQQ", 1, 24, 0, 0, 0) if local_wide else b""
        shown = 0xFFFFFFFF if wide or local_wide else 0
        body += struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", 20, 0x808, 0, 0, 0x21, 0, shown, shown, len(name), len(local_extra)
        )
        body += name + local_extra + data + (b"PK\7\x08" if signature else b"")
        body += struct.pack("<IQQ" if wide else "<III", crc32, size, size)
        extra = struct.pack("<HHQQQ", 1, 24, size, size, offset) if wide else b""
        here = (0xFFFFFFFF,) * 3 if wide else (size, size, offset)
        fixed = (0x33F, 45, 0x808, 0, 0, 0x21, crc32, here[0], here[1], len(name), len(extra), 0, 0, 0, 0, here[2])
        directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", *fixed) + name + extra
    start, size = len(body), len(directory)
    end = b""
    if wide:
        end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, size, start)
        end += struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
        end += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    else:
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, size, start, 0)
    return body + directory + end


@pytest.mark.parametrize("signature", [True, False])
@pytest.mark.parametrize(("local_wide", "wide"), [(True, True), (False, True), (False, False)])
def test_what_streaming_clients_write_is_read(*, local_wide: bool, wide: bool, signature: bool) -> None:
    assert read(_descriptors(local_wide=local_wide, wide=wide, signature=signature)) == (MANIFEST, PAYLOAD)


def patched(at: int, value: bytes, data: bytes = GOOD) -> bytes:
    return data[:at] + value + data[at + len(value) :]


CENTRAL = GOOD.index(b"PK\1\2")
END = GOOD.index(b"PK\5\6")
TRAPS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "no archive": lambda: b"x" * 500,
    "cut short": lambda: GOOD[:-1],
    "bytes behind": lambda: GOOD + b"x",
    "bytes before": lambda: b"x" + GOOD,
    "comment": lambda: zipped([("0.payload", PAYLOAD), ("0.manifest.json", MANIFEST)], comment=b"hi"),
    "compressed": lambda: zipped(
        [("0.payload", PAYLOAD * 50), ("0.manifest.json", MANIFEST)], compression=zipfile.ZIP_DEFLATED
    ),
    "third entry": lambda: zipped([("0.payload", PAYLOAD), ("0.manifest.json", MANIFEST), ("x", b"")]),
    "one entry": lambda: zipped([("0.payload", PAYLOAD)]),
    "other names": lambda: zipped([("1.payload", PAYLOAD), ("0.manifest.json", MANIFEST)]),
    "same name in another case": lambda: zipped([("0.Payload", PAYLOAD), ("0.manifest.json", MANIFEST)]),
    "second name by extra field": lambda: zipped(
        [("0.payload", PAYLOAD), ("0.manifest.json", MANIFEST)], extra=struct.pack("<HHBI", 0x7075, 5, 1, 0)
    ),
    "encrypted flag, local": lambda: patched(6, b"\x01"),
    "encrypted flag, directory": lambda: patched(CENTRAL + 8, b"\x01"),
    "encrypted flag, both": lambda: patched(CENTRAL + 8, b"\x01", patched(6, b"\x01")),
    "method, local": lambda: patched(8, b"\x08"),
    "name, local": lambda: patched(30, b"1"),
    "checksum, local": lambda: patched(14, b"\0\0\0\0"),
    "size, local": lambda: patched(18, b"\x01\0\0\0"),
    "size, directory": lambda: patched(CENTRAL + 24, b"\x01\0\0\0"),
    "both sizes, directory": lambda: patched(CENTRAL + 20, b"\x01\0\0\0\x01\0\0\0"),
    "offset, directory": lambda: patched(CENTRAL + 42, b"\x05\0\0\0"),
    "version": lambda: patched(CENTRAL + 6, b"\x3f"),
    "disk": lambda: patched(CENTRAL + 34, b"\x01"),
    "entry count": lambda: patched(END + 8, b"\x03\0\x03\0"),
    "directory size": lambda: patched(END + 12, b"\x05\0\0\0"),
    "directory offset": lambda: patched(END + 16, b"\x05\0\0\0"),
    "zip64 without record": lambda: patched(END + 16, b"\xff\xff\xff\xff"),
    "manifest checksum": lambda: GOOD.replace(MANIFEST, b'{"a":2}'),
    "one entry twice": lambda: GOOD.replace(b"0.manifest.json", b"0.payload\0\0\0\0\0\0"),
    "descriptor": lambda: _descriptors().replace(b"PK\7\x08", b"PK\7\x09"),
    "zip64 locator": lambda: _descriptors().replace(b"PK\6\7", b"PK\6\x09"),
    "zip64 record": lambda: _descriptors().replace(b"PK\6\6", b"PK\6\x09"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trapped_archive_is_refused(trap: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        open_archive(io.BytesIO(TRAPS[trap]()))
    assert refused.value.field == "container"


def test_overlapping_entries_are_refused() -> None:
    """Two directory entries that share bytes: the quoted-overlap form of a decompression bomb."""
    inner = zipped([("0.manifest.json", MANIFEST)])
    local_size = inner.index(b"PK\1\2")
    outer = zipped([("0.payload", inner[:local_size])])
    offset = outer.index(b"PK\3\4", 4)
    directory = outer[outer.index(b"PK\1\2") : outer.index(b"PK\5\6")]
    second = inner[inner.index(b"PK\1\2") : inner.index(b"PK\5\6")]
    second = second[:42] + struct.pack("<I", offset) + second[46:]
    body = outer[: outer.index(b"PK\1\2")]
    both = directory + second
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(both), len(body), 0)
    with pytest.raises(MalformedInput, match="archive"):
        open_archive(io.BytesIO(body + both + end))


def test_a_manifest_over_the_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        open_archive(container().source, max_manifest=100)


def test_payloads_of_four_gibibytes_and_more_get_zip64() -> None:
    """The records alone are looked at: nobody writes four gibibytes in a unit test."""
    size = 5 * 2**30
    header = local_header(b"0.payload", size, 1)
    assert struct.unpack_from("<QQ", header, len(header) - 16) == (size, size)
    assert struct.unpack_from("<QQ", central_header(Entry(b"0.payload", 0, 1, size, 0)), 59) == (size, size)
    far = central_header(Entry(b"0.manifest.json", 0, 1, 10, size))
    assert struct.unpack_from("<Q", far, len(far) - 8) == (size,)
    assert end_records(2, 100, size).startswith(b"PK\6\6")
    assert end_records(2, 100, 1000).startswith(b"PK\5\6")


class SparseFile(io.RawIOBase):
    """A container of six gibibytes whose payload is all zeros and is never stored."""

    def __init__(self, head: bytes, middle: int, tail: bytes) -> None:
        self.head, self.middle, self.tail = head, middle, tail
        self.position = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        total = len(self.head) + self.middle + len(self.tail)
        self.position = total + offset if whence == io.SEEK_END else offset
        return self.position

    def read(self, size: int = -1) -> bytes:
        out = bytearray()
        while len(out) < size:
            place = self.position + len(out)
            if place < len(self.head):
                out += self.head[place : place + size - len(out)]
            elif place < len(self.head) + self.middle:
                out += bytes(min(size - len(out), len(self.head) + self.middle - place))
            else:
                rest = self.tail[place - len(self.head) - self.middle :][: size - len(out)]
                if not rest:
                    break
                out += rest
        self.position += len(out)
        return bytes(out)


def test_a_container_of_six_gibibytes_is_found_in_its_directory() -> None:
    size = 6 * 2**30
    head = local_header(PAYLOAD_NAME, size, 7)
    tail = closing_records(Entry(PAYLOAD_NAME, 0, 7, size, 0), len(head) + size, MANIFEST)
    archive = open_archive(SparseFile(head, size, tail))  # type: ignore[arg-type]
    assert (archive.manifest, archive.payload_offset, archive.payload_size) == (MANIFEST, len(head), size)
