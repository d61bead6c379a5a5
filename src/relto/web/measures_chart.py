"""The drawing of how long the working group's stretches took: a bar each, from zero; the table has the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 720
LEFT: Final = 300
_RIGHT: Final = 80
_STEP: Final = 30
_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in units of the picture: as long as the median, and as the ninth of ten; `label`: where `said` stands."""

    words: str
    top: int
    width: int
    nine_width: int
    label: int
    said: str


@dataclass(frozen=True, slots=True)
class Bars:
    """At most eight bars."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    left: int


def bars_of(rows: Sequence[tuple[str, int, int]]) -> Bars | None:
    """The bars of (words, median days, ninth of ten); None without any. Those of most days first."""
    chosen = sorted(rows, key=lambda row: -row[2])[:_MOST]
    if not chosen:
        return None
    longest = max(1, chosen[0][2])
    room = WIDTH - LEFT - _RIGHT
    bars = []
    for number, (words, median, nine) in enumerate(chosen):
        wide, nine_wide = round(room * median / longest), round(room * nine / longest)
        bars.append(Bar(words, number * _STEP, wide, nine_wide, LEFT + nine_wide + 6, f"{median} / {nine}"))
    return Bars(tuple(bars), WIDTH, len(bars) * _STEP + 6, LEFT)
