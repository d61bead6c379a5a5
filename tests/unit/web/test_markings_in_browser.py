"""The page of markings in a real browser: nothing that axe-core finds, nothing too wide for a telephone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By

from relto.adapters.log_files import FolderLogFiles
from tests.support.chromium import needs_chromium, start_chromium
from tests.support.houses import USA
from tests.unit.web.portal import LANGUAGES, Portal, open_portal

pytestmark = needs_chromium
PATH = "labels/"
AMERICAN = "SECRET//REL TO USA, IND"
_PICTURES = os.environ.get("RELTO_PICTURES", "")
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def live_portal(transactional_db: None, tmp_path: Path, settings: Settings) -> Portal:
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return made


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_chromium()
    yield driver
    driver.quit()


def test_the_page_is_accessible_and_fits_a_telephone(
    browser: webdriver.Chrome, live_server: LiveServer, live_portal: Portal
) -> None:
    browser.get(f"{live_server.url}/en/marks/")
    for morsel in live_portal.as_person("engineer").cookies.values():
        browser.add_cookie({"name": morsel.key, "value": morsel.value, "path": "/"})
    whole = {"text": AMERICAN, "other": "(C//REL TO USA, IND)", "review_by": "2036-01-01"}
    written: Mapping[str, Mapping[str, str]] = {
        "empty": {},
        "whole": whole,
        "faulty": {"text": "SECRET//NOFORN/RELIDO"},
    }
    wrong = []
    for name, form in written.items():
        for language in LANGUAGES:
            for width in (1280, 390):
                metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                browser.get(f"{live_server.url}/{language}/{PATH}")
                for field, text in form.items():
                    browser.find_element(By.ID, f"field-{field}").send_keys(text)
                if form:
                    browser.find_element(By.CSS_SELECTOR, "input[name=policy][value=USA]").click()
                    browser.find_element(By.CSS_SELECTOR, "button[value=read]").click()
                place = f"{name} {language} {width}"
                wide = browser.execute_script("return document.documentElement.scrollWidth")
                wrong += [f"{place}: {wide} wide"] if wide > width else []
                found = Axe().run(browser, options=_RULES)["violations"]
                wrong += [f"{place}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
                if _PICTURES:
                    metrics["height"] = browser.execute_script("return document.documentElement.scrollHeight")
                    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                    browser.save_screenshot(str(Path(_PICTURES) / f"markings-{place.replace(' ', '-')}.png"))
    assert wrong == []
