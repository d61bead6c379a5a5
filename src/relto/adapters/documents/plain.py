"""Text files: pages end at form feeds, paragraphs at blank lines; CSV files: rows of one table."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import MAX_CHARACTERS, Unreadable
from relto.labels.checking.document import DocumentText

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAX_ROWS = 2_000
_MARK_OR_COMMA = re.compile(r"\([^()]*\)|,")


def decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether every letter of it could be decoded. Raises Unreadable for what is no text."""
    if len(data) > 2 * MAX_CHARACTERS:
        raise Unreadable("text")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            return text, "\ufffd" not in text
    if b"\0" in data:
        raise Unreadable("form")
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
        controls = sum(letter < " " and letter not in "\t\r\n\f" for letter in text[:100_000])
        if controls * 50 > min(len(text), 100_000):
            raise Unreadable("form") from None
        return text, False


def read_text(data: bytes, allowance: Allowance, part: str = "", form: str = "text") -> DocumentText:
    """A text file."""
    text, is_whole = decoded(data)
    if len(text) > MAX_CHARACTERS:
        raise Unreadable("text")
    pages = []
    for number, content in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\f"), start=1):
        draft = PageDraft(allowance, number, part=part)
        for lines in paragraphs(content):
            draft.add("body", lines)
        if not is_whole:
            draft.could_not_read("charset")
        pages.append(draft)
    return document(form, pages)


def paragraphs(text: str) -> Iterator[list[str]]:
    """The lines of each paragraph; blank lines are between."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _without_comma(found: re.Match[str]) -> str:
    """A comma between two cells is a space; one inside a portion mark separates its countries."""
    return " " if found[0] == "," else found[0]


def read_table(data: bytes, allowance: Allowance, part: str = "") -> DocumentText:
    """A CSV file: lines that begin with # stand above and below one table; of a long one the first rows are read.

    Rows of numbers hold no marks, so a row counts when it holds a letter.
    """
    text, is_whole = decoded(data)
    draft = PageDraft(allowance, 1, part=part)
    rows = 0
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            draft.add("body", [line.lstrip(" #\t")])
        elif any(map(str.isalpha, line)):
            rows += 1
            if rows <= _MAX_ROWS or "//" in line:
                draft.add("cell", [_MARK_OR_COMMA.sub(_without_comma, line)], group=1)
            else:
                draft.could_not_read("truncated")
    if not is_whole:
        draft.could_not_read("charset")
    return document("table", [draft])
