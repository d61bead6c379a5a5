"""Each JSON file of a bundle has a JSON Schema (draft 2020-12) in `rules/schemas`; what does not fit is refused whole.

An error names where it is and what the schema demands, never the value that was found. The
library that reads the schemas is loaded by the first bundle that is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from relto.base.canonical import Json, read_json
from relto.base.errors import MalformedInput
from relto.rules.builtin import shape

_MAX_EXPECTATION = 160


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415  see the module's promise

    return Draft202012Validator(shape(name))


def check_shape(value: Json | Mapping[str, Any], name: str, *, field: str) -> None:
    """Raises MalformedInput("bundle.schema") naming the place in `field` unless `value` fits the schema `name`."""
    from jsonschema.exceptions import best_match  # noqa: PLC0415  see the module's promise

    error = best_match(_validator(name).iter_errors(value))
    if error is not None:
        place = "/".join(str(part) for part in (field, *error.absolute_path))
        expected = f"{error.validator}: {error.validator_value}"[:_MAX_EXPECTATION]
        raise MalformedInput("bundle.schema", field=place, expected=expected)


def shape_errors(value: Json | Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """(place, what the schema demands there) of each fault of `value`, in the order of the places."""
    for error in sorted(_validator(name).iter_errors(value), key=lambda one: [str(part) for part in one.absolute_path]):
        expected = f"{error.validator}: {error.validator_value}"[:_MAX_EXPECTATION]
        yield "/".join(str(part) for part in error.absolute_path), expected


def read_shape(text: str | bytes, name: str, *, field: str) -> dict[str, Any]:
    """Parse JSON and check it. Raises MalformedInput or TooLarge naming `field`."""
    value = read_json(text, field=field)
    check_shape(value, name, field=field)
    if not isinstance(value, dict):
        raise MalformedInput("json.object", field=field, expected="a JSON object")
    return value
