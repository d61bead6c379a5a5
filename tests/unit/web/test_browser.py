"""The pages in a real browser: no violation that axe-core finds, nothing wider than a telephone, in both languages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver

from relto.adapters.log_files import FolderLogFiles
from tests.support.chromium import needs_chromium, start_chromium
from tests.support.houses import USA
from tests.unit.web.portal import Portal, open_portal

pytestmark = needs_chromium
_WIDTHS = (1280, 390)
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_PICTURES = os.environ.get("RELTO_PICTURES", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = start_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path, settings: Settings) -> Portal:
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver", "localhost"]
    return made


def _enter(browser: webdriver.Chrome, live_server: LiveServer, client: Client) -> None:
    browser.get(f"{live_server.url}/en/marks/")
    browser.delete_all_cookies()
    for morsel in client.cookies.values():
        browser.add_cookie({"name": morsel.key, "value": morsel.value, "path": "/"})


def _look(browser: webdriver.Chrome, live_server: LiveServer, name: str, path: str, *, axed: bool) -> list[str]:
    """What is wrong with a page at every width."""
    wrong = []
    for width in _WIDTHS:
        # A window of headless chromium is never narrower than 500; what a telephone shows is set apart from it.
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(f"{live_server.url}{path}")
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        if wide > width:
            wrong.append(f"{name} at {width}: {wide} wide")
        if _PICTURES:
            height = browser.execute_script("return document.documentElement.scrollHeight")
            metrics["height"] = min(int(height), 6000)
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            language = path.split("/")[1]
            browser.save_screenshot(str(Path(_PICTURES) / f"{name}-{language}-{width}.png"))
        if axed and width == _WIDTHS[0]:
            found = Axe().run(browser, options=_RULES)
            wrong += [f"{name} {path}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
    return wrong


def test_every_main_page_is_accessible_and_fits_a_telephone(
    browser: webdriver.Chrome, live_server: LiveServer, portal: Portal
) -> None:
    item = portal.seal()
    other = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    case = portal.ask(item)
    seen = {
        "engineer": {"documents": "documents/", "document": f"documents/{item.id}/", "seal": "seal/"},
        "security_officer": {"company": "company/", "ask": f"documents/{other.id}/release/", "account": "account/"},
        "release_officer": {"desk": "desk/", "queue": "desk/queue/", "case": f"cases/{case}/", "unknown": "cases/x/"},
        "registrar": {"assurances": "assurances/", "register": "register/"},
        "co_chair": {"rules": "rules/"},
        "inspector": {"ledger": "ledger/", "marks": "marks/", "factors": "account/factors/"},
    }
    wrong = []
    for who, pages in seen.items():
        _enter(browser, live_server, portal.as_person(who))
        for number, (name, path) in enumerate(pages.items()):
            for language in ("en", "hi"):
                # Each page once: the two languages differ in words, not in structure.
                axed = bool(_PICTURES) or (number % 2 == 0) == (language == "en")
                wrong += _look(browser, live_server, name, f"/{language}/{path}", axed=axed)
    browser.delete_all_cookies()
    wrong += _look(browser, live_server, "sign-in", "/hi/account/sign-in/", axed=True)
    assert wrong == []
