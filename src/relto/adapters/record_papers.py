"""Papers of the shared record (notices, minutes, joint texts) as PDF: what a node signed, set for people.

Promises: a paper shows the values that it is given and says nothing of its own; each text stands in the languages of
the paper, side by side where there are two, and a text that was written in one language alone stands in that one; the
data that counts travels inside the file with its digest on the sheet. How it is set, with which standards and marking,
is `relto.adapters.papers_pdf`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relto.adapters.paper_words import LANGUAGES, Attachment, breakable, grouped
from relto.adapters.papers_pdf import sheet_pdf
from relto.adapters.words import legal_sentence, sentence
from relto.base.errors import MalformedInput, Shown
from relto.base.instants import Instant

_WORDS = ("answer", "attached", "field", "original", "page", "proof")
_OF_RECORD = ("original",)


@dataclass(frozen=True, slots=True)
class Coded:
    """A sentence of the catalogue, with its facts."""

    code: str
    facts: Mapping[str, Shown] = field(default_factory=dict)


Words = Coded | Mapping[str, str] | str
"""A sentence of the catalogue, a text by language, or what is the same in each language (ids, dates, citations)."""


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A table with a header row."""

    title: Words
    columns: Sequence[Words]
    rows: Sequence[Sequence[Words]]


@dataclass(frozen=True, slots=True)
class RecordSection:
    """A section: paragraphs, then lines of (label, value), then tables."""

    title: Words
    paragraphs: Sequence[Words] = ()
    rows: Sequence[tuple[Words, Words]] = ()
    tables: Sequence[RecordTable] = ()


@dataclass(frozen=True, slots=True)
class RecordPaper:
    """Everything that a paper shows. `dated`: the instant that the file carries; `digest`: of the data inside.

    `statement`: a sentence in a frame under the title, None for none; `notes`: at the foot of each page.
    """

    number: str
    title: Words
    facts: Sequence[tuple[Words, Words]]
    sections: Sequence[RecordSection]
    dated: Instant
    digest: str
    statement: Words | None = None
    attachments: Sequence[Attachment] = ()
    notes: Sequence[Words] = ()
    is_training: bool = False


def record_paper(paper: RecordPaper, language: str = "en") -> bytes:
    """The paper as PDF. `language`: en, hi or both. Raises MalformedInput for another one."""
    if language not in LANGUAGES:
        raise MalformedInput("paper.language", field="language", expected=", ".join(LANGUAGES))
    return sheet_pdf(_data(paper, LANGUAGES[language]), paper.dated)


def _data(paper: RecordPaper, languages: Sequence[str]) -> dict[str, Any]:
    def say(words: Words) -> list[str]:
        return [breakable(_said(words, language)) for language in languages]

    def legal(words: Words) -> list[str]:
        """What people sign or are bound by: words that no native reader checked say so."""
        if not isinstance(words, Coded):
            return say(words)
        return [breakable(legal_sentence(words.code, language, **words.facts)) for language in languages]

    def joined(words: Words) -> str:
        return " / ".join(dict.fromkeys(one for one in say(words) if one))

    def lines(rows: Sequence[tuple[Words, Words]]) -> list[dict[str, Any]]:
        return [{"label": say(label), "value": joined(value)} for label, value in rows]

    words = {name: say(Coded(f"paper.{name}")) for name in _WORDS}
    return {
        "number": paper.number,
        "languages": list(languages),
        "title": say(paper.title),
        "marking": say(Coded("paper.marking.training" if paper.is_training else "paper.marking.live")),
        "notes": [say(Coded("paper.open_content")), *(say(one) for one in paper.notes)],
        "statement": legal(paper.statement) if paper.statement is not None else None,
        "copies": 1,
        "counted": say(Coded("paper.copy")),
        "words": words | {name: say(Coded(f"record_paper.{name}")) for name in _OF_RECORD},
        "facts": lines(paper.facts),
        "steps": [],
        "sheets": [
            {
                "findings": [],
                "sections": [
                    {
                        "title": say(section.title),
                        "paragraphs": [say(one) for one in section.paragraphs],
                        "rows": lines(section.rows),
                        "tables": [
                            {
                                "title": say(table.title),
                                "columns": [say(one) for one in table.columns],
                                "wide": False,
                                "rows": [[joined(cell) for cell in row] for row in table.rows],
                            }
                            for table in section.tables
                        ],
                    }
                    for section in paper.sections
                ],
            }
        ],
        "proof": [{"label": say(Coded("record_paper.digest")), "value": grouped(paper.digest)}],
        "attachments": [
            {"name": one.name, "type": one.media_type, "content": one.content, "words": say(Coded(one.words))}
            for one in paper.attachments
        ],
    }


def _said(words: Words, language: str) -> str:
    if isinstance(words, str):
        return words
    if isinstance(words, Coded):
        return sentence(words.code, language, **words.facts)
    return words.get(language) or next((text for text in words.values() if text), "")
