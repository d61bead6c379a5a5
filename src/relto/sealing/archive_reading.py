"""Reading the archive of a container without trusting any of it (APPNOTE; OpenTDF spec, container).

Accepted is exactly one form: the two entries, each once, stored, not encrypted, in either order, filling the file
without gap, overlap, prefix or suffix; local headers, data descriptors and central directory (plain or zip64) agree in
all they say. So every reader of the format sees the same two entries, and no byte lies outside what was checked.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from relto.base.errors import TooLarge
from relto.sealing import zip_records as zip64
from relto.sealing.zip_records import Entry, refuse

MAX_MANIFEST = 10 * 1024 * 1024
MAX_DIRECTORY = 8 * 1024
MAX_HEADER = 4 * 1024


LONGEST_BEGINNING = zip64.LOCAL.size + len(zip64.MANIFEST_NAME)


def check_beginning(data: bytes) -> None:
    """The first LONGEST_BEGINNING bytes, or all there are, begin a container: the local header of one of its entries.

    For those who would have to store the rest before they can read it: what somebody sends by mistake, such as the
    document itself, is refused before any of it is on a disk (promise 1). Raises MalformedInput.
    """
    if len(data) < LONGEST_BEGINNING:
        raise refuse("truncated", "a whole archive")
    signature, name = data[: len(zip64.LOCAL_SIGNATURE)], data[zip64.LOCAL.size :]
    if signature != zip64.LOCAL_SIGNATURE or not name.startswith((zip64.PAYLOAD_NAME, zip64.MANIFEST_NAME)):
        raise refuse("prefix", "the first entry at the start of the file")


@dataclass(frozen=True, slots=True)
class Archive:
    """The manifest bytes (checksum verified) and where the payload lies in the file; `crc32` as the archive says."""

    manifest: bytes
    payload_offset: int
    payload_size: int
    crc32: int


def open_archive(source: BinaryIO, *, max_manifest: int = MAX_MANIFEST) -> Archive:
    """The container in a seekable source. Raises MalformedInput or TooLarge; reads no payload."""
    size = source.seek(0, io.SEEK_END)
    directory, directory_offset = _central_directory(source, size)
    entries = _entries(directory)
    first, second = sorted(entries, key=lambda entry: entry.offset)
    if first.offset != 0:
        raise refuse("prefix", "the first entry at the start of the file")
    starts = {
        first.name: _check_entry(source, first, second.offset),
        second.name: _check_entry(source, second, directory_offset),
    }
    by_name = {entry.name: entry for entry in entries}
    manifest_entry, payload = by_name[zip64.MANIFEST_NAME], by_name[zip64.PAYLOAD_NAME]
    if manifest_entry.size > max_manifest:
        raise TooLarge("manifest", field="manifest", found=manifest_entry.size, expected=f"at most {max_manifest}")
    manifest = _read(source, starts[zip64.MANIFEST_NAME], manifest_entry.size)
    if zlib.crc32(manifest) != manifest_entry.crc32:
        raise refuse("checksum", "a manifest with the checksum of the directory")
    return Archive(manifest, starts[zip64.PAYLOAD_NAME], payload.size, payload.crc32)


def _read(source: BinaryIO, offset: int, size: int) -> bytes:
    if offset < 0:
        raise refuse("truncated", "a whole archive")
    source.seek(offset)
    data = source.read(size)
    if len(data) != size:
        raise refuse("truncated", "a whole archive")
    return data


def _central_directory(source: BinaryIO, size: int) -> tuple[bytes, int]:
    """The bytes of the central directory and its offset; the end records must close the file exactly."""
    end_offset = size - zip64.END.size
    fields = zip64.END.unpack(_read(source, end_offset, zip64.END.size))
    signature, disk, first_disk, here, total, directory_size, directory_offset, comment = fields
    if signature != zip64.END_SIGNATURE or comment:
        raise refuse("end", "an end record without comment at the very end")
    shown = (disk, first_disk, here, total, directory_size, directory_offset)
    found: tuple[int, ...] = shown
    closing = end_offset
    plain = directory_offset + directory_size == end_offset
    if not plain:
        found, closing = _zip64_end(source, end_offset)
        full = (zip64.FULL16,) * 4 + (zip64.FULL32,) * 2
        if any(value not in (limit, real) for value, limit, real in zip(shown, full, found, strict=True)):
            raise refuse("end", "end records that agree")
    if found[:4] != (0, 0, 2, 2):
        raise refuse("entries", "two entries on one disk")
    directory_size, directory_offset = found[4:]
    if directory_size > MAX_DIRECTORY or directory_offset + directory_size != closing:
        raise refuse("directory", "a small central directory right before its end record")
    return _read(source, directory_offset, directory_size), directory_offset


def _zip64_end(source: BinaryIO, end_offset: int) -> tuple[tuple[int, ...], int]:
    locator_offset = end_offset - zip64.LOCATOR64.size
    locator = zip64.LOCATOR64.unpack(_read(source, locator_offset, zip64.LOCATOR64.size))
    record_offset = locator_offset - zip64.END64.size
    if locator[0] != zip64.LOCATOR64_SIGNATURE or locator[1:] != (0, record_offset, 1):
        raise refuse("end", "a zip64 locator of the record right before it")
    record = zip64.END64.unpack(_read(source, record_offset, zip64.END64.size))
    if record[0] != zip64.END64_SIGNATURE or record[1] != zip64.END64.size - 12:
        raise refuse("end", "a zip64 end record without extensions")
    return record[4:], record_offset


def _entries(directory: bytes) -> tuple[Entry, Entry]:
    found: list[Entry] = []
    position = 0
    while position < len(directory):
        entry, position = _entry(directory, position)
        found.append(entry)
    names = sorted(entry.name for entry in found)
    if names != [zip64.MANIFEST_NAME, zip64.PAYLOAD_NAME]:
        raise refuse("names", "0.payload and 0.manifest.json, each once")
    return found[0], found[1]


def _entry(directory: bytes, position: int) -> tuple[Entry, int]:
    if position + zip64.CENTRAL.size > len(directory):
        raise refuse("directory", "whole entries")
    fields = zip64.CENTRAL.unpack_from(directory, position)
    signature, _made_by, version, flags, method = fields[:5]
    crc32, packed, size, name_size, extra_size, comment_size, disk = fields[7:14]
    offset = fields[16]
    name_start = position + zip64.CENTRAL.size
    extra_start = name_start + name_size
    end = extra_start + extra_size
    if signature != zip64.CENTRAL_SIGNATURE or end > len(directory) or comment_size or disk:
        raise refuse("directory", "whole entries on one disk, without comments")
    _check_form(version, flags, method)
    extra = zip64.extra_fields(directory[extra_start:end]).get(zip64.ZIP64_EXTRA)
    wide = [value == zip64.FULL32 for value in (size, packed, offset)]
    if any(wide) or extra is not None:
        if extra is None or len(extra) != 8 * sum(wide):
            raise refuse("zip64", "a zip64 value for every field that needs one")
        values = iter(struct.unpack(f"<{sum(wide)}Q", extra))
        size, packed, offset = (
            next(values) if is_wide else value for is_wide, value in zip(wide, (size, packed, offset), strict=True)
        )
    if size != packed:
        raise refuse("stored", "stored entries, packed size = size")
    return Entry(directory[name_start:extra_start], flags, crc32, size, offset), end


def _check_form(version: int, flags: int, method: int) -> None:
    if method != zip64.STORED:
        raise refuse("method", "stored entries (method 0)")
    if flags & ~(zip64.FLAG_DESCRIPTOR | zip64.FLAG_UTF8):
        raise refuse("flags", "entries without encryption or other options")
    if version > zip64.VERSION_ZIP64:
        raise refuse("version", "version needed at most 4.5")


def _check_entry(source: BinaryIO, entry: Entry, next_offset: int) -> int:
    """Compare the local header and descriptor with the directory; returns where the data starts."""
    fields = zip64.LOCAL.unpack(_read(source, entry.offset, zip64.LOCAL.size))
    signature, version, flags, method = fields[:4]
    crc32, packed, size, name_size, extra_size = fields[6:]
    if signature != zip64.LOCAL_SIGNATURE or name_size != len(entry.name) or extra_size > MAX_HEADER:
        raise refuse("local", "local headers as the directory says")
    rest = _read(source, entry.offset + zip64.LOCAL.size, name_size + extra_size)
    _check_form(version, flags, method)
    # The Java client says "UTF-8 name" in one of the two places only; both names are plain ASCII, so it means nothing.
    if rest[:name_size] != entry.name or (flags ^ entry.flags) & ~zip64.FLAG_UTF8:
        raise refuse("local", "local headers as the directory says")
    extra = zip64.extra_fields(rest[name_size:]).get(zip64.ZIP64_EXTRA)
    if extra is not None:
        if len(extra) < 16:  # noqa: PLR2004  two 64-bit sizes
            raise refuse("zip64", "both sizes in a local zip64 field")
        wide_size, wide_packed = struct.unpack_from("<QQ", extra)
        size = wide_size if size == zip64.FULL32 else size
        packed = wide_packed if packed == zip64.FULL32 else packed
    # With a data descriptor a writer may not have known these yet: zero, or all ones without a zip64 field.
    unknown = (0, zip64.FULL32) if entry.has_descriptor else ()
    for value, real in ((crc32, entry.crc32), (packed, entry.size), (size, entry.size)):
        if value != real and value not in unknown:
            raise refuse("local", "local headers as the directory says")
    start = entry.offset + zip64.LOCAL.size + len(rest)
    _check_end(source, entry, start + entry.size, next_offset)
    return start


def _check_end(source: BinaryIO, entry: Entry, end: int, next_offset: int) -> None:
    """The data, and its descriptor if there is one, end exactly where the next record starts."""
    if not entry.has_descriptor:
        if end != next_offset:
            raise refuse("layout", "entries one after the other, without gap or overlap")
        return
    bare = [zip64.DESCRIPTOR64.pack(entry.crc32, entry.size, entry.size)]
    if entry.size <= zip64.FULL32:
        bare.append(zip64.DESCRIPTOR32.pack(entry.crc32, entry.size, entry.size))
    accepted = bare + [zip64.DESCRIPTOR_SIGNATURE + form for form in bare]
    room = next_offset - end
    if room not in {len(form) for form in accepted} or _read(source, end, room) not in accepted:
        raise refuse("descriptor", "a data descriptor as the directory says, then the next record")
