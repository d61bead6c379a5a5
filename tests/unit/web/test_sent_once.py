"""A double click makes one thing: one drawing of a form is carried out once, and its second sender is led after it."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from relto.store.models import AlignmentStatement, Item, PersonalToken, SentForm
from relto.web import sent_once
from tests.unit.web.portal import Portal
from tests.unit.web.test_alignment_pages import RAISED


def _drawn(browser: Client, path: str) -> str:
    """The token of one drawing of a page's forms."""
    found = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).content.decode())
    assert found
    return str(found[-1])


def test_a_double_click_on_raising_a_question_raises_one(portal: Portal) -> None:
    browser, page = portal.as_person("co_chair"), "/en/alignment/say/divergence/"
    form = RAISED | {"csrfmiddlewaretoken": _drawn(browser, page)}
    first, second = (browser.post(page, form) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert AlignmentStatement.objects.count() == 1


def test_a_token_is_made_once_and_shown_once(portal: Portal) -> None:
    browser, page = portal.as_person("engineer"), "/en/account/tokens/"
    form = {"what": "make", "label": "nightly", "scopes": ["me"], "days": "30"}
    form |= {"csrfmiddlewaretoken": _drawn(browser, page)}
    first, second = browser.post(page, form), browser.post(page, form)
    assert "relto_pat_" in first.content.decode()
    assert second.status_code == 409
    assert "Nothing was done twice." in second.content.decode()
    assert "relto_pat_" not in second.content.decode()
    assert PersonalToken.objects.count() == 1
    again = browser.post(page, form | {"csrfmiddlewaretoken": _drawn(browser, page)})
    assert again.status_code == 200
    assert PersonalToken.objects.count() == 2, "drawn anew, it is another wish"


def test_a_document_is_sealed_once_and_the_second_press_leads_to_it(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    token = _drawn(browser, "/en/seal/")
    answers = [
        browser.post(
            "/en/seal/",
            portal.form(document=SimpleUploadedFile("hull.pdf", b"amber turbines " * 100, "application/pdf"))
            | {"csrfmiddlewaretoken": token},
        )
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Item.objects.count() == 1


def test_what_was_refused_may_be_sent_again_and_a_search_as_often_as_one_likes(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    wrong = portal.form(title="", document=SimpleUploadedFile("hull.pdf", b"amber", "application/pdf"))
    wrong |= {"csrfmiddlewaretoken": _drawn(browser, "/en/seal/")}
    assert [browser.post("/en/seal/", wrong).status_code for _ in range(2)] == [422, 422]
    assert not SentForm.objects.exists()
    find = {"text": "REL-2026", "csrfmiddlewaretoken": _drawn(browser, "/en/search/")}
    assert [browser.post("/en/search/", find).status_code for _ in range(2)] == [200, 200]


def test_another_person_page_or_text_is_another_form(portal: Portal) -> None:
    browser, page = portal.as_person("engineer"), "/en/account/tokens/"
    token = _drawn(browser, page)
    form = {"what": "make", "label": "one", "scopes": ["me"], "days": "30", "csrfmiddlewaretoken": token}
    assert browser.post(page, form).status_code == 200
    assert browser.post(page, form | {"label": "two"}).status_code == 200
    assert portal.as_person("colleague").post(page, form).status_code == 200
    assert PersonalToken.objects.count() == 3


def test_a_form_that_is_still_being_carried_out_is_not_carried_out_beside_it(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_once, "_WAITS", 0.0)
    browser, page = portal.as_person("engineer"), "/en/account/tokens/"
    form = {"what": "make", "label": "one", "scopes": ["me"], "days": "30"}
    form |= {"csrfmiddlewaretoken": _drawn(browser, page)}
    browser.post(page, form)
    SentForm.objects.update(done=False)  # as another process would find it while the first is at work
    second = browser.post(page, form)
    assert second.status_code == 409
    assert "still being carried out" in second.content.decode()
    assert PersonalToken.objects.count() == 1
