"""A proposal on the pages of both nations: answered, proven, signed by one and by both, each step in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from relto.adapters.log_files import FolderLogFiles
from relto.base.nations import Nation
from tests.support.houses import IND, USA
from tests.support.two_houses import TwoHouses
from tests.unit.web.portal import Portal
from tests.unit.web.test_proposal_pages import tabled, text


class Pages:
    """Both co-chairs' browsers."""

    def __init__(self, two: TwoHouses, settings: Settings) -> None:
        self.two = two
        self.settings = settings

    @contextmanager
    def of(self, nation: Nation, who: str = "co_chair") -> Iterator[Client]:
        with self.two.at(nation) as node:
            self.settings.RELTO_HOUSE = node.house
            yield Portal(node).as_person(who)
        self.two.deliver()


@pytest.fixture
def pages(db: None, tmp_path: Path, settings: Settings) -> Iterator[Pages]:
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    with TwoHouses(tmp_path, vouched=False) as two:
        yield Pages(two, settings)


def digest_on(page: str, name: str = "digest") -> str:
    """The digest that the page's button carries."""
    return page.split(f'name="{name}" value="')[1].split('"', maxsplit=1)[0]


def test_both_answer_and_sign_one_text_on_their_own_pages(pages: Pages) -> None:
    with pages.of(USA) as browser:
        place = tabled(browser, draft="", title="Who counts")
    with pages.of(IND) as browser:
        home = text(browser.get("/en/alignment/").content)
        assert "Waiting for this nation: 1." in home
        assert "Say whether the nation objects" in home
        page = browser.get(place).content.decode()
        assert "May object until" in page
        assert "United States: " in page
        objection = {"what": "position", "digest": digest_on(page), "position": "objects"}
        refused = browser.post(place, objection)
        assert (refused.status_code, "field-reason-error" in refused.content.decode()) == (422, True)
        assert browser.post(place, {**objection, "position": "no_objection"}).status_code == 302
        page = browser.get(place).content.decode()
        assert "Go to the signatures" in page
        sign = {"digest": digest_on(page.split('id="signatures"')[1]), "word": "signed", "back": place}
        assert browser.post(f"{place}sign/", sign)["Location"] == f"{place}#signatures"
        assert "Signed by one nation" in text(browser.get(place).content)
    with pages.of(USA) as browser:
        page = browser.get(place).content.decode()
        assert "Signed by one nation" in text(page.encode())
        assert browser.post(f"{place}sign/", sign).status_code == 302
        agreed = text(browser.get(place).content)
        assert "Agreed: both signed" in agreed
        assert "Both nations signed: text 1 of USA" in agreed
        assert "Write the next version" not in agreed
    with pages.of(IND, "inspector") as browser:
        assert "सहमति: दोनों के हस्ताक्षर" in browser.get(place.replace("/en/", "/hi/")).content.decode()


def test_a_failed_proof_tells_its_one_story_to_both(pages: Pages) -> None:
    with pages.of(USA) as browser:
        place = tabled(browser)
        answer = browser.post(f"{place}proof/")
        shown = text(answer.content)
        assert answer.status_code == 200
        assert "What could happen" in shown
        assert "The partner was told the result and the rules concerned" in shown
        assert "Write the next version" in text(browser.get(place).content)
    with pages.of(IND) as browser:
        page = text(browser.get(place).content)
        assert "would be permitted under this draft in a case in which the rules of" in page
        assert "If it is meant, the draft has to carry this nation's consent" in page.replace("&#x27;", "'")
        assert "It rests on the rules as entered." in page
