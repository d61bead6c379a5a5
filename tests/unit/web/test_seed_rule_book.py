"""The seed rule book loads with all evidence kept, shows its gaps, and nothing unconfirmed looks confirmed.

Every page on which a provision stands, and every file in which it goes out, is looked at, provision by provision.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from relto.alignment.coverage import NO_RULE
from relto.alignment.places import ONLY
from relto.rules.training import seed_provisions
from relto.services.alignment import exporting, reading, saying
from tests.support.houses import opened
from tests.support.vectors import PROJECT
from tests.unit.web.portal import Portal

_SEED = PROJECT.parent / "shared" / "reference" / "rulebook_seed.json"
_ENTRY = re.compile(
    r'<div class="relto-entry"><h3 class="relto-provision__title"><a class="govuk-link" href="/en/rules/([^/?"]+)/'
    r".*?<p class=\"relto-gate__cite\">(.*?)</p></div>",
    re.DOTALL,
)
_TAG = re.compile(r'relto-evidence--(\w+)">([^<]*)<')
_KEPT = ("id", "nation", "topic", "title", "requirement", "citation", "source", "evidence", "confirmed", "basis")


def expected(one: Any) -> str:
    """How a provision may look: gap, read or unconfirmed."""
    return "gap" if one.is_gap else "read" if one.confirmed else "unconfirmed"


def wrong_looks(found: Iterator[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """(provision, how it looks) of each that does not look as well known as it is."""
    book = opened().provisions
    wrong = []
    for identity, kind, words in found:
        plain = {"gap": "No rule loaded", "read": "Text read", "unconfirmed": "Unconfirmed"}[expected(book[identity])]
        if kind != expected(book[identity]) or not words.startswith(plain):
            wrong.append((identity, f"{kind}: {words}"))
    return wrong


def shown(page: str) -> Iterator[tuple[str, str, str]]:
    """(provision, kind of its tag, words of it) of each provision on a page."""
    for identity, cited in _ENTRY.findall(page):
        tag = _TAG.search(cited)
        yield identity, *(tag.groups() if tag is not None else ("none", ""))


def test_every_provision_of_the_seed_is_loaded_with_its_evidence() -> None:
    if not _SEED.exists():
        pytest.skip("the seed rule book is absent: put it at ../shared/reference/rulebook_seed.json beside the project")
    seed = json.loads(_SEED.read_text("utf-8"))
    records = seed if isinstance(seed, list) else seed["provisions"]
    loaded = opened().provisions
    kept = {identity: {name: one.record[name] for name in _KEPT} for identity, one in loaded.items()}
    assert len(records) > 300
    assert [one["id"] for one in records if one["id"] not in loaded] == []
    judged = ("nation", "topic", "evidence", "confirmed", "basis")
    assert [one["id"] for one in records if any(one[name] != kept[one["id"]][name] for name in judged)] == []
    assert len(seed_provisions()) == len(loaded)


def test_nothing_in_the_rule_book_is_confirmed_that_was_not_read_in_its_own_source() -> None:
    book = opened().provisions.values()
    assert {(one.evidence, one.basis) for one in book if one.confirmed} == {("read", "direct")}
    assert not any(one.confirmed for one in book if one.nation == "bilateral")
    assert all(one.requirement is None for one in book if one.is_gap)


def test_coverage_shows_the_true_gaps(portal: Portal) -> None:
    house, actor = portal.node.house, portal.node.actor("inspector")
    book = opened().provisions.values()
    _, topics = reading.covered(house, actor)
    alone = {(one.topic, cell.nation) for one in topics for cell in one.cells if cell.word == ONLY}
    for topic in topics:
        for nation, rules in topic.rules.items():
            assert rules == sum(one.nation == nation and one.topic == topic.topic and not one.is_gap for one in book)
        having = [nation for nation, rules in topic.rules.items() if rules]
        words = {cell.word for cell in topic.cells}
        assert (NO_RULE in words) == (not having)
        assert (len(having) == 1) == any(place[0] == topic.topic for place in alone)
    gaps = {one.topic for one in book if one.is_gap and one.nation == "IND"}
    covered = {one.topic: {str(nation): rules for nation, rules in one.rules.items()} for one in topics}
    without = {topic for topic in gaps if not covered[topic]["IND"]}
    assert without
    assert {(topic, "USA") for topic in without if covered[topic]["USA"]} <= alone
    page = portal.as_person("inspector").get("/en/rules/coverage/").content.decode()
    assert page.count("No rule loaded") >= len(without)


def test_nothing_unconfirmed_looks_confirmed_in_the_rule_book(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    found: dict[str, tuple[str, str, str]] = {}
    number = 1
    while True:
        page = browser.get(f"/en/rules/?all=1&page={number}").content.decode()
        found |= {one[0]: one for one in shown(page)}
        if f"page={number + 1}" not in page:
            break
        number += 1
    assert set(found) == set(opened().provisions)
    assert wrong_looks(iter(found.values())) == []


def test_nothing_unconfirmed_looks_confirmed_where_it_is_compared(portal: Portal) -> None:
    book = opened().provisions
    topics: dict[str, list[str]] = {}
    for one in book.values():
        if one.nation in {"USA", "IND"}:
            topics.setdefault(one.topic, []).append(one.id)
    topic = next(ids for ids in topics.values() if {expected(book[one]) for one in ids} >= {"gap", "unconfirmed"})
    named = [next(one for one in topic if expected(book[one]) == kind) for kind in ("gap", "unconfirmed")]
    read = next(ids for ids in topics.values() if {expected(book[one]) for one in ids} >= {"read", "unconfirmed"})
    also = [next(one for one in read if expected(book[one]) == kind) for kind in ("read", "unconfirmed")]
    house, chair = portal.node.house, portal.node.actor("co_chair")
    for ids in (named, also):
        entry = saying.raise_divergence(house, chair, question="Whose?", provisions=ids, owner="IND")
        page = portal.as_person("inspector").get(f"/en/alignment/{entry}/").content.decode()
        found = list(shown(page))
        assert {identity for identity, _, _ in found} == set(ids)
        assert wrong_looks(iter(found)) == []


def test_nothing_unconfirmed_looks_confirmed_in_a_file(portal: Portal) -> None:
    house, chair, book = portal.node.house, portal.node.actor("co_chair"), opened().provisions
    words = {"gap": "no_rule_loaded", "read": "confirmed", "unconfirmed": "unconfirmed"}
    content = json.loads(b"".join(exporting.export_alignment(house, chair, "json").chunks))
    told = {one["id"]: (one["standing"], one["evidence"], one["confirmed"]) for one in content["provisions"]}
    assert told == {one.id: (words[expected(one)], one.evidence, one.confirmed) for one in book.values()}
    workbook = b"".join(exporting.export_alignment(house, chair, "xlsx").chunks)
    rows = openpyxl.load_workbook(io.BytesIO(workbook))["Provisions"].iter_rows(min_row=2, max_col=2, values_only=True)
    assert {identity: standing for standing, identity in rows} == {
        one.id: words[expected(one)] for one in book.values()
    }


def test_nothing_unconfirmed_looks_confirmed_in_the_matrix(portal: Portal) -> None:
    browser = portal.as_person("inspector")
    rows = re.compile(r'<li><a class="govuk-link" href="/en/rules/([^/?"]+)/" lang="en">(.*?)</li>', re.DOTALL)
    found: list[tuple[str, str, str]] = []
    for topic in ("visit", "register", "disclosure", "equivalence"):
        page = browser.get(f"/en/rules/coverage/?topic={topic}").content.decode()
        for identity, rest in rows.findall(page):
            tag = _TAG.search(rest)
            found.append((identity, *(tag.groups() if tag is not None else ("none", ""))))
    assert len(found) > 20
    assert wrong_looks(iter(found)) == []
