"""The rules of a draft between throw-away nodes: its rules whole, the ground's parties, no other agreement's."""

from __future__ import annotations

from typing import Any

import pytest

from relto.alignment.next_bundle import unsigned_digest
from relto.base.canonical import read_object
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.instants import instant_text
from relto.node.rehearsed_rules import grafted, read_rules_of, with_limits
from relto.rules.manifest import read_proposed
from tests.support.houses import START, YEAR, drafted, signed_by

STRICT = "assurance_status_max_age=2 hour"


def limits_of(file: bytes) -> dict[str, Any]:
    found: Any = read_object(read_proposed(file)[1]["limits.json"], field="limits.json")["limits"]
    return dict(found)


def test_a_draft_keeps_its_rules_and_takes_the_grounds_parties_version_and_dates() -> None:
    draft = signed_by(with_limits(drafted(5, START + YEAR / 2), [STRICT]))
    between = drafted(2, START)
    made = grafted(read_rules_of(draft), between)
    body, files = read_proposed(made)
    assert (body["bundle_version"], body["effective_from"]) == (2, instant_text(START))
    assert limits_of(made)["assurance_status_max_age"]["value"] == 2
    assert files["parties.json"] == read_proposed(between)[1]["parties.json"]
    assert files["gates.json"] == read_proposed(draft)[1]["gates.json"]


def test_a_changed_limit_is_no_better_founded_than_before() -> None:
    changed = limits_of(with_limits(drafted(), [STRICT]))["assurance_status_max_age"]
    assert (changed["value"], changed["unit"], changed["confirmed"], changed["citation"]) == (2, "hour", False, None)
    with pytest.raises(UnknownValue):
        with_limits(drafted(), ["no_such_limit=2 hour"])
    with pytest.raises(MalformedInput):
        with_limits(drafted(), ["assurance_status_max_age=soon"])


def test_rules_between_other_nations_are_refused() -> None:
    rules = read_rules_of(drafted())
    other = type(rules)(rules.texts, "FRA-USA", rules.effective_from)
    with pytest.raises(Conflict, match="rehearsed_agreement"):
        grafted(other, drafted(2))


def test_a_draft_is_known_by_one_digest_signed_or_not() -> None:
    draft = drafted(2)
    assert unsigned_digest(draft) == unsigned_digest(signed_by(draft))
