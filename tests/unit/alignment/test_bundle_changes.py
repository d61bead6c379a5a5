"""Operations on a bundle's members: they apply or refuse whole, and what is found leads from one set to the other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from relto.alignment.bundle_changes import (
    ADD,
    MOST_CHANGES,
    REMOVE,
    REPLACE,
    TEST,
    Change,
    changed_members,
    changes_between,
    read_changes,
    value_at,
)
from relto.base.canonical import canonical_bytes
from relto.base.errors import Conflict, MalformedInput, ReltoError, TooLarge, UnknownValue

MEMBERS = {
    "rows.json": '{"rows":[{"level":"SECRET","to":null},{"level":"RESTRICTED","to":null}]}',
    "text.cedar": "permit",
}
SCALARS = some.none() | some.booleans() | some.integers(-9, 9) | some.text("ab/~01é", max_size=3)
VALUES = some.recursive(
    SCALARS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text("ab/~0", max_size=2), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = some.dictionaries(some.sampled_from(["a.json", "b.json", "c.json"]), VALUES, max_size=3)


def texts(documents: dict[str, Any]) -> dict[str, str]:
    return {name: canonical_bytes([value])[1:-1].decode() for name, value in documents.items()}


@given(DOCUMENTS, DOCUMENTS)
def test_what_is_found_between_two_sets_of_members_turns_the_one_into_the_other(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = changes_between(texts(old), texts(new))
    assert changed_members(texts(old), found) == texts(new)
    assert read_changes([one.body() for one in found]) == found, "what is found is what a statement carries"


@given(DOCUMENTS)
def test_the_same_members_differ_in_nothing(documents: dict[str, Any]) -> None:
    assert changes_between(texts(documents), texts(documents)) == ()
    assert changed_members(texts(documents), ()) == texts(documents)


@given(
    VALUES,
    some.sampled_from([ADD, REMOVE, REPLACE, TEST]),
    some.lists(some.sampled_from(["a", "b", "0", "1", "-", "01", "~0", "~1"]), max_size=4),
    VALUES,
)
def test_an_operation_applies_or_is_refused_by_its_number_and_nothing_else_ever_comes_of_it(
    document: Any, op: str, steps: list[str], value: Any
) -> None:
    members = texts({"a.json": document})
    change = Change("a.json", op, "".join(f"/{step}" for step in steps), value)
    field = ""
    try:
        changed_members(members, [change])
    except Conflict as error:
        field = error.field or "?"
    assert field in {"", "change/0"}
    assert members == texts({"a.json": document}), "what was given is not changed"


def test_a_row_is_replaced_added_and_tested_in_order() -> None:
    changes = [
        Change("rows.json", TEST, "/rows/1/level", "RESTRICTED"),
        Change("rows.json", REPLACE, "/rows/1/to", "CONFIDENTIAL"),
        Change("rows.json", ADD, "/rows/-", {"level": "X"}),
        Change("text.cedar", REPLACE, "", "forbid"),
        Change("more.json", ADD, "", {"type": "more"}),
    ]
    found = changed_members(MEMBERS, changes)
    assert value_at(json.loads(found["rows.json"]), "/rows/1/to") == "CONFIDENTIAL"
    assert (found["text.cedar"], found["more.json"]) == ("forbid", '{"type":"more"}')
    assert "more.json" not in changed_members(found, [Change("more.json", REMOVE, "")])


@pytest.mark.parametrize(
    "change",
    [
        Change("rows.json", TEST, "/rows/0/level", "RESTRICTED"),
        Change("rows.json", TEST, "/rows/0/to", value=False),
        Change("rows.json", REPLACE, "/rows/7/to", "X"),
        Change("rows.json", REMOVE, "/rows/0/owner"),
        Change("rows.json", ADD, "/rows/3", {}),
        Change("gone.json", REPLACE, "", {}),
        Change("gone.json", REMOVE, ""),
        Change("text.cedar", ADD, "/x", 1),
    ],
)
def test_what_does_not_apply_refuses_all_naming_its_number(change: Change) -> None:
    first = Change("rows.json", REPLACE, "/rows/0/to", "SECRET")
    with pytest.raises(Conflict, match=r"proposal\.(change|test)") as refused:
        changed_members(MEMBERS, [first, change])
    assert refused.value.field == "change/1"


@pytest.mark.parametrize(
    ("given", "error", "field"),
    [
        ({"member": "a.json", "op": "move", "path": "/a", "value": 1}, UnknownValue, "change/0/op"),
        ({"member": "a.json", "op": "copy", "path": "/a"}, UnknownValue, "change/0/op"),
        ({"member": "a.json", "op": "add", "path": "/a"}, MalformedInput, "change/0/value"),
        ({"member": "a.json", "op": "remove", "path": "/a", "value": 1}, MalformedInput, "change/0/value"),
        ({"member": "a.json", "op": "add", "path": "a", "value": 1}, MalformedInput, "change/0/path"),
        ({"member": "a.json", "op": "add", "path": "/~2", "value": 1}, MalformedInput, "change/0/path"),
        ({"member": "", "op": "add", "path": "/a", "value": 1}, MalformedInput, "change/0"),
        ({"member": "a.json", "op": "add", "path": "/" * 600, "value": 1}, MalformedInput, "change/0"),
    ],
)
def test_an_operation_of_another_form_is_refused_by_its_place(
    given: dict[str, Any], error: type[ReltoError], field: str
) -> None:
    with pytest.raises(error) as refused:
        read_changes([given])
    assert refused.value.field == field


def test_operations_are_bounded() -> None:
    one = {"member": "a.json", "op": "remove", "path": "/a"}
    assert len(read_changes([one] * MOST_CHANGES)) == MOST_CHANGES
    with pytest.raises(TooLarge):
        read_changes([one] * (MOST_CHANGES + 1))
