"""The pages about rules in a real browser: nothing that axe-core finds, nothing wider than a telephone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium import webdriver
from selenium.webdriver.common.by import By

from relto.adapters.log_files import FolderLogFiles
from relto.node.draft_changes import changed_equivalence
from relto.rules.builtin import package_data
from relto.services.alignment import saying
from relto.services.openings import record_obstacle
from relto.store.models import DecisionRecord
from tests.support.chromium import needs_chromium, start_chromium
from tests.support.houses import START, USA, drafted
from tests.unit.web.portal import LANGUAGES, Portal, open_portal
from tests.unit.web.scenes import second_version

pytestmark = needs_chromium
_PICTURES = os.environ.get("RELTO_PICTURES", "")
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_WIDTHS = (1280, 390)
_TALLEST = 9000


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


def _wrong(browser: webdriver.Chrome, server: str, pages: Mapping[str, str]) -> list[str]:
    """What is wrong with these pages: too wide at either width in either language; what axe finds, once a width."""
    wrong = []
    for number, (name, path) in enumerate(pages.items()):
        for language in LANGUAGES:
            # Each page is looked at by axe once, every second one at a telephone's width.
            axed_at = _WIDTHS[number % 2] if (number % 2 == 0) == (language == "en") else 0
            for width in _WIDTHS if _PICTURES or axed_at == _WIDTHS[0] else _WIDTHS[1:]:
                _set_width(browser, width)
                browser.get(f"{server}/{language}/{path}")
                axed = width == axed_at
                wrong += _looked_at(browser, f"{name}-{language}-{width}", width, axed=axed)
    return wrong


def _answered(browser: webdriver.Chrome, server: str, name: str, path: str, draft: Path) -> list[str]:
    """The same for the answer to a draft that is handed in."""
    wrong = []
    for language in LANGUAGES:
        browser.get(f"{server}/{language}/{path}")
        browser.find_element(By.NAME, "draft").send_keys(str(draft))
        browser.find_element(By.CSS_SELECTOR, "main form button:not([name])").click()
        for width in _WIDTHS:
            _set_width(browser, width)
            axed = (language == "en") == (width == _WIDTHS[0])
            wrong += _looked_at(browser, f"{name}-{language}-{width}", width, axed=axed)
    return wrong


def _set_width(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def _looked_at(browser: webdriver.Chrome, place: str, width: int, *, axed: bool) -> list[str]:
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    wrong = [f"{place}: {wide} wide"] if wide > width else []
    if axed or _PICTURES:
        found = Axe().run(browser, options=_RULES)["violations"]
        wrong += [f"{place}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
    if _PICTURES:
        tall = browser.execute_script("return document.documentElement.scrollHeight")
        _set_width(browser, width, min(int(tall), _TALLEST))
        browser.save_screenshot(str(Path(_PICTURES) / f"{place}.png"))
    return wrong


def _enter(browser: webdriver.Chrome, server: str, portal: Portal, who: str) -> None:
    browser.get(f"{server}/en/marks/")
    browser.delete_all_cookies()
    for morsel in portal.as_person(who).cookies.values():
        browser.add_cookie({"name": morsel.key, "value": morsel.value, "path": "/"})


def test_the_rule_book_is_accessible_and_fits_a_telephone(
    browser: webdriver.Chrome, live_server: LiveServer, live_portal: Portal
) -> None:
    _enter(browser, live_server.url, live_portal, "co_chair")
    pages = {
        "rules": "rules/",
        "rules-chosen": "rules/?topic=disclosure&unconfirmed=1",
        "rule": "rules/R13-listed-with-reason/",
        "provision": "rules/GAP-IND-disclosure/",
        "history": "rules/history/",
        "changes": "rules/history/2/",
    }
    if _PICTURES:
        pages["rules-all"] = "rules/?all=1"
    second_version(live_portal)
    assert _wrong(browser, live_server.url, pages) == []


def test_what_the_working_group_says_is_accessible_too(
    browser: webdriver.Chrome, live_server: LiveServer, live_portal: Portal
) -> None:
    chair, own = live_portal.node.actor("co_chair"), live_portal.node.house
    pair = ("USR-66", "IND-27.1")
    raised = saying.raise_divergence(
        own, chair, question="Who counts, and when?", provisions=pair, owner="IND", options=["together", "apart"]
    )
    saying.relate(own, chair, provisions=pair, to="IND", relation="intersects", reason="both count", confidence="low")
    saying.comment(own, chair, about=raised, text="see chapter 5")
    _enter(browser, live_server.url, live_portal, "co_chair")
    pages = {"coverage": "rules/coverage/", "alignment": "alignment/", "entry": f"alignment/{raised}/"}
    pages |= {"exchange": "alignment/exchange/", "measures": "measures/"}
    assert _wrong(browser, live_server.url, pages) == []


def test_decisions_proofs_and_impacts_are_accessible_too(
    browser: webdriver.Chrome, live_server: LiveServer, live_portal: Portal, tmp_path: Path
) -> None:
    server, node = live_server.url, live_portal.node
    held = live_portal.seal()
    live_portal.partner_vouches()
    case = live_portal.ask(live_portal.seal())
    accepts = ["facility_assurance", "equivalence", "disclosure_authorisation", "export_authorisation"]
    officer = live_portal.as_person("release_officer")
    officer.post(f"/en/cases/{case}/", {"outcome": "release", "reason": "It should be.", "accepts": accepts})
    release = DecisionRecord.objects.get(action="release").id
    node.clock.forward(days=370)
    opening = record_obstacle(node.house, node.actor("engineer"), held.id)
    node.clock.forward(days=-370)
    loose, tight, same = (tmp_path / f"{name}.bundle" for name in ("loose", "tight", "same"))
    loose.write_bytes(
        drafted(2, equivalence=changed_equivalence(["IND:RESTRICTED=USA:CONFIDENTIAL"], START - timedelta(days=1)))
    )
    tight.write_bytes(drafted(2, gates=_narrower()))
    same.write_bytes(drafted(2))
    _enter(browser, server, live_portal, "engineer")
    wrong = _wrong(browser, server, {"decision-asker": f"decisions/{opening}/"})
    _enter(browser, server, live_portal, "inspector")
    pages = {"decisions": "decisions/", "decision": f"decisions/{release}/"}
    wrong += _wrong(browser, server, pages | {"as-of": f"decisions/{release}/as-of/?version=1"})
    wrong += _answered(browser, server, "impact", "rules/impact/", tight)
    _enter(browser, server, live_portal, "co_chair")
    wrong += _answered(browser, server, "proof-refuted", "rules/proof/", loose)
    wrong += _answered(browser, server, "proof-proved", "rules/proof/", same)
    wrong += _answered(browser, server, "impact-counts", "rules/impact/", tight)
    assert wrong == []


def _narrower() -> dict[str, Any]:
    """The gates that ship, one of them never fulfilled: everybody loses what is in a programme."""
    gates: dict[str, Any] = json.loads(package_data("gates.json"))
    for gate in gates["gates"]:
        if gate["rule"] == "R12-programme-member":
            gate["holds"] = f"({gate['holds']}) && !resource.exportControlled"
    return gates
