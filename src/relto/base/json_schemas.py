"""JSON Schemas (draft 2020-12): whether a value fits, and if not, where and what the schema demands there.

Two libraries, one question each: the quick one says whether a value fits and where the first fault is, and stops there;
the thorough one says why none of several alternatives fits, of small places alone, and lists every fault of a draft, a
thousand at most. So to refuse costs no more than to accept, however large a value is and however many its faults. What
the quick one refuses is refused even if the other should find nothing. Both are loaded when they are first asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

MOST_FAULTS: Final = 1000
"""So many faults are told of one value."""
_ALTERNATIVES: Final = frozenset({"anyOf", "oneOf"})
_SMALL: Final = 200
"""Values within a place whose alternatives are looked into."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a value does not fit (members and positions from the top), the keyword, and what it demands."""

    path: tuple[str | int, ...]
    keyword: str
    demands: Any


class JsonSchema:
    """One schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """`schema`: checked by whoever ships it."""
        self._schema = schema

    @cached_property
    def _quick(self) -> Any:
        from jsonschema_rs import Draft202012Validator  # noqa: PLC0415  see the module's promise

        return Draft202012Validator(dict(self._schema))

    @cached_property
    def _thorough(self) -> Any:
        from jsonschema import Draft202012Validator  # noqa: PLC0415  see the module's promise

        return Draft202012Validator(self._schema)

    def fits(self, value: Any) -> bool:
        """Whether the value fits. What is no JSON value at all (another type, a number beyond bounds) does not."""
        try:
            return bool(self._quick.is_valid(value))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return False

    def fault(self, value: Any) -> Fault | None:
        """The first fault; of alternatives none of which fits, what the nearest demands. None when the value fits."""
        from jsonschema_rs import ValidationError  # noqa: PLC0415  see the module's promise

        try:
            self._quick.validate(value)
        except ValidationError as error:
            return self._told(value, tuple(error.instance_path), tuple(error.schema_path))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return Fault((), "schema", None)
        return None

    def faults(self, value: Any) -> Iterator[Fault]:
        """Every fault, `MOST_FAULTS` at most, in the order of the places."""
        if self.fits(value):
            return
        found = [_fault(error) for error in islice(self._thorough.iter_errors(value), MOST_FAULTS)]
        yield from sorted(found, key=lambda one: [str(part) for part in one.path]) or [Fault((), "schema", None)]

    def _told(self, value: Any, path: tuple[str | int, ...], place: tuple[str | int, ...]) -> Fault:
        """The fault at `path`; `place`: where in the schema stands what it breaks."""
        demands: Any = self._schema
        for part in place:
            demands = demands[part]
        keyword = str(place[-1]) if place else "schema"
        for part in path:
            value = value[part]
        if keyword in _ALTERNATIVES and _is_small(value):
            from jsonschema.exceptions import best_match  # noqa: PLC0415  see the module's promise

            nearest = best_match(self._thorough.descend(value, {keyword: demands}))
            if nearest is not None:
                return Fault((*path, *nearest.absolute_path), str(nearest.validator), nearest.validator_value)
        return Fault(path, keyword, demands)


def _is_small(value: Any) -> bool:
    """Whether at most `_SMALL` values stand in it, counted no further."""
    waiting, seen = [value], 0
    while waiting and seen <= _SMALL:
        one = waiting.pop()
        seen += 1
        if isinstance(one, dict | list):
            waiting.extend(islice(one.values() if isinstance(one, dict) else one, _SMALL + 1))
    return seen <= _SMALL


def _fault(error: Any) -> Fault:
    return Fault(tuple(error.absolute_path), str(error.validator), error.validator_value)
