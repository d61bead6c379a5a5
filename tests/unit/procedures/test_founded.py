"""Findings as data: each names provisions that the rule book has, under the nation whose they are."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from relto.base.errors import MalformedInput
from relto.procedures.founded import Founded, founded
from relto.rules.builtin import package_data

BOOK = {one["id"]: one["nation"] for one in json.loads(package_data("rulebook.json"))}
SAMPLE = Founded("sample", {"late": ("rule", {"USA": ("ISA-21.H",), "IND": ("GAP-IND-contract",)})})


def test_every_provision_of_a_finding_stands_in_the_book_under_its_nation() -> None:
    folder = resources.files("relto.procedures").joinpath("data", "findings")
    for file in folder.iterdir():
        code = file.name.removesuffix(".json")
        for what, (_, rules) in founded(code).entries.items():
            for nation, ids in rules.items():
                assert all(BOOK.get(one) == nation for one in ids), (code, what, nation)


def test_only_the_books_of_the_nations_concerned_count() -> None:
    both = SAMPLE.found("late", "clauses")
    assert (both.code, both.kind, both.rules) == ("sample.late", "rule", ("ISA-21.H", "GAP-IND-contract"))
    indian = SAMPLE.found("late", nations={"IND"})
    assert (indian.kind, indian.rules) == ("gap", ("GAP-IND-contract",))


def test_a_finding_that_no_data_lists_cannot_be_made() -> None:
    with pytest.raises(MalformedInput):
        SAMPLE.found("early")
    with pytest.raises(MalformedInput):
        founded("../limits")
