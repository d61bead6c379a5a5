"""Clauses of a joint text: numbered, headed, in either language or both, bounded.

A clause is called by its code (1, 2, 2.1, annex-a), which stays when its words change: comments and the comparison of
two versions go by it. Promises: every code stands once; at least one language of each clause has words; a text is
printable, in paragraphs, with the joiners that Indian scripts are written with; nothing is cut off silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, TooLarge

LANGUAGES: Final = ("en", "hi")
MOST_CLAUSES: Final = 40
LONGEST_CLAUSE: Final = 4000
LONGEST_HEADING: Final = 200
_CODE: Final = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,14}[0-9a-z])?", re.ASCII)
_JOINERS: Final = re.compile(r"(?<=[\u0900-\u0dff])[\u200c\u200d]")
"""Zero-width joiners within words of Indian scripts, which spell them (Unicode 16, section 12.1)."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. `text`: language -> its words; a language without words is not there."""

    code: str
    heading: str
    text: Mapping[str, str]

    def body(self) -> dict[str, Json]:
        """As it stands in the statement."""
        return {"code": self.code, "heading": self.heading, "text": dict(sorted(self.text.items()))}


def read_clauses(given: Sequence[Mapping[str, Any]], *, field: str = "clauses") -> tuple[Clause, ...]:
    """The clauses in their order. Raises TooLarge or MalformedInput naming the clause's place, as clauses/2/text/en."""
    if len(given) > MOST_CLAUSES:
        raise TooLarge("proposal.clauses", field=field, found=len(given), expected=f"at most {MOST_CLAUSES} clauses")
    clauses = tuple(_clause(one, f"{field}/{place}") for place, one in enumerate(given))
    codes = [one.code for one in clauses]
    for place, code in enumerate(codes):
        if code in codes[:place]:
            raise MalformedInput("proposal.clause_twice", field=f"{field}/{place}/code", expected="each code once")
    return clauses


def _clause(one: Mapping[str, Any], field: str) -> Clause:
    code, heading, texts = one.get("code"), one.get("heading", ""), one.get("text")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise MalformedInput("proposal.clause_code", field=f"{field}/code", expected="a code such as 2.1 or annex-a")
    if not isinstance(texts, Mapping) or not set(texts) <= set(LANGUAGES):
        raise MalformedInput("proposal.languages", field=f"{field}/text", expected=" and ".join(LANGUAGES))
    spoken = {
        language: paragraphs(text, field=f"{field}/text/{language}", longest=LONGEST_CLAUSE)
        for language, text in sorted(texts.items())
        if text != ""
    }
    if not spoken:
        raise MalformedInput("proposal.languages", field=f"{field}/text", expected="words in one language or both")
    shown = line(heading, field=f"{field}/heading", longest=LONGEST_HEADING) if heading != "" else ""
    return Clause(code, shown, spoken)


def line(value: object, *, field: str, longest: int) -> str:
    """One line of printable words without surrounding space. Raises MalformedInput or TooLarge naming the field."""
    text = paragraphs(value, field=field, longest=longest)
    if "\n" in text:
        raise MalformedInput("text", field=field, expected="one line")
    return text


def paragraphs(value: object, *, field: str, longest: int) -> str:
    """Printable words in paragraphs, with line feeds alone between lines. Raises MalformedInput or TooLarge."""
    text = value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""
    if len(text) > longest:
        raise TooLarge("text", field=field, found=len(text), expected=f"at most {longest} characters")
    if not text or not _JOINERS.sub("", text.replace("\n", "")).isprintable():
        raise MalformedInput("text", field=field, expected=f"1 to {longest} printable characters")
    return text
