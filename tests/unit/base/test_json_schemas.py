"""Two libraries judge each JSON value: they agree, and what either refuses is told with its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

import relto
from relto.base.json_schemas import MOST_FAULTS, JsonSchema

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
ROWS = {
    "type": "object",
    "properties": {
        "rows": {
            "type": "array",
            "maxItems": 50_000,
            "items": {
                "type": "object",
                "required": ["id", "level"],
                "properties": {
                    "id": {"$ref": "#/$defs/id"},
                    "level": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
                },
            },
        }
    },
    "$defs": {"id": {"type": "string", "minLength": 1}},
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


def _calls(act: Callable[[], object]) -> int:
    """How many calls of Python and of libraries it takes."""
    count = 0

    def counted(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("wrong", "path", "keyword"),
    [
        ({"id": "", "level": None}, ("id",), "minLength"),
        ({"id": "x", "level": "LONG"}, ("level",), "maxLength"),
        ({"id": "x"}, (), "required"),
        ([], (), "type"),
    ],
)
def test_to_refuse_costs_the_same_however_much_was_right_before_it(wrong: Any, path: Any, keyword: str) -> None:
    schema = JsonSchema(ROWS)
    schema.fault({"rows": [wrong]})
    told = []
    for right in (10, 10_000):
        value = {"rows": [{"id": "x", "level": None}] * right + [wrong]}
        fault = schema.fault(value)
        assert fault is not None
        assert (fault.path, fault.keyword) == (("rows", right, *path), keyword)
        told.append(_calls(lambda value=value: schema.fault(value)))  # type: ignore[misc]
    assert told[0] == told[1], "what fits is not walked through to say where the fault is"


def test_many_faults_cost_what_one_does_and_are_not_all_listed() -> None:
    schema = JsonSchema(ROWS)
    schema.fault({"rows": [{}]})
    few: Any = {"rows": [{}]}
    many: Any = {"rows": [{}] * 40_000}
    assert _calls(lambda: schema.fault(few)) == _calls(lambda: schema.fault(many))
    assert len(list(schema.faults(many))) == MOST_FAULTS


def test_a_large_value_without_a_fitting_alternative_is_not_looked_into() -> None:
    schema = JsonSchema({"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]})
    small, large = (schema.fault([1] * count + ["one"]) for count in (5, 5000))
    assert small is not None
    assert (small.path, small.keyword) == ((5,), "type")
    assert large is not None
    assert (large.path, large.keyword) == ((), "anyOf")
