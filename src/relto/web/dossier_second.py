"""The second person of two: she looks at each point that is not plainly right herself, before she can sign.

All checks are made anew for her. Each point that was found stands beside a box of its own, none of them ticked, and a
signature without all of them does not go through: she signs what she saw, not what somebody concluded before her.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import QueryDict
from django.utils.translation import ngettext

from relto.web.dossier_rows import FindingRow

SEEN: Final = "step/seen"
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Point:
    """A point to look at. `value`: of its box; `ticked`: she says that she looked."""

    value: str
    number: int
    row: FindingRow
    ticked: bool


def points(rows: Iterable[FindingRow], posted: QueryDict) -> tuple[Point, ...]:
    """What was found, each with its box as it was sent."""
    ticked = set(posted.getlist(SEEN)[:_MOST])
    made: list[Point] = []
    for number, row in enumerate(rows, 1):
        value = f"{row.told.code}@{row.told.path}"
        made.append(Point(value, number, row, value in ticked))
    return tuple(made)


def not_seen(found: Sequence[Point]) -> str:
    """What is wrong with a signature that leaves points out, "" when she looked at all."""
    left = sum(not one.ticked for one in found)
    if not left:
        return ""
    said = ngettext("Look at %(count)d more point, and tick it.", "Look at %(count)d more points, and tick each.", left)
    return said % {"count": left}
