"""A node's answers as typed values: what is missing is named, what is unknown is kept aside, no secret is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from relto.base.errors import Unreachable
from relto.client.answers import Credential, Entry, Node, Refusal, read_answer, read_answers
from tests.unit.client.doors import node_answer

ENTRY: dict[str, Any] = {
    "entry": "ent_1",
    "origin": "usa.localhost/ledger",
    "index": None,
    "event": "item:registered",
    "at": "2026-11-22T14:15:00Z",
    "state": "recorded",
}
GATE: dict[str, Any] = {
    "gate": "programme",
    "rule": "R12-programme-member",
    "outcome": "fails",
    "unconfirmed": False,
    "text": "...",
    "remedy": "assign",
    "who": "security_officer",
    "sentence": "You are not assigned.",
    "provisions": [{"id": "PRV-1"}],
    "facts": {"programme.code": None},
}
REFUSAL: dict[str, Any] = {
    "reference": "dec_1",
    "view": "officer",
    "action": "open",
    "at": "2026-11-22T14:15:00Z",
    "actor": "prs_1",
    "item": "itm_1",
    "agreement": "ISA",
    "bundle_version": 1,
    "sentence": "...",
    "gates": [GATE],
    "errors": [],
    "partner_code": "",
    "entry": "ent_1",
}


def test_instants_are_datetimes_and_what_may_be_absent_is_none() -> None:
    found = read_answer(Entry, ENTRY)
    assert found.at == datetime(2026, 11, 22, 14, 15, tzinfo=UTC)
    assert found.index is None
    assert read_answer(Entry, {**ENTRY, "index": 7}).index == 7


def test_an_answer_of_a_newer_node_is_read_and_its_new_member_kept_aside() -> None:
    found = read_answer(Entry, {**ENTRY, "quorum": "three"})
    assert found == read_answer(Entry, ENTRY)
    assert found.raw["quorum"] == "three"


def test_an_answer_of_an_older_node_has_the_defaults_of_what_it_does_not_send() -> None:
    assert read_answer(Node, json.loads(node_answer("https://usa.example"))).standing == "ready"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("state", None),
        ("index", True),
        ("index", "7"),
        ("at", "yesterday"),
        ("at", 7),
        ("entry", ["ent_1"]),
    ],
)
def test_a_member_of_another_type_is_named(member: str, value: object) -> None:
    with pytest.raises(Unreachable) as said:
        read_answer(Entry, {**ENTRY, member: value})
    assert said.value.field == f"answer.{member}"


@pytest.mark.parametrize("member", sorted(ENTRY))
def test_a_missing_member_is_named(member: str) -> None:
    with pytest.raises(Unreachable) as said:
        read_answer(Entry, {name: value for name, value in ENTRY.items() if name != member})
    assert said.value.field == f"answer.{member}"


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_what_is_no_object_is_no_answer(value: object) -> None:
    with pytest.raises(Unreachable):
        read_answer(Entry, value)
    with pytest.raises(Unreachable):
        read_answers(Entry, {"entries": value})


def test_a_fault_deep_inside_is_named_by_its_whole_place() -> None:
    found = read_answer(Refusal, REFUSAL)
    assert found.gates[0].provisions[0].id == "PRV-1"
    assert found.gates[0].facts == {"programme.code": None}
    faulty = {**REFUSAL, "gates": [GATE, {**GATE, "provisions": [{"citation": "32 CFR 117"}]}]}
    with pytest.raises(Unreachable) as said:
        read_answer(Refusal, faulty)
    assert said.value.field == "answer.gates[1].provisions[0].id"


def test_a_secret_is_not_shown_where_an_answer_is_printed() -> None:
    issued = {"client_id": "cli_1", "client_secret": "hush", "person": "prs_1", "expires_at": "2026-12-22T00:00:00Z"}
    found = read_answer(Credential, issued)
    assert found.client_secret == "hush"
    assert "hush" not in repr(found)
