"""Writing the archive of a container: a stored ZIP of `0.payload`, then `0.manifest.json` (OpenTDF spec, container).

ZIP64 only when needed, flags 0, no data descriptors where size and checksum are known before: the plainest archive,
which every client reads. Nothing seeks, so the output may be a pipe or a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from relto.base.errors import Conflict, MalformedInput
from relto.sealing import zip_records as records
from relto.sealing.archive_reading import LONGEST_BEGINNING, Archive, check_beginning, open_archive
from relto.sealing.checksum import crc32
from relto.sealing.payload import Output
from relto.sealing.zip_records import MANIFEST_NAME, PAYLOAD_NAME, Entry

__all__ = [
    "LONGEST_BEGINNING",
    "Archive",
    "ContainerWriter",
    "check_beginning",
    "closing_records",
    "container_chunks",
    "container_part",
    "container_size",
    "open_archive",
]


def container_chunks(
    payload: Iterable[bytes], payload_size: int, payload_crc32: int, manifest: bytes
) -> Iterator[bytes]:
    """The container's bytes, in order, for a sealed payload whose size and CRC-32 are known.

    Raises MalformedInput before the directory is given out when the payload is not what was announced, so that a reader
    never takes the result for a container.
    """
    yield records.local_header(PAYLOAD_NAME, payload_size, payload_crc32)
    given, checksum = 0, 0
    for chunk in payload:
        given += len(chunk)
        checksum = crc32(chunk, checksum)
        yield chunk
    if (given, checksum) != (payload_size, payload_crc32):
        raise MalformedInput(
            "archive.payload", field="payload", found=given, expected=f"{payload_size} bytes as sealed"
        )
    header_size = len(records.local_header(PAYLOAD_NAME, payload_size, payload_crc32))
    payload_entry = Entry(PAYLOAD_NAME, 0, payload_crc32, payload_size, 0)
    yield closing_records(payload_entry, header_size + payload_size, manifest)


def container_part(  # noqa: PLR0917  as `container_chunks`, and both ends
    read_payload: Callable[[int, int], Iterable[bytes]],
    payload_size: int,
    payload_crc32: int,
    manifest: bytes,
    start: int,
    end: int,
) -> Iterator[bytes]:
    """Bytes `start` (included) to `end` (excluded) of what `container_chunks` gives; only these are read.

    `read_payload(offset, size)`: so many bytes of the payload entry. A part is not checked against the checksum, which
    is of the whole: who opens verifies each segment.
    """
    head = records.local_header(PAYLOAD_NAME, payload_size, payload_crc32)
    yield head[start:end]
    first, last = max(start, len(head)) - len(head), min(end, len(head) + payload_size) - len(head)
    if first < last:
        yield from read_payload(first, last - first)
    behind = len(head) + payload_size
    if end > behind:
        tail = closing_records(Entry(PAYLOAD_NAME, 0, payload_crc32, payload_size, 0), behind, manifest)
        yield tail[max(0, start - behind) : end - behind]


def container_size(payload_size: int, manifest_size: int) -> int:
    """Bytes of the container that `container_chunks` gives for these sizes: the Content-Length of a download."""
    header_size = len(records.local_header(PAYLOAD_NAME, payload_size, 0))
    manifest_offset = header_size + payload_size
    payload = records.central_header(Entry(PAYLOAD_NAME, 0, 0, payload_size, 0))
    manifest = records.central_header(Entry(MANIFEST_NAME, 0, 0, manifest_size, manifest_offset))
    directory_offset = manifest_offset + len(records.local_header(MANIFEST_NAME, manifest_size, 0)) + manifest_size
    directory_size = len(payload) + len(manifest)
    return directory_offset + directory_size + len(records.end_records(2, directory_size, directory_offset))


def closing_records(payload: Entry, manifest_offset: int, manifest: bytes) -> bytes:
    """Everything after the payload: the manifest entry, the central directory and the end records."""
    checksum = crc32(manifest)
    entry = records.local_header(MANIFEST_NAME, len(manifest), checksum) + manifest
    directory = records.central_header(payload) + records.central_header(
        Entry(MANIFEST_NAME, 0, checksum, len(manifest), manifest_offset)
    )
    directory_offset = manifest_offset + len(entry)
    return entry + directory + records.end_records(2, len(directory), directory_offset)


class ContainerWriter:
    """Writes a container straight to an unseekable output while the payload's size is not known yet.

    Give it to a `PayloadSealer` as its output, then `finish` with the manifest: the payload gets a data descriptor.
    """

    def __init__(self, out: Output) -> None:
        """`out`: anything with `write`."""
        self._out = out
        self._size = 0
        self._finished = False
        self._header = records.local_header(PAYLOAD_NAME, 0, 0, descriptor=True)
        out.write(memoryview(self._header))

    def write(self, data: memoryview | bytes) -> int:
        """More of the payload entry."""
        if self._finished:
            raise Conflict("archive.finished", field="container")
        self._size += len(data)
        self._out.write(memoryview(data))
        return len(data)

    def finish(self, manifest: bytes, crc32: int) -> None:
        """Close the container with its manifest; `crc32` is that of the payload entry, as its sealer has taken it."""
        if self._finished:
            raise Conflict("archive.finished", field="container")
        self._finished = True
        descriptor = records.descriptor64(crc32, self._size)
        payload = Entry(PAYLOAD_NAME, records.FLAG_DESCRIPTOR, crc32, self._size, 0)
        end = len(self._header) + self._size + len(descriptor)
        self._out.write(memoryview(descriptor + closing_records(payload, end, manifest)))
