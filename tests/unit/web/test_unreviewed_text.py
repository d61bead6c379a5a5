"""On Hindi pages what people sign or are bound by carries a tag until a native reader checked its translation."""

from __future__ import annotations

import re

import pytest

from tests.support.survey import register_survey
from tests.unit.web.portal import Portal
from tests.unit.web.test_dossier_pages import begun
from tests.unit.web.test_template_pages import published

TAG = "अनुवाद की समीक्षा नहीं हुई"
RULE_TEXT = re.compile(rf"[\u0900-\u097f][^<]*</a> <span class=\"[^\"]*unconfirmed\">{TAG}</span>")


def test_rules_gates_findings_and_clauses_carry_the_tag_beside_their_words(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    case = portal.ask(item)
    register_survey(monkeypatch)
    dossier = begun(portal, last_day="2027-01-01")
    template = published(portal)
    officer = portal.as_person("release_officer")
    listed = officer.get("/hi/rules/").content.decode()
    assert len(RULE_TEXT.findall(listed)) > 5
    rule = re.search(r'href="/hi/rules/([^/"?]+)/', listed)
    assert rule is not None
    pages = {
        "a rule": f"/hi/rules/{rule[1]}/",
        "the gates of a case": f"/hi/cases/{case}/",
        "clauses of a template": f"/hi/templates/{template}/",
    }
    written = {"what the check found of a dossier": f"/hi/dossiers/{dossier.id}/"}
    company = portal.as_person("security_officer")
    for what, path in (pages | written).items():
        browser = company if what in written else officer
        answer = browser.get(path)
        assert answer.status_code == 200, what
        assert TAG in answer.content.decode(), what
        assert TAG not in browser.get(path.replace("/hi/", "/en/")).content.decode() or "template" in what, what
