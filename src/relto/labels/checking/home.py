"""Whose document it is: how a bare level is read.

For a document of the United States `SECRET` is a US level, and a foreign one is written `//IND SECRET`. In another
nation's document the bare word is that nation's own level, in English or in its own language, as its policy has the
words (`गुप्त / SECRET`). It is put into the one grammar that has a rule for both: `//IND SECRET`. No public grammar of
Indian portion marks was found (labels.md section 8); the form is ours, the words are policy data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.labels.policy import ClassificationPolicy

UNITED_STATES: Final = "USA"
_LEVELS = "TOP SECRET|SECRET|CONFIDENTIAL|RESTRICTED|UNCLASSIFIED"
_BARE_BANNER = re.compile(rf"\A(?:{_LEVELS})(?=//|\Z)")
_BARE_PORTION = re.compile(r"\A\((?:TS|S|C|R|U)(?=//|\))")


@dataclass(frozen=True, slots=True)
class Home:
    """A nation, and its own words for levels: word -> (English word of the banner, letters of the portion).

    `policy`: where they stand; None for the United States, whose words are those of the grammar.
    """

    nation: str = UNITED_STATES
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    policy: ClassificationPolicy | None = None

    def banner(self, text: str) -> str:
        """The banner as the one grammar writes it."""
        plain = self._without_own_words(text, 0)
        if self.nation != UNITED_STATES and _BARE_BANNER.match(plain):
            return f"//{self.nation} {plain}"
        return plain

    def portion(self, text: str) -> str:
        """The portion mark, with its parentheses, as the one grammar writes it."""
        plain = text
        if text.startswith("("):
            plain = "(" + self._without_own_words(text[1:], 1)
        if self.nation != UNITED_STATES and _BARE_PORTION.match(plain):
            return f"(//{self.nation} {plain[1:]}"
        return plain

    def _without_own_words(self, text: str, form: int) -> str:
        for word, english in self.words.items():
            if not text.startswith(word):
                continue
            rest = text[len(word) :]
            doubled = re.match(rf" */ *{re.escape(english[form])}(?=//|\)|\Z)", rest)
            if doubled is not None:
                return english[form] + rest[doubled.end() :]
            if re.match(r"//|\)|\Z", rest):
                return english[form] + rest
        return text


AMERICAN: Final = Home()


def home_of(policy: ClassificationPolicy) -> Home:
    """The nation of a policy, with that policy's words in every language but English."""
    words = {}
    for entry in policy.entries:
        own = [word for language, word in entry.markings.items() if language != "en"]
        for word in [*own, *(word for also in entry.also_read.values() for word in also)]:
            words[word] = (entry.markings["en"], entry.portion)
    return Home(policy.nation, words, policy)
