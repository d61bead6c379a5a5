"""The sentences about markings in another language than English: of US, Indian and the checker's own rules.

The tables of rules hold English sentences. `data/rule_words.<language>.json` holds their words in another language,
sentence by sentence; `{x}` in both stands for what is not translated, such as the name of a control. A sentence without
words stays English, and then says so by its language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, cast

from relto.base.canonical import read_object

LANGUAGES: Final = frozenset({"hi"})
_MAX_TABLE_BYTES = 256 * 1024
_SAID: Final = ("message", "fix")


@cache
def _table(language: str) -> tuple[Mapping[str, str], tuple[tuple[re.Pattern[str], str], ...]]:
    """Whole sentences, and those with a place for a name."""
    data = resources.files("relto.labels").joinpath("data", f"rule_words.{language}.json").read_bytes()
    rows = cast("list[list[str]]", read_object(data, field="rule_words", max_bytes=_MAX_TABLE_BYTES)["words"])
    whole = {english: words for english, words in rows if "{x}" not in english}
    named = [(english.split("{x}"), words) for english, words in rows if "{x}" in english]
    patterns = [
        (re.compile(rf"\A{re.escape(before)}(.+?){re.escape(after)}\Z"), words) for (before, after), words in named
    ]
    return whole, tuple(patterns)


def in_words(sentence: str, language: str) -> str | None:
    """The sentence in that language; None where there are no words, or the language is English."""
    spoken = language.split("-", 1)[0]
    if spoken not in LANGUAGES:
        return None
    whole, patterns = _table(spoken)
    if sentence in whole:
        return whole[sentence]
    for pattern, words in patterns:
        found = pattern.match(sentence)
        if found is not None:
            return words.replace("{x}", found[1].removesuffix("."))
    first, stop, rest = sentence.partition(". ")  # what a mark does not do, and then why: two sentences of the tables
    said = (in_words(first + ".", language), in_words(rest, language)) if stop else ()
    return " ".join(each for each in said if each) if said and all(said) else None


def fault_in_words(fault: Mapping[str, object], language: str) -> dict[str, object]:
    """The fault with message and fix in that language; a sentence that has no words there stays as it is."""
    said = {name: in_words(str(fault[name]), language) for name in _SAID if name in fault}
    return {**fault, **{name: words for name, words in said.items() if words is not None}}
