"""The text of a document, page by page, with the place of each piece: what a reader of files hands to the checker.

1. A page has blocks in reading order; a block is one paragraph, cell or shape, with its lines.
2. What could not be read is listed on its page, or on the document: it is never left out silently.
3. A document comes from a separate process that parsed hostile bytes, so `document_from_dict` believes nothing: bounded
   counts, known places and forms, text without surrogates.

A form without pages of its own (text, HTML, a spreadsheet's sheet) is one page for each natural part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from relto.base.canonical import Json
from relto.base.errors import MalformedInput

Where = Literal[
    "header", "footer", "body", "heading", "cell", "notes", "comment", "footnote", "textbox", "subject", "sheet"
]
UnreadKind = Literal[
    "image",
    "scan",
    "encrypted",
    "embedded",
    "drawing",
    "charset",
    "glyphs",
    "attachment",
    "script",
    "form",
    "truncated",
]
PLACES: Final = frozenset(get_args(Where))
UNREAD: Final = frozenset(get_args(UnreadKind))
MAX_PAGES: Final = 10_000
MAX_BLOCKS: Final = 400_000
MAX_LINES: Final = 2_000_000
MAX_UNREAD: Final = 20_000
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, cell or shape. `number` counts from 1 in its page and place; `group` joins the cells of a table.

    `origin`: the same words for what one part of the file gives to several pages, such as the header of a section.
    """

    where: Where
    number: int
    lines: tuple[str, ...]
    group: int = 0
    origin: str = ""

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(" ".join(self.lines).split())


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read, and how often."""

    kind: UnreadKind
    count: int = 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide, sheet or message. `part` says which attachment it is of; empty for the document itself."""

    number: int
    blocks: tuple[Block, ...]
    unread: tuple[Unread, ...] = ()
    name: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What was read. `form`: pdf, docx, pptx, xlsx, odt, text, table, html or message."""

    form: str
    pages: tuple[Page, ...]
    unread: tuple[Unread, ...] = ()

    @property
    def is_fully_read(self) -> bool:
        """True when nothing was left unread anywhere."""
        return not self.unread and not any(page.unread for page in self.pages)


def document_as_dict(document: DocumentText) -> dict[str, Json]:
    """The document as JSON members."""
    return {
        "form": document.form,
        "unread": [{"kind": one.kind, "count": one.count} for one in document.unread],
        "pages": [
            {
                "number": page.number,
                "name": page.name,
                "part": page.part,
                "unread": [{"kind": one.kind, "count": one.count} for one in page.unread],
                "blocks": [
                    {
                        "where": block.where,
                        "number": block.number,
                        "lines": [*block.lines],
                        "group": block.group,
                        "origin": block.origin,
                    }
                    for block in page.blocks
                ],
            }
            for page in document.pages
        ],
    }


class _Counts:
    """What was read so far, bounded."""

    def __init__(self) -> None:
        self.left = {"blocks": MAX_BLOCKS, "lines": MAX_LINES, "unread": MAX_UNREAD, "pages": MAX_PAGES}

    def of(self, value: object, what: str) -> list[object]:
        if not isinstance(value, list):
            raise _malformed(what)
        self.left[what] -= len(value)
        if self.left[what] < 0:
            raise _malformed(what)
        return value


def document_from_dict(value: object) -> DocumentText:
    """What `document_as_dict` wrote. Raises MalformedInput."""
    counts = _Counts()
    top = _members(value, {"form", "unread", "pages"}, "document")
    pages = tuple(_page(item, counts) for item in counts.of(top["pages"], "pages"))
    return DocumentText(_text(top["form"], "form"), pages, _unread(top["unread"], counts))


def _page(value: object, counts: _Counts) -> Page:
    page = _members(value, {"number", "name", "part", "unread", "blocks"}, "page")
    blocks = tuple(_block(item, counts) for item in counts.of(page["blocks"], "blocks"))
    name, part = _text(page["name"], "name"), _text(page["part"], "part")
    return Page(_number(page["number"]), blocks, _unread(page["unread"], counts), name[:_MAX_NAME], part[:_MAX_NAME])


def _block(value: object, counts: _Counts) -> Block:
    block = _members(value, {"where", "number", "lines", "group", "origin"}, "block")
    if block["where"] not in PLACES:
        raise _malformed("where")
    lines = tuple(_text(line, "lines") for line in counts.of(block["lines"], "lines"))
    where = cast("Where", block["where"])
    return Block(where, _number(block["number"]), lines, _number(block["group"]), _text(block["origin"], "origin"))


def _unread(value: object, counts: _Counts) -> tuple[Unread, ...]:
    found = []
    for item in counts.of(value, "unread"):
        one = _members(item, {"kind", "count"}, "unread")
        if one["kind"] not in UNREAD:
            raise _malformed("unread")
        found.append(Unread(cast("UnreadKind", one["kind"]), _number(one["count"])))
    return tuple(found)


def _members(value: object, names: set[str], what: str) -> Mapping[str, object]:
    if not isinstance(value, dict) or set(value) != names:
        raise _malformed(what)
    return value


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_LINES:
        raise _malformed("number")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _malformed(what)
    return value


def _malformed(what: str) -> MalformedInput:
    return MalformedInput("document.text", field=f"document.{what}", expected="text of a document with its places")
