"""Canonical JSON: one value, one sequence of bytes (RFC 8785), and strict reading of JSON from others.

Rules enforced on reading: UTF-8; no duplicate member names; integers only, within +-(2^53 - 1); no NaN or Infinity;
bounded size, depth and number of values. relto's own documents carry no floating-point numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import rfc8785

from relto.base.errors import MalformedInput, TooLarge

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

LARGEST_INTEGER = 2**53 - 1
DEFAULT_MAX_BYTES = 4 * 1024 * 1024
DEFAULT_MAX_DEPTH = 32
# Strings are skipped whole, so that brackets inside them do not count.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def canonical_bytes(value: Mapping[str, Any] | Sequence[Any] | str | int | None) -> bytes:
    """The RFC 8785 bytes of a JSON value. Raises MalformedInput if it cannot be expressed."""
    try:
        return rfc8785.dumps(_plain(value))
    except rfc8785.CanonicalizationError as error:
        raise MalformedInput("json", field="value", expected="a value RFC 8785 can express") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        raise MalformedInput("json.float", field="value", expected="integers only")
    return value


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def read_json(
    data: bytes | str,
    *,
    field: str = "document",
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_depth: int = DEFAULT_MAX_DEPTH,
) -> Json:
    """Parse JSON from another party. Raises MalformedInput or TooLarge naming `field`; never anything else."""
    if len(data) > max_bytes:
        raise TooLarge("json", field=field, found=len(data), expected=f"at most {max_bytes} bytes")

    def refuse(what: str) -> NoReturn:
        raise MalformedInput(f"json.{what}", field=field, expected="strict JSON: unique names, integers, UTF-8")

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            refuse("duplicate_name")
        return found

    def integer(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:  # noqa: PLR2004  17 = sign and 16 digits of 2^53
            refuse("integer_range")
        return int(text)

    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            refuse("utf8")
    else:
        text = data
    _check_depth(text, max_depth, refuse)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=members,
            parse_float=lambda _: refuse("float"),
            parse_int=integer,
            parse_constant=lambda _: refuse("constant"),
        )
    except (json.JSONDecodeError, RecursionError):
        refuse("syntax")
    return value


def _check_depth(text: str, max_depth: int, refuse: Any) -> None:  # a local callback that never returns
    depth = 0
    for token in _STRUCTURE.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > max_depth:
                refuse("depth")
        elif mark in "]}":
            depth -= 1


def read_object(data: bytes | str, *, field: str = "document", max_bytes: int = DEFAULT_MAX_BYTES) -> dict[str, Json]:
    """Like `read_json`, and the top value must be an object."""
    value = read_json(data, field=field, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise MalformedInput("json.object", field=field, expected="a JSON object")
    return value
