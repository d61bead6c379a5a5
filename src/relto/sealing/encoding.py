"""Bounded reading of the small encodings inside a container: strict base64 (RFC 4648), typed JSON members, text.

Everything raises MalformedInput or TooLarge naming the field, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence

from relto.base.canonical import LARGEST_INTEGER, Json
from relto.base.errors import MalformedInput, TooLarge

DEFAULT_MAX_TEXT = 64 * 1024
_URL_SAFE = str.maketrans("-_", "+/")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def base64_text(data: bytes) -> str:
    """Standard alphabet, padded, no line breaks: the only form that is ever written."""
    return base64.b64encode(data).decode("ascii")


def read_base64(text: str, *, field: str, max_bytes: int = DEFAULT_MAX_TEXT) -> bytes:
    """Strict standard base64: padded, canonical (one text per value), nothing else inside."""
    if len(text) > (max_bytes + 2) // 3 * 4:
        raise TooLarge("base64", field=field, expected=f"at most {max_bytes} bytes")
    if not text.isascii() or not _BASE64.fullmatch(text):
        raise MalformedInput("base64", field=field, expected="padded standard base64")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInput("base64", field=field, expected="padded standard base64") from error
    if base64_text(data) != text:
        raise MalformedInput("base64", field=field, expected="padded standard base64 in its canonical form")
    return data


def read_any_base64(text: str, *, field: str, max_bytes: int = DEFAULT_MAX_TEXT) -> bytes:
    """Base64 as proto3 JSON demands of a reader: either alphabet, with or without padding."""
    plain = text.translate(_URL_SAFE).rstrip("=")
    return read_base64(plain + "=" * (-len(plain) % 4), field=field, max_bytes=max_bytes)


def refuse_unspeakable(value: Json, *, field: str) -> None:
    """Refuse strings with lone surrogates anywhere in `value`: they have no UTF-8 form, so no digest either."""
    try:
        _written(value).encode("utf-8")  # all of its strings at once
    except UnicodeEncodeError as error:
        raise MalformedInput("text.surrogate", field=field, expected="text with a UTF-8 form") from error


_written = json.JSONEncoder(ensure_ascii=False, check_circular=False, skipkeys=True, default=lambda _: None).encode


def member_text(
    holder: Mapping[str, object],
    name: str,
    *,
    field: str,
    default: str | None = None,
    max_length: int = DEFAULT_MAX_TEXT,
) -> str:
    """The string member `name`; absent or null gives `default`, or MalformedInput when there is none."""
    value = holder.get(name)
    if value is None:
        if default is None:
            raise MalformedInput("member.missing", field=f"{field}.{name}", expected="a string")
        return default
    if not isinstance(value, str):
        raise MalformedInput("member.type", field=f"{field}.{name}", expected="a string")
    if len(value) > max_length:
        raise TooLarge("member", field=f"{field}.{name}", expected=f"at most {max_length} characters")
    return value


def member_integer(
    holder: Mapping[str, object],
    name: str,
    *,
    field: str,
    default: int | None = None,
    largest: int = LARGEST_INTEGER,
) -> int:
    """The non-negative integer member `name`, at most `largest`; absent or null gives `default`."""
    value = holder.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedInput("member.type", field=f"{field}.{name}", expected="an integer, not negative")
    if value > largest:
        raise TooLarge("member", field=f"{field}.{name}", expected=f"at most {largest}")
    return value


def member_object(holder: Mapping[str, object], name: str, *, field: str) -> Mapping[str, object]:
    """The object member `name`. Raises MalformedInput when it is absent or something else."""
    return as_object(holder.get(name), field=f"{field}.{name}")


def as_object(value: object, *, field: str) -> Mapping[str, object]:
    """`value` if it is a JSON object."""
    if not isinstance(value, Mapping):
        raise MalformedInput("member.type", field=field, expected="an object")
    return value


def member_list(
    holder: Mapping[str, object], name: str, *, field: str, max_items: int, min_items: int = 0
) -> Sequence[object]:
    """The array member `name` with a bounded number of items; absent or null is the empty array."""
    value = holder.get(name)
    if value is None:
        value = []
    if not isinstance(value, list | tuple):
        raise MalformedInput("member.type", field=f"{field}.{name}", expected="an array")
    if len(value) > max_items:
        raise TooLarge("member", field=f"{field}.{name}", found=len(value), expected=f"at most {max_items} items")
    if len(value) < min_items:
        raise MalformedInput("member.missing", field=f"{field}.{name}", expected=f"at least {min_items} items")
    return value
