"""A body of two parts (multipart/form-data, RFC 7578): a small announcement first, then a container as a stream.

Rules: the parts come in this order under these names, and nothing after them. The announcement is at most 64 KiB; the
container is handed on in chunks while it arrives, so that memory stays flat whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData, Preamble

from relto.api.streams import CHUNK, OCTETS, body_chunks
from relto.base.errors import MalformedInput, TooLarge

ANNOUNCEMENT, CONTAINER = "announcement", "container"
LARGEST_ANNOUNCEMENT = 64 * 1024
_FORM = "multipart/form-data"
_LONGEST_BOUNDARY = 70  # RFC 2046, section 5.1.1
# What the decoder may hold: one chunk, and what it cannot hand on of the one before (headers, half a boundary).
_MOST_HELD = CHUNK + 16 * 1024
_AROUND_BOUNDARY = len("\r\n----\r\n")
_LINE_BREAK = re.compile(rb"[\r\n]")
_PARTS = f"the part {ANNOUNCEMENT}, then the part {CONTAINER}, and nothing else"


def form_in(schema: str) -> dict[str, Any]:
    """The OpenAPI description of such a body; `schema` names the component that the announcement is."""
    properties = {
        ANNOUNCEMENT: {"$ref": f"#/components/schemas/{schema}"},
        CONTAINER: {"type": "string", "format": "binary"},
    }
    content = {
        "schema": {"type": "object", "required": [ANNOUNCEMENT, CONTAINER], "properties": properties},
        "encoding": {ANNOUNCEMENT: {"contentType": "application/json"}, CONTAINER: {"contentType": OCTETS}},
    }
    return {"requestBody": {"required": True, "content": {_FORM: content}}}


def announcement_and_container(request: HttpRequest) -> tuple[bytes, Iterator[bytes]]:
    """The announcement whole, and the container's chunks as they arrive. Raises MalformedInput or TooLarge."""
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if kind != _FORM or not 1 <= len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii():
        raise MalformedInput("multipart", field="Content-Type", expected=f"{_FORM} with its boundary")
    events = read_parts(boundary.encode("ascii"), body_chunks(request))
    announcement = bytearray()
    for piece in _part(events, ANNOUNCEMENT):
        announcement += piece
        if len(announcement) > LARGEST_ANNOUNCEMENT:
            raise TooLarge("body", field=ANNOUNCEMENT, expected=f"at most {LARGEST_ANNOUNCEMENT} bytes")
    return bytes(announcement), _last_part(events, CONTAINER)


def _last_part(events: Iterator[Event], name: str) -> Iterator[bytes]:
    yield from _part(events, name)
    end = next(events, None)
    if not isinstance(end, Epilogue) or end.data.strip():
        raise MalformedInput("multipart", field="body", expected=_PARTS)


def _part(events: Iterator[Event], name: str) -> Iterator[bytes]:
    opened = next((event for event in events if not isinstance(event, Preamble)), None)
    if not isinstance(opened, Field | File) or opened.name != name:
        raise MalformedInput("multipart", field=name, expected=_PARTS)
    for event in events:
        if isinstance(event, Data):
            yield event.data
            if not event.more_data:
                return


def read_parts(boundary: bytes, chunks: Iterable[bytes]) -> Iterator[Event]:
    """What the decoder finds, while the chunks arrive; the end of the body is an Epilogue. Raises as above."""
    decoder = MultipartDecoder(boundary, _MOST_HELD)
    try:
        for chunk in _with_whole_delimiters(chunks, len(boundary) + _AROUND_BOUNDARY):
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), NeedData):
                yield event
        decoder.receive_data(None)
        while True:
            yield (event := decoder.next_event())
            if isinstance(event, Epilogue):
                return
    except RequestEntityTooLarge as error:
        raise TooLarge("body", field="body", expected=_PARTS) from error
    except ValueError as error:
        raise MalformedInput("multipart", field="body", expected=_PARTS) from error


def _with_whole_delimiters(chunks: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """The same bytes, cut so that no delimiter is cut in two.

    werkzeug 3.1 takes the line break of a delimiter that is cut between its last two hyphens for data.
    """
    held = b""
    for chunk in chunks:
        piece = held + chunk
        begun = _LINE_BREAK.search(piece, max(0, len(piece) - longest))
        end = begun.start() if begun else len(piece)
        held = piece[end:]
        yield piece[:end]
    yield held
