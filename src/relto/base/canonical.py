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
DEFAULT_MAX_VALUES = 1_000_000
# Strings are taken out whole, so that what looks like structure inside them does not count. Possessive, and an open end
# is taken too: nothing is ever looked at twice, however the text is made.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


def canonical_bytes(value: Mapping[str, Any] | Sequence[Any] | str | int | None) -> bytes:
    """The RFC 8785 bytes of a JSON value. Raises MalformedInput if it cannot be expressed."""
    plain = _plain(value)
    try:
        # The standard encoder escapes as RFC 8785 does, and ASCII names sort alike in every encoding.
        text = _encode(plain)
        return text.encode("utf-8") if text.isascii() or _has_ascii_names(plain) else rfc8785.dumps(plain)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise MalformedInput("json", field="value", expected="a value RFC 8785 can express") from error


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def _plain(value: Any) -> Any:
    """The value in dicts, lists and scalars that RFC 8785 knows."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key if type(key) is str else str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        raise MalformedInput("json.float", field="value", expected="integers only")
    known = isinstance(value, str) or (isinstance(value, int) and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)
    if not known:
        raise MalformedInput("json", field="value", expected="a value RFC 8785 can express")
    return value


def _has_ascii_names(plain: Any) -> bool:
    if type(plain) is dict:
        return all(name.isascii() and _has_ascii_names(item) for name, item in plain.items())
    return all(map(_has_ascii_names, plain)) if type(plain) is list else True


def sha256_hex(data: bytes) -> str:
    """Lower-case hex SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def read_json(
    data: bytes | str,
    *,
    field: str = "document",
    max_bytes: int = DEFAULT_MAX_BYTES,
    max_depth: int = DEFAULT_MAX_DEPTH,
    max_values: int = DEFAULT_MAX_VALUES,
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
    _check_structure(text, field, max_values, max_depth, refuse)
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


def _check_structure(
    text: str,
    field: str,
    max_values: int,
    max_depth: int,
    refuse: Any,  # a local callback that never returns
) -> None:
    structure = _STRING.sub("", text)
    if sum(map(structure.count, "[{,")) > max_values:
        raise TooLarge("json", field=field, expected=f"at most {max_values} values")
    depth = 0
    for found in _BRACKET.finditer(structure):
        if found.group() in "[{":
            depth += 1
            if depth > max_depth:
                refuse("depth")
        else:
            depth -= 1


def read_object(data: bytes | str, *, field: str = "document", max_bytes: int = DEFAULT_MAX_BYTES) -> dict[str, Json]:
    """Like `read_json`, and the top value must be an object."""
    value = read_json(data, field=field, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise MalformedInput("json.object", field=field, expected="a JSON object")
    return value
