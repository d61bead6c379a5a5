"""Lists that grow with the years, a page of them at a time: works by links alone, and each list of a page by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, overload

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


@dataclass(frozen=True, slots=True)
class Counted(Sequence[Row]):
    """A list of which only the lines that are shown are read. `read`: the lines from a number on, so many at most."""

    count_of: int
    read: Callable[[int, int], Sequence[Row]]

    def __len__(self) -> int:
        """How many lines there are."""
        return self.count_of

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        """The line of a number, or those between two numbers."""
        if isinstance(place, slice):
            first, last, _ = place.indices(self.count_of)
            return self.read(first, max(0, last - first))
        return self.read(place, 1)[0]


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
