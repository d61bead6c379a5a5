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
from relto.base.json_schemas import Fault, JsonSchema
from relto.rules.builtin import shape

LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of a bundle file, and of each file in it: rule books of tens of thousands of provisions."""
_MAX_EXPECTATION = 160


@cache
def _schema(name: str) -> JsonSchema:
    return JsonSchema(shape(name))


def check_shape(value: Json | Mapping[str, Any], name: str, *, field: str) -> None:
    """Raises MalformedInput("bundle.schema") naming the place in `field` unless `value` fits the schema `name`."""
    fault = _schema(name).fault(value)
    if fault is not None:
        place = "/".join(str(part) for part in (field, *fault.path))
        raise MalformedInput("bundle.schema", field=place, expected=_expected(fault))


def shape_errors(value: Json | Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """(place, what the schema demands there) of each fault of `value`, in the order of the places."""
    for fault in _schema(name).faults(value):
        yield "/".join(str(part) for part in fault.path), _expected(fault)


def _expected(fault: Fault) -> str:
    return f"{fault.keyword}: {fault.demands}"[:_MAX_EXPECTATION]


def read_shape(text: str | bytes, name: str, *, field: str) -> dict[str, Any]:
    """Parse JSON and check it. Raises MalformedInput or TooLarge naming `field`."""
    value = read_json(text, field=field, max_bytes=LARGEST_FILE)
    check_shape(value, name, field=field)
    if not isinstance(value, dict):
        raise MalformedInput("json.object", field=field, expected="a JSON object")
    return value
