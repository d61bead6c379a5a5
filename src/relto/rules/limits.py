"""Limits and clocks of the agreement: numbers with unit, source and evidence. Code holds none of them.

The codes a bundle must define stand in `rules/schemas/limits.json`; a bundle without one of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from relto.base.errors import MalformedInput
from relto.labels.policy import PolicySet
from relto.rules.builtin import shape
from relto.rules.facts import LevelCode
from relto.sealing.strength import strength_of

REGISTERED = "minimum_wrapping_registered"
"""The weakest wrapping of a container's shares when it is registered at home, by level."""
RELEASED = "minimum_wrapping_released"
"""The weakest wrapping of each share of a manifest that crosses the border, by level."""
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def known_limits() -> frozenset[str]:
    """The codes of all limits that a bundle may name, those that it must and the optional ones."""
    schema: Any = shape("limits")
    return frozenset(schema["properties"]["limits"]["properties"])


@dataclass(frozen=True, slots=True)
class LevelWrapping:
    """The weakest wrapping at one level, as an algorithm of the OpenTDF platform's table."""

    level: LevelCode
    wrapping: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: an amount, a list of codes, of levels or of wrappings, in `unit`, and where it comes from."""

    value: int | tuple[str, ...] | tuple[LevelCode, ...] | tuple[LevelWrapping, ...]
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

    def duration_if_named(self, code: str) -> timedelta | None:
        """As `duration`; None where this bundle names no such limit: no rule is loaded."""
        return self.duration(code) if code in self._limits else None

    def years_if_named(self, code: str) -> int | None:
        """A limit in whole years of the calendar; None where this bundle names no such limit: no rule is loaded."""
        if code not in self._limits:
            return None
        limit = self.limit(code)
        if not isinstance(limit.value, int) or limit.unit != "year":
            raise MalformedInput("limits.unit", field=code, expected="a number of years")
        return limit.value

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

    def minimum_wrapping(self, code: str, level: LevelCode) -> str | None:
        """The weakest wrapping that `code` (REGISTERED or RELEASED) allows at a level; None when no rule is loaded.

        No level takes another one's minimum.
        """
        value = self._limits[code].value if code in self._limits else ()
        entries = value if isinstance(value, tuple) else ()
        found = (one.wrapping for one in entries if isinstance(one, LevelWrapping) and one.level == level)
        return next(found, None)

    def check_wrappings(self, policies: PolicySet) -> None:
        """Each minimum names a level of the bundle's policies once, and an algorithm. Raises UnknownValue."""
        for code in (REGISTERED, RELEASED):
            value = self._limits[code].value if code in self._limits else ()
            entries = [one for one in value if isinstance(one, LevelWrapping)] if isinstance(value, tuple) else []
            for one in entries:
                policies.by_oid(one.level.policy).level(one.level.name)
                strength_of(one.wrapping, field=f"limits.json/{code}")
            if len({one.level for one in entries}) != len(entries):
                raise MalformedInput("limits.level", field=code, expected="each level once")


def _read(entry: Mapping[str, Any]) -> Limit:
    value = entry["value"]
    if isinstance(value, list):
        value = tuple(_listed(one) for one in value)
    return Limit(value, entry["unit"], entry["source"], entry["citation"], entry["evidence"], entry["confirmed"])


def _listed(one: str | Mapping[str, str]) -> str | LevelCode | LevelWrapping:
    if isinstance(one, str):
        return one
    level = LevelCode(one["policy"], one["level"])
    return LevelWrapping(level, one["wrapping"]) if "wrapping" in one else level
