"""A page of each route in each language in a real browser: axe-core, a telephone's width, a zoom of 400 %."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from axe_core_python.selenium import Axe
from selenium import webdriver

from tests.support.chromium import start_chromium
from tests.support.portal_survey.stage import Person
from tests.support.portal_survey.walking import Page

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_WIDE, _PHONE, _ZOOMED = 1280, 390, 320
"""In CSS pixels; 1280 at 400 % is 320 (WCAG 2.2, success criterion 1.4.10)."""


def look(people: Iterable[tuple[Person, list[Page]]], pictures: str = "") -> Iterator[dict[str, str]]:
    """What is wrong, a finding each: page, language, and axe's rule or the width that it overflows."""
    browser = start_chromium()
    try:
        for person, pages in people:
            browser.get(f"{person.origin}/en/marks/")
            browser.delete_all_cookies()
            for cookie in person.session.cookies.jar:
                browser.add_cookie({"name": cookie.name, "value": cookie.value or "", "path": "/"})
            for page in pages:
                yield from _look_at(browser, person, page, pictures)
    finally:
        browser.quit()


def _look_at(browser: webdriver.Chrome, person: Person, page: Page, pictures: str) -> Iterator[dict[str, str]]:
    where = {"who": page.who, "route": page.route, "language": page.language, "path": page.path}
    _narrow(browser, _WIDE)
    browser.get(f"{person.origin}{page.path}")
    for one in Axe().run(browser, options=RULES)["violations"]:
        yield {**where, "finding": one["id"], "html": one["nodes"][0]["html"][:300]}
    for message in browser.get_log("browser"):  # type: ignore[no-untyped-call]
        if "Content Security Policy" in message["message"]:
            yield {**where, "finding": "csp", "html": message["message"][:300]}
    if pictures:
        height = min(int(browser.execute_script("return document.documentElement.scrollHeight")), 6000)
        _narrow(browser, _WIDE, height)
        browser.save_screenshot(
            f"{pictures}/{page.route.replace(':', '-')}-{page.language}-{page.who.split(',')[0]}.png"
        )
    for width in (_PHONE, _ZOOMED):
        _narrow(browser, width)
        wide = int(browser.execute_script("return document.documentElement.scrollWidth"))
        if wide > width:
            yield {**where, "finding": f"{wide} wide at {width}", "html": ""}


def _narrow(browser: webdriver.Chrome, width: int, height: int = 900) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
