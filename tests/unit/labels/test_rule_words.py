"""Every sentence about markings has its words in Hindi; names of controls stand in them as they are."""

from __future__ import annotations

import re

import pytest

from relto.labels import indian
from relto.labels.checking.rules import RULES, UNREAD_RULES
from relto.labels.rule_words import fault_in_words, in_words
from relto.labels.us.faults import RULES as MARKING_RULES

SENTENCES = {
    sentence
    for table in (MARKING_RULES, RULES, UNREAD_RULES, indian.RULES)
    for rule in table.values()
    for sentence in (rule.message, rule.fix)
}
DEVANAGARI = re.compile(r"[\u0900-\u097f]")


@pytest.mark.parametrize("sentence", sorted(SENTENCES))
def test_a_sentence_has_hindi_words(sentence: str) -> None:
    words = in_words(sentence, "hi")
    assert words is not None
    assert DEVANAGARI.search(words)
    assert "{x}" not in words
    # What is a mark in English is the same mark in Hindi.
    marks = set(re.findall(r"\b[A-Z]{4,}\b", sentence))
    assert marks <= set(re.findall(r"\b[A-Z]{4,}\b", words))


def test_another_language_or_sentence_has_none() -> None:
    assert in_words("There is no marking here.", "en") is None
    assert in_words("There is no marking here.", "hi-IN") == in_words("There is no marking here.", "hi")
    assert in_words("Nobody ever said this.", "hi") is None


def test_a_fault_keeps_what_has_no_words() -> None:
    fault = {"rule": "ISM-00045", "paragraph": "00045", "message": "SI-G needs ORCON.", "fix": "Nobody ever said this."}
    found = fault_in_words(fault, "hi")
    assert found == {**fault, "message": "SI-G के साथ ORCON चाहिए।"}
    assert fault_in_words(fault, "en") == fault
