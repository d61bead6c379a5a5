"""Lists that grow with the years, a page of them at a time: works by links alone, and each list of a page by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.http import HttpRequest

Row = TypeVar("Row")
LINES: Final = 25
_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """So many lines of a list. `first`, `last`: their numbers, counted from 1; `count`: of all.

    `before`, `after`: the query of the lines before and after these, "" where there are none; `place`: the list's id.
    """

    rows: Sequence[Row]
    first: int
    last: int
    count: int
    before: str
    after: str
    place: str


def part_of(request: HttpRequest, every: Sequence[Row], place: str, lines: int = LINES) -> Part[Row]:
    """The lines that the query asks for by the name of their list; the first ones without, the last ones beyond."""
    asked = request.GET.get(place, "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else 1
    pages = max(1, -(-len(every) // lines))
    number = min(max(number, 1), pages)
    start = (number - 1) * lines
    rows = every[start : start + lines]
    return Part(
        rows=rows,
        first=start + 1 if rows else 0,
        last=start + len(rows),
        count=len(every),
        before=_query(request, place, number - 1) if number > 1 else "",
        after=_query(request, place, number + 1) if number < pages else "",
        place=place,
    )


def _query(request: HttpRequest, place: str, number: int) -> str:
    """The present query with another page of this list: what else was chosen stays chosen."""
    asked = request.GET.copy()
    asked[place] = str(number)
    return asked.urlencode()
