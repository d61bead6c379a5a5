"""No part of a bundle is unbounded or untyped, and whatever opens is exactly what both authorities signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.errors import MalformedInput, ReltoError, TooLarge
from relto.rules.builtin import shape, shape_names
from relto.rules.bundle import JSON_FILES, reopen_bundle
from relto.rules.shapes import LARGEST_FILE
from relto.signing.statements import sign_statement
from tests.unit.rules.agreement import IND, USA, authorities, authority, bundle, signed, unsigned

# What bounds each of them otherwise: of free form by the whole file's size, depth and count of values.
FREE = {f"{file}/{member}" for file in ("provisions", "overlay") for member in ("parameters", "edition")}
FILE_TEXTS = {"bundle-file/files", "bundle-file/manifest", "bundle-file/proposal"}


def _unbounded(node: Any, place: str) -> Iterator[str]:
    """The places of a schema whose texts, lists or members have no bound."""
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if kind == "string" and not {"maxLength", "pattern", "enum", "const"} & node.keys():
        yield place
    if kind == "array" and "maxItems" not in node:
        yield place
    closed = node.get("additionalProperties") is False or "maxProperties" in node
    if kind == "object" and not closed:
        yield place
    for name in ("properties", "$defs"):
        for member, schema in node.get(name, {}).items():
            yield from _unbounded(schema, f"{place.split('/', maxsplit=1)[0]}/{member}")
    for name in ("items", "additionalProperties", "propertyNames"):
        yield from _unbounded(node.get(name), place)
    for name in ("anyOf", "oneOf", "allOf"):
        for schema in node.get(name, ()):
            yield from _unbounded(schema, place)


def test_every_schema_bounds_every_text_list_and_object() -> None:
    found = {place for name in shape_names() for place in _unbounded(shape(name), name)}
    assert found - FREE - FILE_TEXTS - _only_narrowing() == set()


def _only_narrowing() -> set[str]:
    """Named limits: their own form is repeated from the general one, which is bounded."""
    limits: Any = shape("limits")
    return {f"limits/{name}" for name in limits["properties"]["limits"]["properties"]}


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(unsigned())
    return content


def _opened(texts: dict[str, str]) -> None:
    body = {**_file()["proposal"], "files": {name: sha256_hex(text.encode()) for name, text in texts.items()}}
    envelope = sign_statement("agreement-bundle", 1, body, [authority(USA), authority(IND)])
    data = {"type": "agreement-bundle-file", "version": 1, "files": texts, "manifest": json.loads(envelope)}
    reopen_bundle(canonical_bytes(data), authorities=authorities(), node_kind="training")


@pytest.mark.parametrize("name", JSON_FILES)
def test_each_member_of_each_file_has_its_type(name: str) -> None:
    file = f"{name}.json"
    content = json.loads(_file()["files"][file])
    accepted = []
    for member in content:
        for wrong in (None, 7, "x", True, [], {}, [None], {"x": 1}):
            with suppress(MalformedInput):
                _opened({**_file()["files"], file: canonical_bytes({**content, member: wrong}).decode()})
                accepted.append(f"{member} {wrong}")
    assert set(accepted) <= {"programmes []", "rows []"}, "no joint programme, nothing equivalent: both may be so"


def test_the_whole_file_is_bounded_in_size_depth_and_files() -> None:
    with pytest.raises(TooLarge):
        _opened({**_file()["files"], "more.json": " " * LARGEST_FILE})
    with pytest.raises(MalformedInput, match=r"bundle\.schema"):
        _opened({**_file()["files"], **{f"file{number}.json": "{}" for number in range(32)}})
    with pytest.raises(MalformedInput, match=r"json\.depth"):
        _opened({**_file()["files"], "limits.json": "[" * 40 + "]" * 40})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_a_file_with_other_bytes_opens_only_as_what_was_signed(data: st.DataObject) -> None:
    file = bytearray(_signed())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(file) - 1))
        file[position] ^= data.draw(st.integers(1, 255))
    try:
        found = reopen_bundle(bytes(file), authorities=authorities(), node_kind="training")
    except ReltoError:
        return
    assert found.digest == bundle().digest, "base64 has two alphabets; what it says is the same"
    assert found.texts == bundle().texts


@cache
def _signed() -> bytes:
    return signed(unsigned())


def test_every_schema_is_of_the_package() -> None:
    shipped = {one.name for one in resources.files("relto.rules").joinpath("schemas").iterdir()}
    assert {f"{name}.json" for name in shape_names()} <= shipped
