"""Texts and choices that people give: bounded, printable, known. Errors never repeat a text (promise 1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import TypeVar

from relto.base.errors import MalformedInput, UnknownValue
from relto.base.instants import Instant

LONGEST_TITLE = 200
LONGEST_REASON = 1000
LONGEST_FILE_NAME = 255
_Choice = TypeVar("_Choice", bound=StrEnum)


def read_text(value: object, *, field: str, longest: int = LONGEST_TITLE) -> str:
    """`value` without surrounding space: printable, not empty, at most `longest` characters. Raises MalformedInput."""
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > longest or not text.isprintable():
        raise MalformedInput("text", field=field, expected=f"1 to {longest} printable characters")
    return text


def read_file_name(value: object, *, field: str = "file_name") -> str:
    """A plain file name: no path, no control character. Raises MalformedInput."""
    name = read_text(value, field=field, longest=LONGEST_FILE_NAME)
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise MalformedInput("file_name", field=field, expected="a file name without a path")
    return name


def read_choice(value: object, known: Collection[str], *, field: str) -> str:
    """`value` if it is one of `known`. Raises UnknownValue that lists them."""
    if not isinstance(value, str) or value not in known:
        raise UnknownValue(field, field=field, expected=", ".join(sorted(known)))
    return value


def read_choices(values: Iterable[object], kind: type[_Choice], *, field: str) -> frozenset[_Choice]:
    """Each value as a member of the enumeration. Raises UnknownValue that lists its members."""
    known = {str(member): member for member in kind}
    return frozenset(known[read_choice(value, known, field=field)] for value in values)


def read_period(valid_from: Instant, valid_until: Instant) -> tuple[Instant, Instant]:
    """Both instants aware, the first before the second. Raises MalformedInput."""
    for field, moment in (("valid_from", valid_from), ("valid_until", valid_until)):
        if moment.tzinfo is None:
            raise MalformedInput("instant.zone", field=field, expected="an instant with its zone")
    if not valid_from < valid_until:
        raise MalformedInput("period", field="valid_until", expected="an instant after valid_from")
    return valid_from, valid_until
