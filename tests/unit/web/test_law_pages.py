"""Changes of law on pages: a co-chair records her nation's, everybody of the authority reads what it touches."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from relto.services.alignment import saying
from relto.store.models import AlignmentStatement
from tests.unit.services.test_alignment import heard
from tests.unit.web.portal import Portal
from tests.unit.web.scenes import scene_of

RULE = "32 CFR part 117 (NISPOM rule)"
NOTICE = {
    "source": RULE,
    "edition": "32 CFR part 117, amended",
    "replaces": RULE,
    "published": "",
    "in_force_from": "2026-12-01",
    "citation": "32 CFR part 117",
    "evidence": "unverified",
    "confirmed": "no",
    "provisions": "USR-66 changed: an example of this test\nUSR-999 new register",
    "consultation_until": "2027-01-31",
}


def recorded(portal: Portal, **changes: str) -> str:
    """The place of a notice that the co-chair recorded."""
    answer = portal.as_person("co_chair").post("/en/law/new/", {**NOTICE, **changes})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_a_notice_is_recorded_and_shows_what_it_touches_in_both_languages(portal: Portal) -> None:
    saying.raise_divergence(
        portal.node.house, portal.node.actor("co_chair"), question="Who counts?", provisions=["USR-66"], owner="USA"
    )
    place = recorded(portal)
    english = portal.as_person("release_officer").get(place).content.decode()
    for words in (
        "USR-66",
        "an example of this test",
        "R20-manifest-registered",
        "USR-999",
        "The consultation is open",
    ):
        assert words in english
    assert "Begin a proposal" not in english
    hindi = portal.as_person("registrar").get(place.replace("/en/", "/hi/")).content.decode()
    assert "परामर्श इस दिन के अंत तक खुला है" in hindi
    for language in ("en", "hi"):
        assert "32 CFR part 117, amended" in portal.as_person("inspector").get(f"/{language}/law/").content.decode()
    chair = portal.as_person("co_chair").get(place).content.decode()
    begin = re.search(r'href="([^"]*proposals/new/\?[^"]*)"', chair)
    assert begin
    assert "USR-66" in html.unescape(begin[1])
    assert portal.as_person("co_chair").get(html.unescape(begin[1])).status_code == 200


def test_the_form_begins_from_a_text_and_keeps_what_was_written(portal: Portal) -> None:
    browser = portal.as_person("co_chair")
    page = browser.get("/en/law/new/").content.decode()
    link = re.search(r'href="(/en/law/new/\?replaces=32[^"]*)"', page)
    assert link
    assert f'value="{RULE}"' in browser.get(html.unescape(link[1])).content.decode()
    wrong = browser.post("/en/law/new/", {**NOTICE, "provisions": "USR-66", "in_force_from": "soon"})
    assert wrong.status_code == 422
    assert "govuk-error-summary" in wrong.content.decode()
    assert browser.post("/en/law/new/", {**NOTICE, "replaces": "SMLDI 2014"}).status_code == 422
    assert browser.post("/en/law/new/", {**NOTICE, "confirmed": "yes"}).status_code == 422
    assert not AlignmentStatement.objects.exists()


def test_comments_a_second_word_the_end_and_the_paper(portal: Portal) -> None:
    place = recorded(portal)
    browser = portal.as_person("co_chair")
    assert browser.post(place, {"what": "comment", "comment": "from when?"}).status_code == 302
    assert browser.post(place, {"what": "comment", "comment": ""}).status_code == 422
    assert "from when?" in browser.get(place).content.decode()
    entry = place.split("/")[3]
    anew = browser.get(f"/en/law/new/?entry={entry}").content.decode()
    assert "USR-66 changed register: an example of this test" in anew
    assert browser.post(f"/en/law/new/?entry={entry}", {**NOTICE, "citation": "amended"}).status_code == 302
    paper = portal.as_person("inspector").get(f"{place}notice.both.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert portal.as_person("inspector").get(f"{place}notice.fr.pdf").status_code == 400
    assert browser.post(place, {"what": "closed"}).status_code == 302
    page = browser.get(place).content.decode()
    assert "The consultation is over" in page
    assert "Earlier words" in page
    assert browser.post(place, {"what": "everything"}).status_code == 404


@pytest.mark.parametrize("who", ["engineer", "security_officer", "operator"])
def test_companies_find_nothing(portal: Portal, who: str) -> None:
    place = recorded(portal)
    for path in ("/en/law/", "/en/law/new/", place, f"{place}notice.en.pdf"):
        assert portal.as_person(who).get(path).status_code == 404
    assert portal.as_person("inspector").get("/en/law/new/").status_code == 404
    assert portal.as_person("inspector").post(place, {"what": "comment", "comment": "x"}).status_code == 404
    assert portal.as_person("inspector").get("/en/law/ale_unknown/").status_code == 404


def test_the_partners_notice_is_answered_and_not_touched(portal: Portal) -> None:
    peer, entry = scene_of(portal).peer, "ale_" + "b" * 24
    body: dict[str, Any] = {
        "nation": "IND",
        "source": "Security Manual",
        "edition": "SMLDI 2025",
        "replaces": "SMLDI 2014",
        "published": "2025-07-03",
        "in_force_from": "2025-07-03",
        "citation": "SMLDI 2025",
        "evidence": "secondary",
        "confirmed": False,
        "provisions": [{"provision": "IND-02", "word": "repealed", "topic": "facility_clearance", "text": ""}],
        "consultation_until": "2027-01-31",
        "state": "consulting",
    }
    borrowed = {**body, "provisions": [{**body["provisions"][0], "provision": "USR-66"}]}
    assert heard(portal.node, peer, entry, borrowed, kind="law_change")[0] == "conflict.alignment.law.nation"
    assert heard(portal.node, peer, entry, {**body, "nation": "USA"}, kind="law_change")[0].endswith("law.nation")
    assert heard(portal.node, peer, entry, body, kind="law_change")[0] == ""
    browser, place = portal.as_person("co_chair"), f"/en/law/{entry}/"
    page = browser.get(place).content.decode()
    assert "Does your nation object?" in page
    assert "End the consultation" not in page
    assert browser.post(place, {"what": "answer", "position": "objects"}).status_code == 422
    assert browser.post(place, {"what": "answer", "position": "objects", "reason": "talks first"}).status_code == 302
    assert "talks first" in browser.get(place).content.decode()
    assert browser.get(f"/en/law/new/?entry={entry}").status_code == 404
    assert browser.post(place, {"what": "closed"}).status_code == 422
