"""JSON from another party costs time and memory in proportion to its length, whatever is in it."""

from __future__ import annotations

import time

import pytest

from relto.base.canonical import read_json
from relto.base.errors import MalformedInput, TooLarge


@pytest.mark.parametrize(
    "text",
    [
        '"' + '\\"' * 500_000,
        '"' + "\\" * 1_000_001,
        '["' * 500_000,
        '{"a":"' + '\\"' * 500_000 + "\\",
    ],
)
def test_an_open_string_full_of_escapes_is_refused_at_once(text: str) -> None:
    """Found by fuzzing: the search for brackets looked at such a text once for each of its quotation marks."""
    begun = time.process_time()
    with pytest.raises(MalformedInput):
        read_json(text)
    assert time.process_time() - begun < 5


def test_more_values_than_anyone_needs_are_refused_before_they_are_made() -> None:
    with pytest.raises(TooLarge):
        read_json(b"[" + b"{}," * 600_000 + b"{}]")
    assert read_json('["[{,",{"a,[":1},[]]', max_values=6) == ["[{,", {"a,[": 1}, []]
    with pytest.raises(TooLarge):
        read_json('["[{,",{"a,[":1},[]]', max_values=4)


def test_brackets_inside_strings_are_not_depth() -> None:
    assert read_json('["' + "[" * 100 + '\\"' + "{" * 100 + '"]') == ["[" * 100 + '"' + "{" * 100]
    with pytest.raises(MalformedInput, match="depth"):
        read_json("[" * 40 + "]" * 40)
