"""A procedure's table as a picture (SVG) that reads without seeing: title, description, and the same each time."""

from __future__ import annotations

from html import escape

from relto.adapters.words import sentence
from relto.procedures.procedure import Procedure
from relto.procedures.table import STAYS

_WIDTH, _HEIGHT = 186, 40
_ACROSS, _DOWN = 214, 104
_MARGIN = 24
_LINE = 26
_STYLE = (
    "text{font:12.5px sans-serif;fill:#0b0c0c;text-anchor:middle}"
    ".s{fill:#fff;stroke:#0b0c0c;stroke-width:1.5}.e{fill:none;stroke:#505a5f;stroke-width:1.4}"
    ".w{stroke-dasharray:5 4}.n{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}"
)


def picture(procedure: Procedure) -> str:
    """The SVG. States stand in rows by how many steps lead to them; numbers are those of the steps in the table."""
    rows = _rows(procedure)
    widest = max(len(row) for row in rows)
    width = widest * _ACROSS + 2 * _MARGIN
    height = len(rows) * _DOWN + 2 * _MARGIN
    places = {
        state: (
            _MARGIN + (widest - len(row)) * _ACROSS / 2 + number * _ACROSS + _ACROSS / 2,
            _MARGIN + depth * _DOWN + _HEIGHT / 2,
        )
        for depth, row in enumerate(rows)
        for number, state in enumerate(row)
    }
    title = escape(sentence(f"procedure.{procedure.code}"))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="t d">'
        ),
        f'<title id="t">{title}</title>',
        f'<desc id="d">{escape(_described(procedure))}</desc>',
        f"<style>{_STYLE}</style>",
        (
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#505a5f"/></marker></defs>'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_edges(procedure, places),
        *(_box(procedure, state, place) for state, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rows(procedure: Procedure) -> list[list[str]]:
    """The states by their distance from the start; those that are reached only at will stand last."""
    left, rows = list(procedure.table.states), [[procedure.table.start]]
    left.remove(procedure.table.start)
    while left:
        ahead = {one.target for one in procedure.table.transitions if one.sources & set(rows[-1]) and not one.at_will}
        row = [state for state in left if state in ahead] or left[:]
        rows.append(row)
        left = [state for state in left if state not in row]
    return rows


def _edges(procedure: Procedure, places: dict[str, tuple[float, float]]) -> list[str]:
    joined: dict[tuple[str, str, bool], list[str]] = {}
    for number, one in enumerate(procedure.table.transitions, 1):
        for source in procedure.table.states:
            if source in one.sources and one.target != STAYS:
                joined.setdefault((source, one.target, one.at_will), []).append(str(number))
    return [
        _edge(places[source], places[target], ", ".join(numbers), at_will=at_will, spread=place)
        for place, ((source, target, at_will), numbers) in enumerate(joined.items())
    ]


def _edge(start: tuple[float, float], end: tuple[float, float], label: str, *, at_will: bool, spread: int) -> str:
    """A curve from box to box: downwards from below, back from above, and below the boxes within a row."""
    (x1, y1), (x2, y2) = start, end
    bend = 14 + spread % 5 * 9
    if y2 > y1:
        y1, y2 = y1 + _HEIGHT / 2, y2 - _HEIGHT / 2
        c1, c2 = (x1 + bend, (y1 + y2) / 2), (x2 + bend, (y1 + y2) / 2)
    elif y2 < y1:
        y1, y2 = y1 - _HEIGHT / 2, y2 + _HEIGHT / 2
        c1, c2 = (x1 - bend, (y1 + y2) / 2), (x2 - bend, (y1 + y2) / 2)
    else:
        y1 = y2 = y1 + _HEIGHT / 2
        c1, c2 = (x1 + bend, y1 + 26 + bend), (x2 - bend, y1 + 26 + bend)
    kind = "e w" if at_will else "e"
    curve = f"M{x1:.1f} {y1:.1f}C{c1[0]:.1f} {c1[1]:.1f} {c2[0]:.1f} {c2[1]:.1f} {x2:.1f} {y2:.1f}"
    # Where the curve is at six tenths of its way (Bezier, t = 0.6), so that labels of one source stand apart.
    x = 0.064 * x1 + 0.288 * c1[0] + 0.432 * c2[0] + 0.216 * x2
    y = 0.064 * y1 + 0.288 * c1[1] + 0.432 * c2[1] + 0.216 * y2
    return (
        f'<path class="{kind}" d="{curve}" marker-end="url(#a)"/>'
        f'<text class="n" x="{x:.1f}" y="{y + 4:.1f}">{escape(label)}</text>'
    )


def _box(procedure: Procedure, state: str, place: tuple[float, float]) -> str:
    x, y = place
    left, top = x - _WIDTH / 2, y - _HEIGHT / 2
    frame = f'<rect class="s" x="{left:.1f}" y="{top:.1f}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
    if state in procedure.table.final:
        frame += (
            f'<rect class="s" x="{left + 3:.1f}" y="{top + 3:.1f}" width="{_WIDTH - 6}" height="{_HEIGHT - 6}" rx="2"/>'
        )
    words = sentence(f"state.{procedure.code}.{state}")
    shown = words if len(words) <= _LINE + 1 else words[:_LINE] + "…"
    staying = [
        str(number)
        for number, one in enumerate(procedure.table.transitions, 1)
        if one.target == STAYS and state in one.sources
    ]
    added = f'<text class="n" x="{x:.1f}" y="{y + 16:.1f}">+ {", ".join(staying)}</text>' if staying else ""
    rise = 1 if staying else 5
    return f'{frame}<text x="{x:.1f}" y="{y + rise:.1f}">{escape(shown)}</text>{added}'


def _described(procedure: Procedure) -> str:
    """The steps as sentences."""
    code = procedure.code
    return " ".join(
        f"{number}. {sentence(f'step.{code}.{one.name}')}: from "
        + ", ".join(sentence(f"state.{code}.{state}") for state in procedure.table.states if state in one.sources)
        + (f" to {sentence(f'state.{code}.{one.target}')}." if one.target != STAYS else ", which stays.")
        for number, one in enumerate(procedure.table.transitions, 1)
    )
