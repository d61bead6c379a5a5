"""The pages of dossiers in a real browser: nothing that axe-core finds, nothing wider than a telephone, by keys too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from relto.adapters.log_files import FolderLogFiles
from relto.store.models import Dossier
from tests.support.chromium import needs_chromium, start_chromium
from tests.support.houses import USA
from tests.support.survey import register_survey
from tests.unit.web.portal import Portal, open_portal
from tests.unit.web.test_browser import _enter, _look
from tests.unit.web.test_dossier_pages import begun, submitted

pytestmark = needs_chromium
_PATIENCE = 30


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Portal:
    register_survey(monkeypatch)
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return made


def test_dossiers_are_accessible_and_fit_a_telephone(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    row, draft = submitted(portal), begun(portal, country="FRA", last_day="2027-01-01")
    seen = {
        "security_officer": {"dossiers": "dossiers/", "dossier-write": f"dossiers/{draft.id}/write/"},
        "release_officer": {
            "dossier": f"dossiers/{row.id}/",
            "dossier-step": f"dossiers/{row.id}/step/sign/",
            "reminders": "account/reminders/",
        },
    }
    wrong = []
    for who, pages in seen.items():
        _enter(browser, live_server, portal.as_person(who))
        for name, path in pages.items():
            wrong += _look(browser, live_server, name, f"/en/{path}", axed=True)
            wrong += _look(browser, live_server, name, f"/hi/{path}", axed=False)
    assert wrong == []


def test_enter_in_a_field_checks_and_neither_keeps_nor_takes_a_row_out(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    _enter(browser, live_server, portal.as_person("security_officer"))
    browser.get(f"{live_server.url}/en/dossiers/new/survey/")
    browser.find_element(By.ID, "field-surveyors-0-name").send_keys("A. Surveyor", Keys.ENTER)
    WebDriverWait(browser, _PATIENCE).until(lambda found: found.find_elements(By.CSS_SELECTOR, ".govuk-error-summary"))
    assert browser.find_element(By.ID, "field-surveyors-0-name").get_attribute("value") == "A. Surveyor"
    browser.find_element(By.CSS_SELECTOR, 'a[href="#field-purpose"]').click()
    assert browser.switch_to.active_element.get_attribute("id") == "field-purpose"
    assert not Dossier.objects.exists()
