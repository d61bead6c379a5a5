"""Each role's main task by the keyboard alone: Tab, arrows, Space and Enter, and one always sees where one is."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from relto.store.models import AlignmentStatement, LedgerEntry, Person, ReleaseCase
from tests.browser.conftest import Visit
from tests.browser.newcomer import Newcomer
from tests.support.chromium import needs_chromium
from tests.unit.web.portal import ASSURED, Portal

pytestmark = [*needs_chromium, pytest.mark.accept]
_MOST_TABS, _MOST_ANSWERS = 150, 40
_FIELDS = ("INPUT", "TEXTAREA")
_WHERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const label = one.labels && one.labels.length ? one.labels[0].innerText : one.innerText || one.value || '';
  const beside = one.nextElementSibling ? getComputedStyle(one.nextElementSibling, '::before') : style;
  const drawn = it => (it.outlineStyle !== 'none' && it.outlineWidth !== '0px') || it.boxShadow !== 'none';
  const near = one.closest('tr, li, fieldset'), group = [...document.getElementsByName(one.name || '-')];
  const words = it => (it.labels && it.labels.length ? it.labels[0].innerText : '').trim();
  return {tag: one.tagName, kind: one.type || '', label: label.trim(), name: one.getAttribute('name') || '',
          described: one.getAttribute('aria-label') || '', near: label + (near ? near.innerText : ''),
          answers: one.type === 'radio' ? group.map(words) : [],
          isChecked: !!one.checked, isSeen: drawn(style) || drawn(beside),
          isThere: box.bottom > 0 && box.top < innerHeight};
}"""


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, newcomer: Newcomer) -> None:
        self._newcomer = newcomer

    @property
    def _page(self) -> Page:
        return self._newcomer.page

    def goes_to(self, words: str, *tags: str, near: str = "") -> None:
        """Tab until what bears these words has the focus; `near`: what its label, row or group holds besides."""
        label = self._newcomer.says(words)
        for _ in range(_MOST_TABS):
            here = self._next()
            told = here["label"] or here["described"]
            if told.startswith(label) and (not tags or here["tag"] in tags) and near in here["near"]:
                return
        raise AssertionError(label)

    def follows(self, words: str, *, near: str = "") -> None:
        """A link, with Enter."""
        self.goes_to(words, "A", "BUTTON", near=near)
        self.enters()

    def chooses(self, words: str, *, near: str = "") -> None:
        """One answer of a question: Tab to the question, the arrow to the answer; Space where it is the first."""
        label, group = self._newcomer.says(words), self._newcomer.says(near)
        for _ in range(_MOST_TABS):
            here = self._next()
            if any(one.startswith(label) for one in here["answers"]) and group in here["near"]:
                break
        else:
            raise AssertionError(label)
        for _ in range(_MOST_ANSWERS):
            if here["label"].startswith(label):
                if not here["isChecked"]:
                    self.presses("Space")
                assert self._page.evaluate(_WHERE)["isChecked"]
                return
            self.presses("ArrowDown")
            here = self._page.evaluate(_WHERE)
        raise AssertionError(label)

    def writes(self, words: str, text: str) -> None:
        """A line in answer to a question."""
        self.goes_to(words, *_FIELDS)
        self._page.keyboard.type(text)

    def presses(self, key: str) -> None:
        """A key that stays on the page."""
        self._page.keyboard.press(key)

    def enters(self) -> None:
        """Enter, which leads to another page."""
        with self._page.expect_navigation():
            self._page.keyboard.press("Enter")

    def signs(self, words: str) -> None:
        """The button of a form."""
        self.goes_to(words, "BUTTON")
        self.enters()

    def _next(self) -> dict[str, Any]:
        self._page.keyboard.press("Tab")
        here: dict[str, Any] = self._page.evaluate(_WHERE)
        if here["tag"] != "BODY":
            assert here["isSeen"], f"no focus is to be seen at {here}"
            assert here["isThere"], f"the focus is off the screen at {here}"
        return here


@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_release_officer_decides_by_keyboard_alone(portal: Portal, visit: Visit, language: str) -> None:
    item = portal.seal()
    portal.partner_vouches()
    portal.authorise(item)
    portal.ask(item)
    officer = visit("release_officer", language)
    keys = Keyboard(officer)
    keys.follows("Decide this case")
    keys.goes_to("Release to the named readers", "INPUT")
    keys.presses("Space")
    accepted = officer.page.get_by_role("group", name=officer.says("I accept, although no rule is loaded for it:"))
    for box in accepted.get_by_role("checkbox").all():
        keys.goes_to(box.evaluate("one => one.labels[0].innerText.trim()"), "INPUT")
        keys.presses("Space")
    keys.writes("Your reason", "The joint tests need it.")
    keys.signs("Sign the decision")
    case = ReleaseCase.objects.get()
    assert case.state != "asked"
    assert LedgerEntry.objects.filter(event="release:decided", subject=case.id).count() == 1


@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_security_officer_asks_for_a_release_by_keyboard_alone(portal: Portal, visit: Visit, language: str) -> None:
    portal.seal()
    portal.partner_vouches()
    officer = visit("security_officer", language)
    keys = Keyboard(officer)
    keys.follows("Documents")
    keys.follows("Hull vibration test report")
    keys.follows("Ask for its release")
    keys.chooses("IND-F007 (IND, SECRET)")
    keys.goes_to("", "INPUT", near=ASSURED)
    officer.page.keyboard.type("Tests the hull.")
    keys.chooses("Live: both nations are asked at each opening")
    keys.writes("What is it needed for?", "Joint hull tests.")
    keys.signs("Ask the release officer")
    assert ReleaseCase.objects.get().state == "asked"


@pytest.mark.parametrize("language", ["en", "hi"])
def test_a_registrar_suspends_by_keyboard_alone(portal: Portal, visit: Visit, language: str) -> None:
    registrar = visit("registrar", language)
    keys = Keyboard(registrar)
    keys.follows("Register or suspend a facility or a person")
    keys.follows("Look, suspend", near=portal.node.people["colleague"])
    keys.goes_to("", "TEXTAREA")
    registrar.page.keyboard.type("She left the programme.")
    keys.signs("Suspend at once")
    assert Person.objects.exclude(suspended_at=None).get().id == portal.node.people["colleague"]


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.usefixtures("portal")
def test_a_co_chair_raises_a_question_by_keyboard_alone(visit: Visit, language: str) -> None:
    co_chair = visit("co_chair", language)
    keys = Keyboard(co_chair)
    keys.follows("workbench_page.navigation")
    keys.follows("alignment_page.raise")
    keys.writes("alignment_page.question", "Who counts the inventory, and when?")
    keys.writes("alignment_page.provisions", "LIM-12 LIM-34")
    keys.chooses("India")
    keys.chooses("alignment.state.open")
    keys.signs("alignment_page.sign_raise")
    assert AlignmentStatement.objects.get().kind == "divergence"


@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.usefixtures("portal")
def test_an_inspector_finds_whether_the_registers_agree_by_keyboard_alone(visit: Visit, language: str) -> None:
    inspector = visit("inspector", language)
    keys = Keyboard(inspector)
    keys.follows("Do the two registers agree?")
    assert inspector.question() == inspector.says("reconcile_page.heading")
    keys.follows("MONSOON-LARK")
    inspector.reads("MONSOON-LARK")
