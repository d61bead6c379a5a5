"""Opening into a stream: a pipe, or a page of a large document.

Rules enforced: as in opening; each piece is verified before it is written; of the payload only the segments of the
wanted span are read. A stream cannot be taken back: should a later segment not hold, what was written before it is
genuine, and the error says that the rest is not there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from relto.base.errors import MalformedInput, Unreachable
from relto.client.files import reading, writing
from relto.client.opening import opened_container, services_of
from relto.client.parts import LEAST, NotHere, PartlyHere, place_of
from relto.client.session import Session, part, read_reply
from relto.client.steps import Download, Reply, Request, Steps, Tell, Watch, Work, at_once
from relto.sealing.archive import open_archive
from relto.sealing.opening import OpenedContainer
from relto.sealing.payload import Output

_MOST_FETCHES = 16


@dataclass(frozen=True, slots=True)
class Span:
    """Which bytes of a document: from `start` to `end`, the latter excluded; None is the document's end."""

    start: int = 0
    end: int | None = None

    def within(self, size: int) -> tuple[int, int]:
        """The same in a document of `size` bytes. Raises MalformedInput when it does not lie in it."""
        end = size if self.end is None else self.end
        if not 0 <= self.start <= end <= size:
            raise MalformedInput("range", field="range", found=size, expected="bytes inside the document")
        return self.start, end


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A span that was written, the size of the whole document, its label, and how many services said yes."""

    start: int
    end: int
    size: int
    label_xml: str | None
    services: int


def stream_item(
    session: Session, item: str, out: Output, span: Span | None = None, progress: Tell | None = None
) -> Steps[OpenedPart]:
    """Open an item on this machine and write it, or a span of it, to an open stream.

    The container is fetched into a folder for temporary files, where it is ciphertext; for a span, only its end, its
    manifest and the span's segments are. `progress` is told of the container's bytes, phase download, then of the
    span's, phase open. Raises Refused with the reference under which the reasons can be read, MalformedInput for a span
    that is not inside the document.
    """
    with writing(Path("-"), "output"), tempfile.TemporaryDirectory(prefix=".relto-") as folder:
        container = Path(folder) / "container.tdf"
        if span is not None:
            with PartlyHere(container) as held_parts:
                return (yield from _stream_parts(session, item, held_parts, out, span, progress=progress))
        with container.open("xb") as held:
            request = Request("GET", f"/items/{part(item)}/container")
            reply: Reply = yield Download(request, held.write, Watch(progress, "download"))
            if reply.is_error:
                read_reply(reply)
        return (yield from _stream(session, container, out, span, progress, item=item))


def _stream_parts(
    session: Session, item: str, held: PartlyHere, out: Output, span: Span, *, progress: Tell | None
) -> Steps[OpenedPart]:
    yield from _fetch(item, held, 0, LEAST, progress)
    for _ in range(_MOST_FETCHES):
        try:
            archive = yield Work(at_once(lambda: open_archive(cast("BinaryIO", held))))
            break
        except NotHere as missing:
            yield from _fetch(item, held, missing.start, missing.end, progress)
    else:
        raise Unreachable("answer", field="answer", expected="the parts of a container")
    opened = yield from opened_container(session, cast("BinaryIO", held), item)
    size = opened.payload.size
    start, end = span.within(size)
    offset, stored = opened.payload.stored(start, end)
    with suppress(NotHere):
        held.require(archive.payload_offset + offset, archive.payload_offset + offset + stored)
        stored = 0
    if stored:
        first = archive.payload_offset + offset
        yield from _fetch(item, held, first, first + stored, progress)
    watch = Watch(progress, "open", end - start)
    yield Work(write_span(opened, out, start, end, watch), watch)
    return OpenedPart(start, end, size, opened.label_xml, services_of(opened))


def _fetch(item: str, held: PartlyHere, start: int, end: int, progress: Tell | None) -> Steps[None]:
    """Fetch these bytes of an item's container. A node that knows no ranges gives the whole, and that is kept."""
    taken: list[int] = []

    def sink(piece: bytes) -> None:
        held.fill_in(start + sum(taken), piece)
        taken.append(len(piece))

    request = Request("GET", f"/items/{part(item)}/container", headers={"Range": f"bytes={start}-{end - 1}"})
    reply: Reply = yield Download(request, sink, Watch(progress, "download"))
    if reply.is_error:
        read_reply(reply)
    given, last, size = place_of(reply.content_range) if reply.content_range else (0, sum(taken), sum(taken))
    if given != start or last - given != sum(taken):
        raise Unreachable("answer", field="answer.Content-Range", expected="the part that was asked for")
    held.sized(size)


def stream_container(
    session: Session, container: Path, out: Output, span: Span | None = None, progress: Tell | None = None
) -> Steps[OpenedPart]:
    """Open a container file that lies on this machine and write it, or a span of it, to an open stream (phase open).

    A page of a container of many gibibytes reads its manifest and that page's segments.
    """
    with reading(container, "container"):
        pass
    with writing(Path("-"), "output"):
        return (yield from _stream(session, container, out, span, progress))


def _stream(
    session: Session, container: Path, out: Output, span: Span | None, progress: Tell | None, *, item: str = ""
) -> Steps[OpenedPart]:
    with container.open("rb") as source:
        opened = yield from opened_container(session, source, item)
        size = opened.payload.size
        start, end = (span or Span()).within(size)
        watch = Watch(progress, "open", end - start)
        yield Work(write_span(opened, out, start, end, watch), watch)
    return OpenedPart(start, end, size, opened.label_xml, services_of(opened))


def write_span(opened: OpenedContainer, out: Output, start: int, end: int, watch: Watch) -> Generator[None, None, None]:
    """Write these bytes of the document, piece by piece, each verified before."""
    done = 0
    for piece in opened.views(start, end):
        out.write(piece)
        done += len(piece)
        watch.at(done)
        yield
