"""JSON Schemas (draft 2020-12): whether a value fits, and if not, where and what the schema demands there.

Two libraries, one question each: the quick one says whether a value fits, the thorough one, which is asked only when it
does not, says where. A value that the quick one refuses is refused even if the other should find nothing. Both are
loaded when the first value is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


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
        """The fault to tell of, the most telling one; None when the value fits."""
        if self.fits(value):
            return None
        from jsonschema.exceptions import best_match  # noqa: PLC0415  see the module's promise

        error = best_match(self._thorough.iter_errors(value))
        return Fault((), "schema", None) if error is None else _fault(error)

    def faults(self, value: Any) -> Iterator[Fault]:
        """Every fault, in the order of the places."""
        if self.fits(value):
            return
        found = [_fault(error) for error in self._thorough.iter_errors(value)]
        yield from sorted(found, key=lambda one: [str(part) for part in one.path]) or [Fault((), "schema", None)]


def _fault(error: Any) -> Fault:
    return Fault(tuple(error.absolute_path), str(error.validator), error.validator_value)
