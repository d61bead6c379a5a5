"""The impact of a draft as it is shown: a matrix of levels and nations, bars of programmes, tables beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.services.rule_impact import RuleImpact

_MOST_BARS: Final = 8
_WIDE: Final = 170
_LEFT: Final = 132
_ROW: Final = 46
_HATCH: Final = 9
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Bar:
    """One programme's pair of bars. Places and widths in units of the picture; `hatches`: lines over the lost part."""

    name: str
    top: int
    gained: int
    lost: int
    gained_wide: float
    lost_wide: float
    hatches: tuple[tuple[float, float], ...]

    @property
    def gained_label(self) -> float:
        """Where the figure of what is gained stands."""
        return _LEFT + self.gained_wide + 6

    @property
    def lost_label(self) -> float:
        """Where the figure of what is lost stands."""
        return _LEFT + self.lost_wide + 6


@dataclass(frozen=True, slots=True)
class Bars:
    """At most eight programmes, those of most changes first; `left_out`: how many stand in the table only."""

    bars: tuple[Bar, ...]
    left_out: int
    height: int
    left: int = _LEFT
    width: int = _LEFT + _WIDE + 48


@dataclass(frozen=True, slots=True)
class LevelTable:
    """Levels down, nations of the people across; a cell is (gained, lost), None where no such pair exists."""

    nations: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, int] | None, ...]], ...]


def bars_of(rows: Sequence[Mapping[str, Any]]) -> Bars | None:
    """The bars of the programmes in which something changes; None when nothing does."""
    changed = [row for row in rows if row["gained"] or row["lost"]]
    if not changed:
        return None
    ranked = sorted(changed, key=lambda row: (-(row["gained"] + row["lost"]), row["programme"]))
    shown = ranked[:_MOST_BARS]
    most = max(max(row["gained"], row["lost"]) for row in shown)
    made = tuple(_bar(row, place, most) for place, row in enumerate(shown))
    return Bars(made, len(ranked) - len(shown), len(made) * _ROW + 30)


def _bar(row: Mapping[str, Any], place: int, most: int) -> Bar:
    gained, lost = (round(int(row[kind]) / most * _WIDE, 1) for kind in ("gained", "lost"))
    steps = range(0, max(0, int(lost) - _HATCH), _HATCH)
    return Bar(
        name=str(row["programme"]) or "-",
        top=place * _ROW + 6,
        gained=int(row["gained"]),
        lost=int(row["lost"]),
        gained_wide=gained,
        lost_wide=lost,
        hatches=tuple((_LEFT + step, _LEFT + step + _HATCH) for step in steps),
    )


def level_table(rows: Iterable[Mapping[str, Any]], nations_of: Mapping[str, str]) -> LevelTable:
    """The matrix. `nations_of`: whose a policy is, by its object identifier; a level is told with its nation."""
    cells: dict[str, dict[str, tuple[int, int]]] = {}
    for row in rows:
        level = level_words(str(row["level"]), nations_of)
        cells.setdefault(level, {})[str(row["nation"])] = (int(row["gained"]), int(row["lost"]))
    nations = tuple(sorted({nation for line in cells.values() for nation in line}))
    return LevelTable(nations, tuple((level, tuple(map(line.get, nations))) for level, line in sorted(cells.items())))


def level_words(level: str, nations_of: Mapping[str, str]) -> str:
    """A level with its nation in front, from a policy's object identifier and the level's name."""
    policy, _, name = level.partition(" ")
    return f"{nations_of.get(policy, policy)} {name}".strip()


def as_csv(impact: RuleImpact, nations_of: Mapping[str, str]) -> bytes:
    """Every table of the answer as RFC 4180 lines; a text that a spreadsheet would take for a formula is marked."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("table", "name", "nation", "gained", "lost", "rules"))
    for row in _lines(impact, nations_of):
        writer.writerow([f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in row])
    return out.getvalue().encode("utf-8")


def _lines(impact: RuleImpact, nations_of: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    yield "pairs", "", "", impact.pairs_gained, impact.pairs_lost, ""
    yield "people", "", "", impact.people_gaining, impact.people_losing, ""
    yield "items", "", "", impact.items_gaining, impact.items_losing, ""
    yield "open_cases", "", "", impact.cases.freed, impact.cases.stopped, ""
    for row in impact.by_level:
        yield "level", level_words(str(row["level"]), nations_of), row["nation"], row["gained"], row["lost"], ""
    for row in impact.by_programme:
        yield "programme", row["programme"], "", row["gained"], row["lost"], ""
    for row in impact.people_rows or ():
        yield "person", row["person"], "", row["gained"], row["lost"], ""
    for row in impact.item_rows or ():
        yield "item", row["item"], "", row["gained"], row["lost"], ""
    for case in impact.case_rows or ():
        yield "case", case.case, "", len(case.frees), len(case.stops), " ".join((*case.stops, *case.frees))
