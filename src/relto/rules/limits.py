"""Limits and clocks of the agreement: numbers with unit, source and evidence. Code holds none of them.

The codes a bundle must define stand in `rules/schemas/limits.json`; a bundle without one of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relto.base.errors import MalformedInput
from relto.rules.facts import LevelCode

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: an amount, a list of codes or a list of levels, in `unit`, and where it comes from."""

    value: int | tuple[str, ...] | tuple[LevelCode, ...]
    unit: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


class Limits:
    """The limits of one bundle, by code."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        """`value`: a checked `limits.json`."""
        self._limits = {code: _read(entry) for code, entry in value["limits"].items()}

    def __iter__(self) -> Iterator[str]:
        """The codes, in the bundle's order."""
        return iter(self._limits)

    def limit(self, code: str) -> Limit:
        """The limit with its source. Raises MalformedInput for a code that this bundle does not define."""
        if code not in self._limits:
            raise MalformedInput("limits.code", field=code, expected="a limit that the bundle defines")
        return self._limits[code]

    def duration(self, code: str) -> timedelta:
        """A limit that is a length of time. Raises MalformedInput when it is none."""
        limit = self.limit(code)
        if not isinstance(limit.value, int) or limit.unit not in _UNITS:
            raise MalformedInput("limits.unit", field=code, expected="a number of seconds, minutes, hours or days")
        return timedelta(seconds=limit.value * _UNITS[limit.unit])

    def seconds(self, code: str) -> int:
        """A length of time in whole seconds. Raises MalformedInput when it is none."""
        return self.duration(code) // timedelta(seconds=1)

    def codes(self, code: str) -> frozenset[str]:
        """A limit that is a list of codes, such as the approved channels. Raises MalformedInput when it is none."""
        value = self.limit(code).value
        if isinstance(value, int):
            raise MalformedInput("limits.unit", field=code, expected="a list of codes")
        return frozenset(entry for entry in value if isinstance(entry, str))

    def levels(self, code: str) -> frozenset[LevelCode]:
        """A limit that is a list of levels, one for each policy. Raises MalformedInput when it is none."""
        value = self.limit(code).value
        if isinstance(value, int):
            raise MalformedInput("limits.unit", field=code, expected="a list of levels")
        return frozenset(entry for entry in value if isinstance(entry, LevelCode))


def _read(entry: Mapping[str, Any]) -> Limit:
    value = entry["value"]
    if isinstance(value, list):
        value = tuple(LevelCode(one["policy"], one["level"]) if isinstance(one, dict) else one for one in value)
    return Limit(value, entry["unit"], entry["source"], entry["citation"], entry["evidence"], entry["confirmed"])
