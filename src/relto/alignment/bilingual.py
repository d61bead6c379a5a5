"""Texts that stand in a statement in one language or in both: each bounded, printable, of one paragraph.

Promises: a text is kept in the language in which it was written and never translated by the software; a language that
was left empty is absent. Zero-width joiners stay within words of Indian scripts, which spell them (Unicode 16, section
12.1); no other character without a shape passes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from relto.base.errors import MalformedInput, UnknownValue

LANGUAGES: Final = ("en", "hi")
_JOINERS: Final = re.compile(r"(?<=[\u0900-\u0dff])[\u200c\u200d]")


def read_bilingual(given: Mapping[str, object], *, field: str, longest: int, required: bool = True) -> dict[str, str]:
    """Language -> text, trimmed, runs of spaces as one. Raises MalformedInput("text"), UnknownValue("language")."""
    unknown = sorted(set(map(str, given)) - set(LANGUAGES))
    if unknown:
        raise UnknownValue("language", field=field, expected=", ".join(LANGUAGES))
    found = {}
    for language in LANGUAGES:
        text = " ".join(str(given.get(language) or "").split())
        if not text:
            continue
        if len(text) > longest or not _JOINERS.sub("", text).isprintable():
            raise MalformedInput("text", field=field, expected=f"1 to {longest} printable characters")
        found[language] = text
    if required and not found:
        raise MalformedInput("text", field=field, expected=f"1 to {longest} printable characters")
    return found
