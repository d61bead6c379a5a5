"""Two libraries judge each JSON value: they agree, and what either refuses is told with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

import relto
from relto.base.json_schemas import JsonSchema

SHIPPED = sorted(Path(relto.__file__).parent.glob("*/schemas/*.json"))
SCHEMA = {
    "type": "object",
    "required": ["number", "rows"],
    "properties": {
        "number": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        "rows": {"type": "array", "maxItems": 2, "items": {"type": "integer", "minimum": 0}},
    },
    "additionalProperties": False,
}
JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-3, 2**65) | some.text(max_size=6) | some.just("ABC-2026"),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(["number", "rows", "other"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def test_what_fits_has_no_fault_and_what_does_not_is_told_with_its_place() -> None:
    schema = JsonSchema(SCHEMA)
    assert schema.fault({"number": "VIS-2026", "rows": [1, 2]}) is None
    fault = schema.fault({"number": "VIS-2026", "rows": [1, -2]})
    assert fault is not None
    assert (fault.path, fault.keyword) == (("rows", 1), "minimum")
    assert [one.path for one in schema.faults({"number": "x", "rows": [-1]})] == [("number",), ("rows", 0)]


@pytest.mark.parametrize(
    "value", [{"number": {1, 2}, "rows": []}, {"number": "VIS-2026\n", "rows": []}, object(), {1: 2}]
)
def test_what_is_no_json_and_what_a_line_end_hides_is_refused(value: Any) -> None:
    assert JsonSchema(SCHEMA).fault(value) is not None


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_both_libraries_agree(value: Any) -> None:
    assert JsonSchema(SCHEMA).fits(value) == Draft202012Validator(SCHEMA).is_valid(value)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_schema_is_read_by_both(file: Path) -> None:
    schema = json.loads(file.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert JsonSchema(schema).fault([]) is not None
