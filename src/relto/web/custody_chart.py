"""The drawing of a chain of custody: two lanes, a numbered dot for each link, a hollow one for what is not seen.

The table beside it is the record; the drawing is its index. Positions are in the units of the view box. The order of
the dots is that of the events; their distances are even, so that events of one minute can be told apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.procedures.custody_chain import Gap, Link

WIDTH: Final = 1130
_LEFT, _RIGHT = 160, 1090
_MOST_DOTS: Final = 16
_LANES: Final = (92, 196)
_LANE_HEIGHT: Final = 76
_LABELLED: Final = 9
_TOP: Final = 22
_BELOW: Final = 12


@dataclass(frozen=True, slots=True)
class Dot:
    """A link (its number) or something missing (`number` 0, `gap`). `label_y`: where its `word`, a code, stands."""

    x: int
    y: int
    number: int
    label_y: int
    word: str
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """From dot to dot: `crosses` from one nation's record to the other's, or to what is missing."""

    path: str
    crosses: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """A nation's band."""

    nation: str
    y: int
    text_y: int


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing of at most sixteen dots; a long chain is drawn in several, one below the other."""

    part: int
    parts: int
    bottom: int
    lanes: tuple[Lane, ...]
    lines: tuple[Line, ...]
    dots: tuple[Dot, ...]
    ends_now: bool
    lane_height: int = _LANE_HEIGHT
    width: int = WIDTH
    top: int = _TOP

    @property
    def height(self) -> int:
        """Of the view box, which begins at `top`: the word of the present day stands above the lanes."""
        return self.bottom + _BELOW - self.top


def charts(links: Sequence[Link], gaps: Sequence[Gap], nations: Sequence[str]) -> list[Chart]:
    """The drawings of a chain; own nation above. Without a partner's word there is one lane."""
    lanes = tuple(
        Lane(nation, _LANES[place] - _LANE_HEIGHT // 2, _LANES[place] + 5) for place, nation in enumerate(nations[:2])
    )
    rows: list[Link | Gap] = [*links, *gaps]
    parts = [rows[start : start + _MOST_DOTS] for start in range(0, len(rows), _MOST_DOTS)]
    return [_chart(part, number, len(parts), lanes, list(nations[:2])) for number, part in enumerate(parts, start=1)]


def _chart(part: Sequence[Link | Gap], number: int, parts: int, lanes: tuple[Lane, ...], nations: list[str]) -> Chart:
    step = (_RIGHT - _LEFT) // max(len(part) - 1, 1)
    is_labelled = len(part) <= _LABELLED
    dots = []
    for place, one in enumerate(part):
        lane = _lane(one, nations)
        y = _LANES[lane]
        word = one.event.kind if isinstance(one, Link) else one.code
        dots.append(
            Dot(
                x=_LEFT + place * step if len(part) > 1 else (_LEFT + _RIGHT) // 2,
                y=y,
                number=one.number if isinstance(one, Link) else 0,
                label_y=y - 20 if lane == 0 else y + 30,
                word=word if is_labelled else "",
                gap=one if isinstance(one, Gap) else None,
            )
        )
    lines = [
        Line(f"M{before.x} {before.y}L{after.x} {after.y}", crosses=before.y != after.y or after.gap is not None)
        for before, after in itertools.pairwise(dots)
    ]
    bottom = _LANES[len(lanes) - 1] + _LANE_HEIGHT // 2
    return Chart(number, parts, bottom, lanes, tuple(lines), tuple(dots), ends_now=number == parts)


def _lane(one: Link | Gap, nations: list[str]) -> int:
    if isinstance(one, Gap):
        return len(nations) - 1 if one.other_side else 0
    return nations.index(one.event.nation) if one.event.nation in nations else 0
