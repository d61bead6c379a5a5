"""Numbers that people read aloud: counted per year, given inside the step that uses them, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, transaction

from relto.base.errors import Unreachable

_TRIES = 16
_Made = TypeVar("_Made")


def numbered(prefix: str, year: int, digits: int, taken: Callable[[str], int], make: Callable[[str], _Made]) -> _Made:
    """What `make` stored under the next number, such as REL-2026-0001.

    `taken` counts the numbers that begin so. Another process may take the same number first: the unique column says so
    and the next is tried. Called inside a step only; raises Unreachable when none was free.
    """
    start = f"{prefix}-{year:04d}-"
    next_number = taken(start) + 1
    for number in range(next_number, next_number + _TRIES):
        try:
            with transaction.atomic():
                return make(f"{start}{number:0{digits}d}")
        except IntegrityError:
            continue
    raise Unreachable("number", field="number", expected="a free number")
