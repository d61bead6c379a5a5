"""A procedure's table as a picture (SVG) that reads without seeing: title, description, and the same each time."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from relto.adapters.words import DEFAULT_LANGUAGE, catalogue
from relto.procedures.table import STAYS, Table

_WIDTH, _HEIGHT = 186, 40
_ACROSS, _DOWN = 214, 104
_MARGIN = 24
_LINE = 26
_STYLE = (
    "text{font:12.5px sans-serif;fill:#0b0c0c;text-anchor:middle}"
    ".s{fill:#fff;stroke:#0b0c0c;stroke-width:1.5}.e{fill:none;stroke:#505a5f;stroke-width:1.4}"
    ".w{stroke-dasharray:5 4}.n{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:4px}"
)


@dataclass(frozen=True, slots=True)
class Machine:
    """A table with its words: those of `state.<code>` and `step.<code>`, else the codes themselves."""

    code: str
    title: str
    table: Table

    def state(self, code: str) -> str:
        """The words of a state."""
        return _words(f"state.{self.code}.{code}", code)

    def step(self, name: str) -> str:
        """The words of a step."""
        return _words(f"step.{self.code}.{name}", name)


def _words(code: str, otherwise: str) -> str:
    found = catalogue(DEFAULT_LANGUAGE).get(code)
    return found.text if found is not None else otherwise.replace("_", " ")


def picture(machine: Machine) -> str:
    """The SVG. States stand in rows by how many steps lead to them; numbers are those of the steps in the table."""
    rows = _rows(machine)
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
    title = escape(machine.title)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="t d">'
        ),
        f'<title id="t">{title}</title>',
        f'<desc id="d">{escape(_described(machine))}</desc>',
        f"<style>{_STYLE}</style>",
        (
            '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8z" fill="#505a5f"/></marker></defs>'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_edges(machine, places),
        *(_box(machine, state, place) for state, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rows(machine: Machine) -> list[list[str]]:
    """The states by their distance from the start; those that are reached only at will stand last."""
    left, rows = list(machine.table.states), [[machine.table.start]]
    left.remove(machine.table.start)
    while left:
        ahead = {one.target for one in machine.table.transitions if one.sources & set(rows[-1]) and not one.at_will}
        row = [state for state in left if state in ahead] or left[:]
        rows.append(row)
        left = [state for state in left if state not in row]
    return rows


def _edges(machine: Machine, places: dict[str, tuple[float, float]]) -> list[str]:
    joined: dict[tuple[str, str, bool], list[str]] = {}
    for number, one in enumerate(machine.table.transitions, 1):
        for source in machine.table.states:
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


def _box(machine: Machine, state: str, place: tuple[float, float]) -> str:
    x, y = place
    left, top = x - _WIDTH / 2, y - _HEIGHT / 2
    frame = f'<rect class="s" x="{left:.1f}" y="{top:.1f}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
    if state in machine.table.final:
        frame += (
            f'<rect class="s" x="{left + 3:.1f}" y="{top + 3:.1f}" width="{_WIDTH - 6}" height="{_HEIGHT - 6}" rx="2"/>'
        )
    words = machine.state(state)
    shown = words if len(words) <= _LINE + 1 else words[:_LINE] + "…"
    staying = [
        str(number)
        for number, one in enumerate(machine.table.transitions, 1)
        if one.target == STAYS and state in one.sources
    ]
    added = f'<text class="n" x="{x:.1f}" y="{y + 16:.1f}">+ {", ".join(staying)}</text>' if staying else ""
    rise = 1 if staying else 5
    return f'{frame}<text x="{x:.1f}" y="{y + rise:.1f}">{escape(shown)}</text>{added}'


def _described(machine: Machine) -> str:
    """The steps as sentences."""
    return " ".join(
        f"{number}. {machine.step(one.name)}: from "
        + ", ".join(machine.state(state) for state in machine.table.states if state in one.sources)
        + (f" to {machine.state(one.target)}." if one.target != STAYS else ", which stays.")
        for number, one in enumerate(machine.table.transitions, 1)
    )
