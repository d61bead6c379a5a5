"""One release as its people see it: two real nations, a real browser, from the decision to the sealed container."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from relto.rehearsal.cast import Nation
from relto.rehearsal.straight_path import StraightPath
from tests.story.conftest import SENTENCE, World, document
from tests.support.chromium import needs_chromium, start_chromium

pytestmark = [pytest.mark.story, *needs_chromium]
_PATIENCE = 20
TITLE = "Hull vibration seen in a browser"
REASON = "The programme needs these figures."


@dataclass
class Desk:
    """Somebody in front of a browser."""

    browser: webdriver.Chrome
    nation: Nation

    def sign_in(self, part: str) -> None:
        """By a training node's link, as whoever plays this part."""
        self.browser.delete_all_cookies()
        link = self.nation.registrar.node.sign_in_link(self.nation[part].person)
        self.browser.get(f"{self.nation.place.portal_url}{link.path}")
        self.click("main form button")

    def go(self, path: str) -> None:
        """Open a page by its path."""
        self.browser.get(f"{self.nation.place.portal_url}{path}")

    def all(self, selector: str) -> list[str]:
        """The visible texts of all such elements."""
        return [one.text for one in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def text(self, selector: str) -> str:
        """The visible text of the first such element."""
        return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def click(self, selector: str) -> None:
        """Click, and wait for the next page."""
        element = self.browser.find_element(By.CSS_SELECTOR, selector)
        page = self.browser.find_element(By.TAG_NAME, "html")
        element.click()
        WebDriverWait(self.browser, _PATIENCE).until(lambda _: self._gone(page))

    def tick(self, *selectors: str) -> None:
        """Tick boxes or choose radio buttons."""
        for selector in selectors:
            self.browser.find_element(By.CSS_SELECTOR, selector).click()

    def write(self, selector: str, text: str) -> None:
        """Write into a field."""
        self.browser.find_element(By.CSS_SELECTOR, selector).send_keys(text)

    def gaps(self) -> list[str]:
        """The gates that can be accepted by name, none of them accepted, nothing else chosen."""
        assert self.browser.find_elements(By.CSS_SELECTOR, "input:checked") == []
        return [str(one.get_attribute("value")) for one in self._named("accepts")]

    def other_language(self) -> None:
        """The same page in the other language."""
        self.click(".govuk-language-navigation__link")

    @property
    def language(self) -> str:
        """The language that the page says it is in."""
        return str(self.browser.find_element(By.TAG_NAME, "html").get_attribute("lang"))

    def _named(self, name: str) -> list[webdriver.remote.webelement.WebElement]:
        return self.browser.find_elements(By.NAME, name)

    @staticmethod
    def _gone(element: webdriver.remote.webelement.WebElement) -> bool:
        from selenium.common.exceptions import WebDriverException  # noqa: PLC0415  one place needs it

        try:
            element.is_enabled()
        except WebDriverException:
            return True
        return False


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(downloads: Path) -> Iterator[webdriver.Chrome]:
    driver = start_chromium(downloads)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def path(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StraightPath]:
    path = world.path()
    path.prepare()
    path.leave_a_case(document(tmp_path_factory.mktemp("documents"), "known.txt", SENTENCE.encode() * 20, TITLE))
    yield path
    path.close()


def test_a_release_goes_from_desk_to_desk_in_the_browser(
    browser: webdriver.Chrome, path: StraightPath, downloads: Path
) -> None:
    _american_officer_releases(Desk(browser, path.usa))
    arrival = _arrived(browser, path)
    _indian_officer_accepts(Desk(browser, path.ind), arrival)
    item = _engineer_downloads(Desk(browser, path.ind), downloads)
    _colleague_is_refused(Desk(browser, path.ind), item)
    _american_officer_withdraws(Desk(browser, path.usa))
    _indian_engineer_learns_of_it(Desk(browser, path.ind), item)


def _american_officer_releases(desk: Desk) -> None:
    desk.sign_in("release_officer")
    assert desk.language == "en"
    assert desk.text("h1") == "Your next decision"
    reasons = desk.all(".relto-next__why li")
    assert len(reasons) == 5
    assert "The other 7 gates hold." in reasons[-1]
    desk.click(".relto-next .govuk-button")
    assert TITLE in desk.text("h1")
    assert "7 of 11 gates hold. 4 need you" in desk.text(".relto-verdict__main")
    needs = desk.all(".relto-gate--needs .relto-gate__name")
    gaps = desk.gaps()
    assert len(gaps) == len(needs) == 4
    left, *named = gaps
    desk.tick("input[value=release]", *(f"input[value={gap}]" for gap in named))
    desk.write("[name=reason]", REASON)
    desk.click(".relto-form button")
    assert needs[0] in desk.text(".govuk-error-summary")
    assert desk.browser.find_element(By.NAME, "reason").get_attribute("value") == REASON
    desk.tick(f"input[value={left}]")
    desk.click(".relto-form button")
    assert "Recorded: " in desk.text("#receipt")
    desk.other_language()
    assert desk.language == "hi"
    assert desk.all("[name=outcome]") == []
    assert TITLE in desk.text("h1")


def _arrived(browser: webdriver.Chrome, path: StraightPath) -> str:
    node = path.ind["release_officer"].node
    waiting = WebDriverWait(browser, _PATIENCE, poll_frequency=0.2)
    found = waiting.until(lambda _: [one for one in node.arrivals() if one.state == "arrived"])
    return found[0].id


def _indian_officer_accepts(desk: Desk, arrival: str) -> None:
    desk.sign_in("release_officer")
    desk.go(f"/hi/arrivals/{arrival}/")
    assert TITLE in desk.text("h1")
    needs = desk.all(".relto-gate--needs .relto-gate__name")
    gaps = desk.gaps()
    assert len(gaps) == len(needs)
    desk.tick("input[value=accept]", *(f"input[value={gap}]" for gap in gaps))
    desk.write("[name=reason]", REASON)
    desk.click(".relto-form button")
    assert desk.language == "hi"
    assert desk.all("#receipt")
    desk.other_language()
    assert "Accepted" in desk.text("main")


def _engineer_downloads(desk: Desk, downloads: Path) -> str:
    desk.sign_in("engineer")
    desk.go("/hi/documents/")
    assert TITLE in desk.text("main")
    desk.other_language()
    desk.click("main table a, main .relto-table a")
    assert desk.language == "en"
    assert TITLE in desk.text("h1")
    desk.browser.find_element(By.CSS_SELECTOR, "a[href$='/container/']").click()
    waiting = WebDriverWait(desk.browser, _PATIENCE, poll_frequency=0.2)
    found = waiting.until(lambda _: _finished(downloads))
    assert "manifest.json" in zipfile.ZipFile(found[0]).namelist()[-1]
    assert SENTENCE.encode() not in found[0].read_bytes()
    return desk.browser.current_url.rstrip("/").rpartition("/")[2]


def _finished(downloads: Path) -> list[Path]:
    """What was downloaded whole: Chromium writes a hidden file, then .crdownload, and renames at the end."""
    return [one for one in downloads.iterdir() if not one.name.startswith(".") and one.suffix != ".crdownload"]


def _american_officer_withdraws(desk: Desk) -> None:
    desk.sign_in("release_officer")
    desk.go("/en/desk/queue/")
    desk.click("main .relto-table a[href*='/cases/']")
    desk.click("main a[href$='/withdraw/']")
    assert "It recalls nothing that was opened already" in desk.text("main")
    desk.click("main .relto-form button")
    assert desk.all(".govuk-error-summary"), "a reason is needed"
    desk.write("[name=reason]", "The programme changed.")
    desk.click("main .relto-form button")
    assert "Recorded: " in desk.text("#receipt")
    assert "Withdrawn on" in desk.text("#withdrawn")


def _indian_engineer_learns_of_it(desk: Desk, item: str) -> None:
    desk.sign_in("engineer")

    def told(_: webdriver.Chrome) -> bool:
        desk.go(f"/en/documents/{item}/")
        return "withdrew the release" in desk.text("main")

    WebDriverWait(desk.browser, _PATIENCE, poll_frequency=0.3).until(told)


def _colleague_is_refused(desk: Desk, item: str) -> None:
    desk.sign_in("colleague")
    desk.go(f"/en/documents/{item}/")
    assert desk.text("h1") == "Missing: Need-to-know"
    assert desk.all("#missing ~ ol .relto-gate__name") == ["Need-to-know"], "a gate is named once"
    assert TITLE not in desk.text("body")
    desk.other_language()
    assert desk.language == "hi"
    assert TITLE not in desk.text("body")
