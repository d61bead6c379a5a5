"""The settings of the reading room: at which levels this node shows documents in the browser; at none by default.

Read from the table `reading_room` of node.toml; each is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from relto.adapters.reading_room.rooms import ChildRooms
from relto.base.errors import Misconfigured
from relto.ports.reading_room import ReadingRules

if TYPE_CHECKING:
    from relto.services.reading_room import Readings

_NUMBERS: Final[Mapping[str, tuple[range, int]]] = {
    "again_minutes": (range(5, 121), 30),
    "idle_minutes": (range(1, 61), 10),
    "most": (range(1, 65), 8),
}
SETTINGS: Final = ("levels", *_NUMBERS)
_LEVEL: Final = re.compile(r"[A-Z]{3} [A-Z][A-Z ]{1,30}\Z")


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """`rules`: those of every reading; `most`: documents that are open at once."""

    rules: ReadingRules = field(default_factory=ReadingRules)
    most: int = _NUMBERS["most"][1]


def read_reading_room(given: object) -> ReadingSettings:
    """The settings; what is left out takes its default. Raises Misconfigured naming the setting."""
    if not isinstance(given, dict):
        raise Misconfigured("reading_room", field="reading_room", expected="a table with levels")
    unknown = sorted(set(given) - set(SETTINGS))
    if unknown:
        raise Misconfigured("setting", field=f"reading_room.{unknown[0]}", expected=", ".join(SETTINGS))
    levels = given.get("levels", [])
    if not isinstance(levels, list) or not all(isinstance(one, str) and _LEVEL.match(one) for one in levels):
        expected = 'a list such as ["USA SECRET", "IND RESTRICTED"]'
        raise Misconfigured("reading_room", field="reading_room.levels", expected=expected)
    numbers = {name: _number(given, name) for name in _NUMBERS}
    rules = ReadingRules(
        frozenset(levels),
        again=timedelta(minutes=numbers["again_minutes"]),
        idle=timedelta(minutes=numbers["idle_minutes"]),
    )
    return ReadingSettings(rules, numbers["most"])


def readings_of(settings: ReadingSettings) -> Readings | None:
    """The readings of a portal's process; None where no level is named."""
    from relto.services.reading_room import Readings  # noqa: PLC0415  settings are read before Django is configured

    # A room that nobody comes back to ends by itself, a minute after its reading did.
    unused = round(settings.rules.idle.total_seconds()) + 60
    return Readings(ChildRooms(settings.most, unused), settings.rules) if settings.rules.levels else None


def _number(given: Mapping[str, object], name: str) -> int:
    allowed, default = _NUMBERS[name]
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        expected = f"{allowed.start} to {allowed.stop - 1}"
        raise Misconfigured("reading_room", field=f"reading_room.{name}", expected=expected)
    return value
