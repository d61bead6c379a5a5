"""The codecs of the Connect protocol, by content type: a new one is one row of the table.

Messages are plain JSON values inside the door, in the names of proto3 JSON; a codec turns them into bytes and back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from relto.base.canonical import Json, read_object
from relto.base.errors import ReltoError
from relto.kas.failures import RequestFailure


class Codec(Protocol):
    """One encoding of messages; `message` is the protobuf name, such as kas.RewrapRequest."""

    def read(self, message: str, data: bytes) -> Mapping[str, Json]:
        """The message in a request body. Raises RequestFailure."""
        ...

    def write(self, message: str, value: Json) -> bytes:
        """The bytes of an answer."""
        ...


class JsonCodec:
    """proto3 JSON: unknown members ignored, an empty body is an empty message."""

    def read(self, message: str, data: bytes) -> Mapping[str, Json]:
        """See Codec; the names of members carry the type, so `message` is not needed."""
        del message
        if not data:
            return {}
        try:
            return read_object(data, field="request", max_bytes=len(data))
        except ReltoError as error:
            raise RequestFailure("invalid_argument", "invalid request body") from error

    def write(self, message: str, value: Json) -> bytes:
        """See Codec."""
        del message
        return json.dumps(value, separators=(",", ":")).encode("ascii")


class LateProtobufCodec:
    """protobuf, whose library and descriptors are made when the first client speaks it: few do."""

    @cached_property
    def _codec(self) -> Codec:
        from relto.kas.protobuf_codec import ProtobufCodec  # noqa: PLC0415  see the class

        return ProtobufCodec()

    def read(self, message: str, data: bytes) -> Mapping[str, Json]:
        """See Codec."""
        return self._codec.read(message, data)

    def write(self, message: str, value: Json) -> bytes:
        """See Codec."""
        return self._codec.write(message, value)


CODECS: Mapping[str, Codec] = {"application/json": JsonCodec(), "application/proto": LateProtobufCodec()}


def codec_of(content_type: str) -> tuple[str, Codec]:
    """The content type to answer in, and its codec. Raises RequestFailure with 415 for an unknown one."""
    name = content_type.partition(";")[0].strip().lower()
    found = CODECS.get(name)
    if found is None:
        raise RequestFailure("unimplemented", "content type not supported", status=415)
    return name, found
