from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.unit.web.portal import LANGUAGES, Portal

PAGES = {
    "documents/": {"engineer", "security_officer"},
    "seal/": {"engineer", "security_officer"},
    "company/": {"security_officer"},
    "desk/": {"release_officer"},
    "desk/queue/": {"release_officer"},
    "register/": {"security_officer", "release_officer", "registrar", "inspector"},
    "company/register/": {"security_officer", "release_officer", "registrar", "inspector"},
    "company/inventories/": {"security_officer", "release_officer", "registrar", "inspector"},
    "assurances/": {"registrar"},
    "third-party/": {"security_officer", "release_officer"},
    "dossiers/": {"engineer", "security_officer", "release_officer", "registrar", "inspector", "co_chair"},
    "dossiers/new/": {"engineer", "security_officer", "release_officer", "registrar", "inspector", "co_chair"},
    "people/": {"registrar"},
    "authorisations/": {"registrar", "security_officer"},
    "node/": {"operator"},
    "node/courier/": {"operator", "registrar", "release_officer", "inspector"},
    "rules/": {"co_chair"},
    "rules/R13-listed-with-reason/": {"engineer"},
    "rules/GAP-IND-disclosure/": {"operator"},
    "rules/proof/": {"co_chair", "release_officer", "registrar", "inspector"},
    "rules/impact/": {"co_chair", "release_officer", "inspector"},
    "alignment/": {"co_chair", "release_officer", "registrar", "inspector"},
    "alignment/record/": {"co_chair", "release_officer", "registrar", "inspector"},
    "alignment/proposals/": {"co_chair", "release_officer", "registrar", "inspector"},
    "alignment/proposals/new/": {"co_chair"},
    "alignment/say/relation/": {"co_chair"},
    "decisions/": {"inspector", "release_officer", "security_officer"},
    "recoveries/": {"release_officer", "registrar", "inspector", "co_chair"},
    "ledger/": {"engineer", "security_officer", "release_officer", "registrar", "inspector", "co_chair", "operator"},
    "ledger/export/": set[str](),
    "account/": {"engineer", "registrar"},
    "marks/": {"engineer"},
    "accessibility/": {"engineer"},
    "shortcuts/": {"engineer"},
}
FOR_EVERYONE = (
    "account/",
    "node/",
    "marks/",
    "accessibility/",
    "shortcuts/",
    "rules/",
    "rules/R13-listed-with-reason/",
    "rules/GAP-IND-disclosure/",
)
PEOPLE = ("engineer", "security_officer", "release_officer", "registrar", "inspector", "co_chair", "operator")
TRAINING = "MARKINGS ARE FOR TRAINING PURPOSES ONLY"
RULES = {"en": "24 of 24 rules are unconfirmed", "hi": "24 में से 24 नियम अपुष्ट हैं"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_there_for_its_roles_and_looks_unknown_to_all_others(portal: Portal, language: str) -> None:
    # One case in each role's hand; the rest of the matrix costs more time than it tells.
    for who in PEOPLE if language == "en" else ("engineer", "release_officer"):
        browser = portal.as_person(who)
        unknown = browser.get(f"/{language}/documents/itm_nothing/")
        assert unknown.status_code == 404
        for path, roles in PAGES.items():
            answer = browser.get(f"/{language}/{path}")
            if who in roles or path in FOR_EVERYONE:
                assert answer.status_code == 200, (who, path)
                page = answer.content.decode()
                assert page.count(TRAINING) == 2, (who, path)
                assert f'<html lang="{language}"' in page
                assert "style=" not in page
                assert ("<script" in page) == (path == "seal/"), (who, path)
                assert page.count("<h1") == 1
                assert RULES[language] in page, (who, path)
            elif answer.status_code != 200:
                assert answer.status_code == 404, (who, path)
                assert _without_path(answer.content) == _without_path(unknown.content), (who, path)
            assert ("script-src" in answer["Content-Security-Policy"]) == (path == "seal/" or "account/sign-in" in path)
            assert "default-src 'none'" in answer["Content-Security-Policy"]
            assert answer["Cache-Control"] == "no-store"


def _without_path(page: bytes) -> str:
    """A page but for the address in its language switch, and the place that is marked in the navigation."""
    text = re.sub(r'(href="/(en|hi)/)[^"]*(" rel="alternate")', r"\1\3", page.decode())
    text = re.sub(r' aria-current="true"|govuk-service-navigation__item--active| </?strong[^>]*>', "", text)
    text = re.sub(r"</?strong[^>]*>", "", text)
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text).replace(" ", "")


def test_who_is_not_signed_in_is_led_to_the_sign_in_page_and_back(portal: Portal, visitor: Client) -> None:
    answer = visitor.get("/hi/desk/")
    assert answer.status_code == 302
    assert answer["Location"] == "/hi/account/sign-in/?next=/hi/desk/"
    assert visitor.get("/", headers={"accept-language": "hi"})["Location"] == "/hi/"
    page = visitor.get("/en/account/sign-in/").content.decode()
    assert TRAINING in page
    assert 'hreflang="hi"' in page


def test_the_language_switch_keeps_the_page(portal: Portal) -> None:
    page = portal.as_person("engineer").get("/en/seal/").content.decode()
    assert 'href="/hi/seal/" rel="alternate" lang="hi"' in page


def test_a_printed_page_about_an_item_carries_the_items_own_marking(portal: Portal) -> None:
    item = portal.seal()
    browser = portal.as_person("engineer")
    page = browser.get(f"/en/documents/{item.id}/").content.decode()
    sheet = re.search(r'href="(/en/print/item/[^"]+\.css)" media="print"', page)
    assert sheet
    answer = browser.get(sheet[1])
    assert answer["Content-Type"].startswith("text/css")
    assert "SECRET" in answer.content.decode()
    assert portal.as_person("colleague").get(sheet[1]).status_code == 404


def test_a_colleague_outside_the_programme_learns_nothing_about_the_item(portal: Portal) -> None:
    item = portal.seal()
    colleague = portal.as_person("colleague")
    for path in (f"documents/{item.id}/", f"documents/{item.id}/container/"):
        answer = colleague.get(f"/en/{path}")
        assert answer.status_code == 404
        assert b"Hull" not in answer.content
    sealed = portal.as_person("engineer").get(f"/en/documents/{item.id}/container/")
    assert sealed.status_code == 200
    assert sealed.getvalue().startswith(b"PK")
