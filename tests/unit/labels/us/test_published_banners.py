"""Banners published by others: each is accepted with its parts, or refused with exactly the paragraphs reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.labels.batch import answer
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.writing import render_banner, render_portion
from tests.support.vectors import VECTORS, vectors
from tests.unit.labels.us.us_support import codes_of

NAME = "labels/alliance_banner.json"


def rows(outcome: str) -> list[Any]:
    if not (VECTORS / NAME).exists():
        return [pytest.param({}, id="absent")]
    found = json.loads((VECTORS / NAME).read_text())["rows"]
    return [pytest.param(row, id=row["id"]) for row in found if row["outcome"] == outcome]


def is_met(operator: str, wanted: Any, found: Any) -> bool:
    if operator == "is":
        return bool(found == wanted)
    if operator == "includes":
        return set(wanted) <= set(found)
    if operator == "same_items":
        return sorted(found) == sorted(wanted)
    assert operator == "same_tree"
    trees = [
        {item["control"]: {name: sorted(subs) for name, subs in item["compartments"].items()} for item in tree}
        for tree in (found, wanted)
    ]
    return bool(trees[0] == trees[1])


@pytest.mark.parametrize("row", rows("accept"))
def test_an_accepted_banner_says_what_the_suite_says(row: dict[str, Any]) -> None:
    vectors(NAME)
    answered: Any = answer({"kind": "banner", "policy": "USA", "text": row["input"]})
    assert answered["ok"], answered
    for field, demands in row["expect"].items():
        for operator, wanted in demands.items():
            assert is_met(operator, wanted, answered["label"][field]), (field, answered["label"][field])


@pytest.mark.parametrize("row", rows("accept"))
def test_an_accepted_banner_survives_every_form(row: dict[str, Any]) -> None:
    vectors(NAME)
    marking = parse_banner(row["input"])
    if codes_of(render_banner, marking) == ["legacy_fouo"]:
        return
    assert parse_banner(render_banner(marking, "short")) == marking
    assert parse_banner(render_banner(marking, "long")) == marking
    assert parse_portion(render_portion(marking)) == marking


@pytest.mark.parametrize("row", rows("reject"))
def test_a_refused_banner_has_exactly_the_paragraphs_reported(row: dict[str, Any]) -> None:
    vectors(NAME)
    answered: Any = answer({"kind": "banner", "policy": "USA", "text": row["input"]})
    assert not answered["ok"]
    assert sorted({fault["paragraph"] for fault in answered["faults"]}) == sorted(row["paragraphs"])
    assert all(fault["rule"] and fault["message"] and fault["fix"] for fault in answered["faults"])
