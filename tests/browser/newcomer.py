"""Somebody who has never seen relto: she reads what is visible and acts on it, by names that stand on the page.

No selector, no path and no hidden field is used: a link, a button, a question and an answer are found by the words that
name them to people and to assistive technology alike (accessible names). What she cannot find by its words fails.
"""

from __future__ import annotations

from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, expect

from relto.adapters.words import catalogue, wording


class Newcomer:
    """A person in front of a page, who reads one language."""

    def __init__(self, page: Page, origin: str, language: str) -> None:
        """`origin`: where the portal is; she is given a sign-in link and nothing else."""
        self._page, self._origin, self.language = page, origin, language

    @property
    def page(self) -> Page:
        """The page that she has before her."""
        return self._page

    def says(self, words: str) -> str:
        """The words in her language, as the pages have them: an English sentence, or the code of one."""
        if words in catalogue(self.language):
            return wording(words, self.language).text
        with translation.override(self.language):
            return gettext(words)

    def signs_in(self, link: str) -> None:
        """Follow the link that the registrar gave her, press what is offered, and choose her language."""
        self._page.goto(f"{self._origin}{link}")
        self._main.get_by_role("button").first.click()
        if self.language == "hi":
            self._page.get_by_role("navigation").get_by_role("link", name="हिन्दी").first.click()

    def goes_to(self, words: str) -> None:
        """One of the main words of her navigation."""
        self._page.get_by_role("navigation").get_by_role("link", name=self.says(words), exact=True).first.click()

    def follows(self, words: str, *, exact: bool = True) -> None:
        """A link, or what looks like a button and leads on."""
        told = self.says(words)
        found = self._main.get_by_role("link", name=told, exact=exact).or_(
            self._main.get_by_role("button", name=told, exact=exact)
        )
        found.first.click()

    def presses(self, words: str) -> None:
        """A button."""
        self._main.get_by_role("button", name=self.says(words), exact=True).first.click()

    def chooses(self, words: str) -> None:
        """One answer of a question."""
        self._main.get_by_role("radio", name=self.says(words), exact=True).first.check()

    def chooses_in(self, question: str, words: str) -> None:
        """One answer of a question whose answers other questions have too."""
        group = self._main.get_by_role("group", name=self.says(question))
        group.get_by_role("radio", name=self.says(words), exact=True).check()

    def ticks_all(self, question: str) -> int:
        """Every answer of a question with several, each read and accepted by its name; how many there were."""
        group = self._main.get_by_role("group", name=self.says(question))
        boxes = group.get_by_role("checkbox").all()
        for box in boxes:
            assert box.evaluate("one => one.labels[0].innerText.trim()")
            box.check()
        return len(boxes)

    def writes(self, question: str, text: str) -> None:
        """A line in answer to a question."""
        self._main.get_by_label(self.says(question), exact=True).first.fill(text)

    def writes_only(self, text: str) -> None:
        """The one answer in her own words that the page asks for."""
        self._main.get_by_role("textbox").last.fill(text)

    def writes_in_each_line_about(self, name: str, text: str) -> None:
        """Every line whose question names somebody."""
        for line in self._main.get_by_role("textbox", name=name).all():
            line.fill(text)

    def follows_beside(self, name: str, words: str) -> None:
        """The link in the row that names somebody."""
        self._main.get_by_role("row").filter(has_text=name).get_by_role("link", name=self.says(words)).first.click()

    def hands_in(self, question: str, file: Path) -> None:
        """A file in answer to a question."""
        self._main.get_by_label(self.says(question), exact=True).first.set_input_files(file)

    def reads(self, words: str) -> None:
        """What she expects to read stands on the page, visibly."""
        expect(self._main.get_by_text(self.says(words), exact=False).first).to_be_visible()

    def question(self) -> str:
        """The heading of the page: one question each."""
        headings = self._page.get_by_role("heading", level=1).all()
        assert len(headings) == 1
        return headings[0].inner_text()

    @property
    def _main(self) -> Locator:
        return self._page.get_by_role("main")
