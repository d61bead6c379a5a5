"""Lists that grow: a page at a time by links alone, and a page asks the tables no more often when there is more."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from relto.services.alignment import actions, saying
from relto.web.long_lists import Part, part_of
from tests.support.houses import START
from tests.support.whole_year.multiplying import multiply
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import sent_case
from tests.unit.web.test_meeting_pages import chair, planned, question

OF_DOCUMENTS = {
    "security_officer": ("/en/company/", "/en/documents/", "/en/company/register/"),
    "release_officer": ("/en/desk/", "/en/desk/queue/"),
    "registrar": ("/en/assurances/",),
}
SIXTY = dict.fromkeys(("Item", "RegisterEntry", "ReleaseCase", "ReleaseReader", "Assurance"), 60)
LISTS = (
    "/en/today/",
    "/en/alignment/",
    "/en/meetings/",
    "/en/meetings/actions/",
    "/en/alignment/proposals/",
    "/en/law/",
    "/en/roadmap/",
)


@pytest.mark.parametrize(
    ("asked", "rows", "before", "after"),
    [
        ("", range(25), "", "law=2"),
        ("?law=2&state=open", range(25, 50), "law=1&state=open", "law=3&state=open"),
        ("?law=3", range(50, 60), "law=2", ""),
        ("?law=999999999999", range(25), "", "law=2"),
        ("?law=9999", range(50, 60), "law=2", ""),
        ("?law=-1", range(25), "", "law=2"),
        ("?law=%E0%A5%A9", range(25), "", "law=2"),
    ],
)
def test_a_list_shows_the_lines_that_are_asked_for(asked: str, rows: range, before: str, after: str) -> None:
    part = part_of(RequestFactory().get(f"/en/law/{asked}"), list(range(60)), "law")
    assert list(part.rows) == list(rows)
    assert (part.first, part.last, part.count) == (rows.start + 1, rows.stop, 60)
    assert (part.before, part.after) == (before, after)


def test_an_empty_list_has_no_lines_and_no_links() -> None:
    part: Part[int] = part_of(RequestFactory().get("/en/law/"), [], "law")
    assert (list(part.rows), part.first, part.last, part.before, part.after) == ([], 0, 0, "", "")


def test_with_sixty_of_each_kind_lists_have_pages_and_ask_the_tables_no_more_often(portal: Portal) -> None:
    about = question(portal)
    meeting = planned(portal)
    house, co_chair = chair(portal)
    actions.act(
        house,
        co_chair,
        about=meeting,
        what={"en": "Count once."},
        owner="IND",
        role="registrar",
        due=START.date().replace(month=12),
    )
    saying.comment(house, co_chair, about=about, text="From which day?")
    browser = portal.as_person("co_chair")

    def queries() -> dict[str, int]:
        found = {}
        for path in LISTS:
            browser.get(path)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert browser.get(path).status_code == 200
            found[path] = len(asked)
        return found

    small = queries()
    held = multiply(house.now(), {"AlignmentStatement": 240})["AlignmentStatement"]
    assert held == 240
    assert queries() == small
    first = browser.get("/en/meetings/actions/").content.decode()
    assert "Lines 1\u201325 · in all 60" in first
    last = browser.get("/hi/meetings/actions/?open=3").content.decode()
    assert "पंक्तियाँ 51\u201360 · कुल 60" in last
    assert "open=2#open" in last


def test_with_sixty_documents_and_releases_pages_of_documents_ask_the_tables_no_more_often(portal: Portal) -> None:
    sent_case(portal)
    browsers = {who: portal.as_person(who) for who in OF_DOCUMENTS}

    def queries() -> dict[str, int]:
        found = {}
        for who, paths in OF_DOCUMENTS.items():
            for path in paths:
                browsers[who].get(path)
                with CaptureQueriesContext(connection) as asked:
                    assert browsers[who].get(path).status_code == 200
                found[path] = len(asked)
        return found

    small = queries()
    held = multiply(portal.node.house.now(), SIXTY)
    assert held["Item"] == held["ReleaseCase"] == 60
    large = queries()
    assert {path: large[path] - count for path, count in small.items() if large[path] > count + 3} == {}
    page = browsers["security_officer"].get("/en/documents/?items=3").content.decode()
    assert "Lines 51\u201360 \u00b7 in all 60" in page
    assert "items=2#items" in page
