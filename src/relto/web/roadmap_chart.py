"""The drawing of the roadmap: for each step, for how many topics all that is known of is done. The table is the record.

Bars from zero, each with its number and its whole written beside it (design brief, section 7); positions are in the
units of the view box; what is drawn is hidden from nobody: the table below has the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.alignment.roadmap import STEPS

WIDTH: Final = 960
_LEFT, _RIGHT = 250, 820
_ROW: Final = 34
_BAR: Final = 18
_TOP: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: `done` of `of` topics."""

    code: str
    done: int
    of: int
    y: int
    text_y: int
    width: int
    label_x: int
    end_y: int
    height: int = _BAR
    step_x: int = _LEFT - 12


@dataclass(frozen=True, slots=True)
class RoadmapChart:
    """The bars in the order of the steps; `axis`: the x of the longest possible bar's end."""

    bars: tuple[Bar, ...]
    height: int
    left: int = _LEFT
    axis: int = _RIGHT
    width: int = WIDTH


def roadmap_chart(reached: Mapping[str, int], topics: int) -> RoadmapChart:
    """The drawing. `reached`: step -> finished topics, of `topics` in all."""
    bars = []
    for place, code in enumerate(STEPS):
        done = reached.get(code, 0)
        length = (_RIGHT - _LEFT) * done // topics if topics else 0
        y = _TOP + place * _ROW
        bars.append(Bar(code, done, topics, y, y + _BAR - 4, length, _LEFT + length + 8, y + _BAR))
    return RoadmapChart(tuple(bars), _TOP + len(STEPS) * _ROW)
