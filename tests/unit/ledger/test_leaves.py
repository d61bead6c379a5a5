from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relto.ledger
from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput
from relto.ledger.leaves import LeafEvent, build_leaf, commitment, leaf_is_well_formed, read_leaf

AT = datetime(2026, 11, 22, 14, 15, tzinfo=UTC)
GOLDEN = (
    b'{"actor":"usr_a","at":"2026-11-22T14:15:00Z","commitment":"'
    + b"ab" * 32
    + b'","event":"item:registered","links":{"case":"rel_1","manifest":"0f"},"origin":"node-usa.example/log",'
    b'"subject":"itm_1","type":"relto/leaf","version":1}'
)


def built(**changes: object) -> bytes:
    members: dict[str, object] = {
        "event": LeafEvent.ITEM_REGISTERED,
        "origin": "node-usa.example/log",
        "at": AT,
        "actor": "usr_a",
        "subject": "itm_1",
        "commitment": "ab" * 32,
        "links": {"manifest": "0f", "case": "rel_1"},
    }
    return build_leaf(**(members | changes))  # type: ignore[arg-type]


def test_the_golden_leaf_is_written_read_and_fits_its_schema() -> None:
    assert built() == GOLDEN == canonical_bytes(json.loads(GOLDEN))
    leaf = read_leaf(GOLDEN)
    assert (leaf.event, leaf.at, leaf.links) == ("item:registered", AT, {"case": "rel_1", "manifest": "0f"})
    schema = json.loads((Path(relto.ledger.__file__).parent / "leaf.1.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(GOLDEN))


@pytest.mark.parametrize("event", list(LeafEvent))
def test_every_event_is_a_subject_and_an_action(event: LeafEvent) -> None:
    assert read_leaf(built(event=event)).event == event.value


def test_an_event_of_a_later_version_is_read() -> None:
    assert read_leaf(GOLDEN.replace(b"item:registered", b"visit:proposed")).event == "visit:proposed"


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "A title with spaces"},
        {"subject": 'quote"'},
        {"actor": "प्रिया"},
        {"actor": ""},
        {"commitment": "AB" * 32},
        {"links": {"Case": "x"}},
        {"links": {f"l{number}": "x" for number in range(33)}},
        {"links": {"case": "two words"}},
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001  a naive time is what must be refused
    ],
)
def test_a_leaf_tells_nothing_but_opaque_values(changed: dict[str, object]) -> None:
    with pytest.raises(MalformedInput):
        built(**changed)


@pytest.mark.parametrize(
    "data",
    [
        GOLDEN + b"\n",
        GOLDEN.replace(b'":"', b'": "', 1),
        GOLDEN.replace(b'"version":1', b'"version":2'),
        GOLDEN.replace(b'"version":1', b'"version":1,"x":1'),
        GOLDEN.replace(b'"case":"rel_1","manifest":"0f"', b'"manifest":"0f","case":"rel_1"'),
        GOLDEN.replace(b'"case":"rel_1","manifest":"0f"', b'"case":"rel_1","case":"rel_1"'),
        GOLDEN.replace(b"2026-11-22", b"2026-13-22"),
        b"",
        b"{}",
    ],
)
def test_other_forms_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_leaf(data)


def test_the_verifier_accepts_other_types_but_no_other_log() -> None:
    assert leaf_is_well_formed(GOLDEN, "node-usa.example/log")
    assert not leaf_is_well_formed(GOLDEN, "node-ind.example/log")
    assert leaf_is_well_formed(b'{"type":"relto/leaf","version":2}')
    for wrong in (b'{"type":"relto/leaf","version":1}', b'{"version":2,"type":"x"}', b'{"type":"x"}', b"text", b"[]"):
        assert not leaf_is_well_formed(wrong)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True), st.from_regex(r"\A[0-9a-f]{4,64}\Z")))
@settings(max_examples=40, deadline=None)
def test_what_is_built_is_canonical_and_reads_back(links: dict[str, str]) -> None:
    links = {name: value.strip() for name, value in list(links.items())[:32]}
    data = built(links=links)
    assert data == canonical_bytes(json.loads(data))
    assert read_leaf(data).links == links


def test_a_commitment_binds_salt_and_details() -> None:
    salt = bytes(range(32))
    assert commitment(salt, {"b": 1, "a": "x"}) == hashlib.sha256(salt + b'{"a":"x","b":1}').hexdigest()
    assert commitment(salt, {"a": "x"}) != commitment(bytes(32), {"a": "x"})
    with pytest.raises(MalformedInput):
        commitment(b"short", {})
