"""The release officer's main task by the keyboard alone: Tab, Space and Enter, and she always sees where she is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from relto.store.models import LedgerEntry, ReleaseCase
from tests.browser.conftest import Visit
from tests.support.chromium import needs_chromium
from tests.unit.web.portal import Portal

pytestmark = [*needs_chromium, pytest.mark.accept]
_MOST_TABS = 150
_WHERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const label = one.labels && one.labels.length ? one.labels[0].innerText : one.innerText || one.value || '';
  const beside = one.nextElementSibling ? getComputedStyle(one.nextElementSibling, '::before') : style;
  const drawn = it => (it.outlineStyle !== 'none' && it.outlineWidth !== '0px') || it.boxShadow !== 'none';
  return {tag: one.tagName, kind: one.type || '', label: label.trim(), name: one.getAttribute('name') || '',
          isChecked: !!one.checked, isSeen: drawn(style) || drawn(beside),
          isThere: box.bottom > 0 && box.top < innerHeight};
}"""


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def goes_to(self, label: str, *tags: str) -> None:
        """Tab until what bears this label has the focus; at each stop she sees where she is."""
        for _ in range(_MOST_TABS):
            self._page.keyboard.press("Tab")
            here = self._page.evaluate(_WHERE)
            if here["tag"] == "BODY":
                continue
            assert here["isSeen"], f"no focus is to be seen at {here}"
            assert here["isThere"], f"the focus is off the screen at {here}"
            if here["label"].startswith(label) and (not tags or here["tag"] in tags):
                return
        raise AssertionError(label)

    def presses(self, key: str) -> None:
        """A key that stays on the page."""
        self._page.keyboard.press(key)

    def enters(self) -> None:
        """Enter, which leads to another page."""
        with self._page.expect_navigation():
            self._page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_release_officer_decides_by_keyboard_alone(portal: Portal, visit: Visit, language: str) -> None:
    item = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    portal.ask(item)
    officer = visit("release_officer", language)
    keys = Keyboard(officer.page)
    keys.goes_to(officer.says("Decide this case"), "A")
    keys.enters()
    keys.goes_to(officer.says("Release to the named readers"), "INPUT")
    keys.presses("Space")
    accepted = officer.page.get_by_role("group", name=officer.says("I accept, although no rule is loaded for it:"))
    for box in accepted.get_by_role("checkbox").all():
        keys.goes_to(box.evaluate("one => one.labels[0].innerText.trim()"), "INPUT")
        keys.presses("Space")
    keys.goes_to(officer.says("Your reason"), "TEXTAREA", "INPUT")
    officer.page.keyboard.type("The joint tests need it.")
    keys.goes_to(officer.says("Sign the decision"), "BUTTON")
    keys.enters()
    case = ReleaseCase.objects.get()
    assert case.state != "asked"
    assert LedgerEntry.objects.filter(event="release:decided", subject=case.id).count() == 1
