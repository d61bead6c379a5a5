"""Two pictures of an impact as SVG 1.1 text: a matrix and bars. Each figure in them also stands in a table beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_GAINED, _LOST, _INK = "#1b6ca8", "#b3541e", "#222222"
_ROW, _LEFT, _WIDE, _TOP = 26, 330, 420, 54


def bars(title: str, rows: Sequence[dict[str, Any]], name: str, words: tuple[str, str]) -> str:
    """A pair of bars for each row: gained above, lost below. `words`: how the two are called."""
    most = max([1, *(max(int(row["gained"]), int(row["lost"])) for row in rows)])
    parts = []
    for place, row in enumerate(rows):
        top = _TOP + place * _ROW
        parts.append(_text(_LEFT - 8, top + 14, str(row[name]) or "-", "end"))
        for shift, kind, colour in ((2, "gained", _GAINED), (12, "lost", _LOST)):
            wide = round(int(row[kind]) / most * _WIDE, 1)
            parts.append(f'<rect x="{_LEFT}" y="{top + shift}" width="{wide}" height="9" fill="{colour}"/>')
            parts.append(_text(_LEFT + wide + 5, top + shift + 9, f"{int(row[kind]):,}", "start", 9))
    return _picture(title, parts, _LEFT + _WIDE + 120, _TOP + len(rows) * _ROW + 12, words)


def matrix(title: str, rows: Sequence[dict[str, Any]], words: tuple[str, str]) -> str:
    """Levels down, nations across; in each cell gained and lost, the darker the more."""
    levels = list(dict.fromkeys(str(row["level"]) for row in rows))
    nations = list(dict.fromkeys(str(row["nation"]) for row in rows))
    most = max([1, *(max(int(row["gained"]), int(row["lost"])) for row in rows)])
    parts = [_text(_LEFT + place * 180 + 90, _TOP - 6, nation, "middle") for place, nation in enumerate(nations)]
    parts += [_text(_LEFT - 8, _TOP + place * _ROW + 17, level, "end") for place, level in enumerate(levels)]
    for row in rows:
        left = _LEFT + nations.index(str(row["nation"])) * 180
        top = _TOP + levels.index(str(row["level"])) * _ROW
        for shift, kind, colour in ((0, "gained", _GAINED), (88, "lost", _LOST)):
            dark = round(0.08 + 0.42 * int(row[kind]) / most, 3) if row[kind] else 0
            parts.append(
                f'<rect x="{left + shift + 2}" y="{top + 1}" width="84" height="{_ROW - 3}" fill="{colour}" '
                f'fill-opacity="{dark}" stroke="{colour}" stroke-width="0.5"/>'
            )
            parts.append(_text(left + shift + 44, top + 17, f"{int(row[kind]):,}", "middle", 10))
    return _picture(title, parts, _LEFT + len(nations) * 180 + 20, _TOP + len(levels) * _ROW + 12, words)


def _picture(title: str, parts: Sequence[str], wide: float, high: float, words: tuple[str, str]) -> str:
    legend = []
    for place, (word, colour) in enumerate(zip(words, (_GAINED, _LOST), strict=True)):
        legend.append(f'<rect x="{_LEFT + place * 120}" y="26" width="10" height="10" fill="{colour}"/>')
        legend.append(_text(_LEFT + place * 120 + 15, 35, word, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" '
        f'viewBox="0 0 {wide:g} {high:g}" role="img" aria-label={quoteattr(title)}>\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + _text(12, 18, title, "start", 13)
        + "\n"
        + "\n".join([*legend, *parts])
        + "\n</svg>\n"
    )


def _text(left: float, top: float, said: str, anchor: str, size: int = 11) -> str:
    return (
        f'<text x="{left:g}" y="{top:g}" font-family="sans-serif" font-size="{size}" fill="{_INK}" '
        f'text-anchor="{anchor}">{escape(said)}</text>'
    )
