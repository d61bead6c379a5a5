"""The bytes of canonical JSON are those of RFC 8785, as another implementation writes them."""

from __future__ import annotations

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from relto.base.canonical import LARGEST_INTEGER, Json, canonical_bytes
from relto.base.errors import MalformedInput

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER - 2, LARGEST_INTEGER + 2) | ANY_TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_has_the_bytes_of_the_other_implementation_or_is_refused_as_there(value: Json) -> None:
    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        with pytest.raises(MalformedInput):
            canonical_bytes(value)
    else:
        assert canonical_bytes(value) == expected


def test_every_character_that_could_be_escaped_is_written_alike() -> None:
    for code in range(0x100):
        assert canonical_bytes(chr(code)) == rfc8785.dumps(chr(code))


def test_names_beyond_ascii_are_sorted_by_their_utf_16_form() -> None:
    value = {"\U0001f600": 1, "\ufb33": 2, "a": 3}
    assert canonical_bytes(value) == rfc8785.dumps(value) == '{"a":3,"\U0001f600":1,"\ufb33":2}'.encode()


@pytest.mark.parametrize("value", [{"a": 1.5}, {"a": object()}, [b"bytes"]])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(MalformedInput):
        canonical_bytes(value)  # type: ignore[arg-type]
