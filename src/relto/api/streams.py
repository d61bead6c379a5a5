"""Bodies and answers that are files: read and written in chunks, never held whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

from django.http import HttpRequest, StreamingHttpResponse

from relto.base.errors import MalformedInput, OutOfRange, TooLarge

CHUNK = 1 << 20
_RANGE = re.compile(r"bytes=([0-9]{1,15})?-([0-9]{1,15})?")
OCTETS = "application/octet-stream"
JSON = "application/json"
BYTES_IN: dict[str, Any] = {
    "requestBody": {"required": True, "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}}}
}


def bytes_out(media_types: str | Iterable[str], what: str) -> dict[str, Any]:
    """The OpenAPI description of an answer that is a file, of one of these types; a file of JSON is an object."""
    named = (media_types,) if isinstance(media_types, str) else tuple(dict.fromkeys(media_types))
    schemas = {one: {"type": "object"} if one == JSON else {"type": "string", "format": "binary"} for one in named}
    content = {one: {"schema": schema} for one, schema in schemas.items()}
    return {"responses": {200: {"description": what, "content": content}}}


def body_chunks(request: HttpRequest) -> Iterator[bytes]:
    """The request's body in chunks.

    Without a Content-Length (a chunked body) Django reads nothing, so the server's own stream is read, which ends
    where the body ends (WSGI servers say so by `wsgi.input_terminated`). Raises MalformedInput when neither is there.
    """
    source: IO[bytes] | HttpRequest = request
    if not request.META.get("CONTENT_LENGTH"):
        if not request.META.get("wsgi.input_terminated"):
            raise MalformedInput("length", field="Content-Length", expected="the length of the body")
        source = request.META["wsgi.input"]
    while chunk := source.read(CHUNK):
        yield chunk


def small_body(request: HttpRequest, most: int) -> bytes:
    """The whole body when it is at most `most` bytes. Raises TooLarge."""
    held = bytearray()
    for chunk in body_chunks(request):
        held += chunk
        if len(held) > most:
            raise TooLarge("body", field="body", expected=f"at most {most} bytes")
    return bytes(held)


def wanted_part(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """The one range of bytes that a request asks for, as start (included) and end (excluded); None: the whole.

    RFC 9110 section 14.2: what is no such range (several, other units, bad syntax, If-Range, which nothing here
    validates) is ignored. Raises OutOfRange for one that lies behind the end.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = match.groups() if match else (None, None)
    if not (first or last) or "If-Range" in request.headers or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(0, size - int(last or 0))
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise OutOfRange("container", field="Range", found=size, expected="bytes inside the container")
    return start, end


def part_answer(chunks: Iterator[bytes], media_type: str, part: tuple[int, int], size: int) -> StreamingHttpResponse:
    """A part of a file as an answer (RFC 9110 section 15.3.7)."""
    start, end = part
    answer = StreamingHttpResponse(chunks, content_type=media_type, status=206)
    answer["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    answer["Content-Length"] = str(end - start)
    answer["Accept-Ranges"] = "bytes"
    return answer


def file_answer(
    chunks: Iterator[bytes], media_type: str, file_name: str, size: int | None = None
) -> StreamingHttpResponse:
    """A file as an answer, made while it is sent."""
    answer = StreamingHttpResponse(chunks, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    if size is not None:
        answer["Content-Length"] = str(size)
    return answer
