"""A page taken apart: banner at the top, banner at the bottom, portions, and all that is neither.

1. Where a form has headers and footers, the banner is looked for there first; else in the first and last lines.
2. A portion is one paragraph, title, list item or cell. A line that begins with a mark or an item begins a portion.
3. A paragraph that goes on from the page before is no portion of its own.
4. Authority block, statements on foreign information, training line, page numbers, running heads are not portions.
5. A table is one portion unless its cells have marks of their own; a marked caption before or after it marks it too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from relto.labels.checking import recognising as looks
from relto.labels.checking.document import Block, Page, Where
from relto.labels.checking.home import Home
from relto.labels.checking.recognising import FoundPortion

EDGE_LINES: Final = 4
_CONTINUED_WORDS: Final = 8
_NOT_ON_THE_PAGE: Final = frozenset({"notes", "comment", "footnote"})
_SENTENCE_END = re.compile(r"[.!?:;।)\]]\W*\Z")
_CAPTION = re.compile(r"\b(?:table|tab\.|figure|fig\.|chart)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands."""

    page: int
    where: Where | str
    number: int
    part: str = ""


@dataclass(frozen=True, slots=True)
class BannerLine:
    """A banner as it stands. `origin`: what part of the file gives it to several pages."""

    text: str
    spot: Spot
    origin: str


@dataclass(frozen=True, slots=True)
class PortionText:
    """A portion: its mark, if it has one, and its text. `is_table`: a whole table."""

    text: str
    mark: FoundPortion | None
    spot: Spot
    is_table: bool = False


@dataclass(slots=True)
class PageParts:
    """What a page has."""

    page: Page
    top: BannerLine | None = None
    bottom: BannerLine | None = None
    portions: list[PortionText] = field(default_factory=list)
    authority: list[tuple[str, Spot]] = field(default_factory=list)
    statements: list[tuple[str, Spot]] = field(default_factory=list)
    has_training_line: bool = False
    has_source_list: bool = False
    edge_origin: str = ""
    last_body: str = ""

    @property
    def is_blank(self) -> bool:
        """True for a page on which nothing is written."""
        return not any(looks.has_words(line) for block in self.page.blocks for line in block.lines)


@dataclass(frozen=True, slots=True)
class _Line:
    block: int
    index: int
    text: str


def take_apart(page: Page, home: Home, before: PageParts | None) -> PageParts:
    """The parts of a page; `before` is the page before it."""
    parts = PageParts(page)
    lines = [
        _Line(number, index, text)
        for number, block in enumerate(page.blocks)
        for index, text in enumerate(block.lines)
        if text.strip()
    ]
    body = [line for line in lines if page.blocks[line.block].where not in {"header", "footer", *_NOT_ON_THE_PAGE}]
    top = _edge([line for line in lines if page.blocks[line.block].where == "header"], home)
    bottom = _edge([line for line in lines if page.blocks[line.block].where == "footer"], home)
    parts.edge_origin = "/".join(dict.fromkeys(block.origin for block in page.blocks if block.origin))
    at_start = _edge(body[:EDGE_LINES], home)
    at_end = _edge(body[-EDGE_LINES:][::-1], home)
    if at_start is not None and at_end is not None and at_start[0] == at_end[0]:
        is_upper = body.index(at_start[0]) * 2 < len(body)
        at_start, at_end = (at_start, None) if is_upper else (None, at_end)
    aside = {(line.block, line.index) for line in _running(body, at_start, at_end, home)}
    top, bottom = top or at_start, bottom or at_end
    parts.top = None if top is None else _banner(page, *top)
    parts.bottom = None if bottom is None else _banner(page, *bottom)
    _sort(parts, aside, home, before)
    return parts


def _edge(lines: Sequence[_Line], home: Home) -> tuple[_Line, str] | None:
    """The first line that was meant as a banner; a line in the right form goes before a mere look-alike."""
    found = [(line, text) for line in lines if (text := looks.banner_in(line.text, home)) is not None]
    return next((each for each in found if looks.is_right_banner(each[1], home)), found[0] if found else None)


def _running(
    body: Sequence[_Line], top: tuple[_Line, str] | None, bottom: tuple[_Line, str] | None, home: Home
) -> Iterator[_Line]:
    """The lines from the page's edge to its banner: running heads, and the banner itself.

    A line with a portion mark is no running head, and neither is what follows it: text outside the banners counts too.
    """
    if top is not None:
        yield top[0]
        yield from _before_a_mark(body[: body.index(top[0])], home)
    if bottom is not None:
        yield bottom[0]
        yield from _before_a_mark(body[body.index(bottom[0]) + 1 :], home)


def _before_a_mark(lines: Sequence[_Line], home: Home) -> Iterator[_Line]:
    return itertools.takewhile(lambda line: looks.portion_at_start(line.text, home) is None, lines)


def _banner(page: Page, line: _Line, text: str) -> BannerLine:
    block = page.blocks[line.block]
    return BannerLine(text, Spot(page.number, block.where, block.number + line.index, page.part), block.origin)


def _sort(parts: PageParts, aside: set[tuple[int, int]], home: Home, before: PageParts | None) -> None:
    tables: dict[int, list[Block]] = {}
    for number, block in enumerate(parts.page.blocks):
        for text in block.lines:
            parts.has_training_line |= looks.is_training_line(text)
            parts.has_source_list |= looks.is_source_list(text)
        spot = Spot(parts.page.number, block.where, block.number, parts.page.part)
        statement = looks.statement_in(block.text)
        if statement is not None:
            parts.statements.append((statement, spot))
        if block.where in {"header", "footer"}:
            continue
        kept = [line for index, line in enumerate(block.lines) if (number, index) not in aside and line.strip()]
        if block.group and any(map(looks.is_authority_line, kept)):
            parts.authority += [(line, spot) for line in kept]
        elif block.group:
            if block.group not in tables:
                parts.portions.append(PortionText(str(block.group), None, spot, is_table=True))  # its place in order
            tables.setdefault(block.group, []).append(block)
        else:
            _sort_block(parts, kept, spot, home, before)
    parts.portions = [each for portion in parts.portions for each in _whole_tables(portion, tables, parts, home)]


def _sort_block(parts: PageParts, lines: Sequence[str], spot: Spot, home: Home, before: PageParts | None) -> None:
    for offset, piece in enumerate(_pieces(lines, home)):
        if looks.is_authority_line(piece[0]):
            parts.authority += [(line, spot) for line in piece]
            continue
        text = " ".join(" ".join(piece).split())
        if _needs_no_mark(piece, text, home):
            continue
        mark = looks.portion_at_start(text, home)
        if mark is None and spot.where in {"heading", "subject"}:
            mark = looks.portion_at_end(text, home)
        is_first = not parts.last_body and not parts.portions and offset == 0
        parts.last_body = text
        if mark is None and is_first and spot.where == "body" and _goes_on(before, text):
            continue
        parts.portions.append(PortionText(text, mark, spot))
        parts.portions += [PortionText(text, each, spot) for each in looks.portions_inside(text, home)]


def _pieces(lines: Sequence[str], home: Home) -> list[list[str]]:
    """The lines of a block, a new piece at each line that begins with a mark or with a line of the authority block."""
    found: list[list[str]] = []
    for line in lines:
        of_authority = looks.is_authority_line(line)
        begins = looks.is_training_line(line) or (of_authority and bool(found) and not _is_authority(found[-1]))
        begins |= bool(found) and not _is_authority(found[-1]) and looks.begins_item(line, found[-1][0], found[-1][-1])
        if not found or begins or (not of_authority and looks.begins_portion(line, home)):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _is_authority(piece: Sequence[str]) -> bool:
    return looks.is_authority_line(piece[0])


def _needs_no_mark(piece: Sequence[str], text: str, home: Home) -> bool:
    if not looks.has_words(text) or looks.is_page_number(text):
        return True
    if looks.is_training_line(text) or looks.statement_in(text) is not None:
        return True
    return all(looks.is_right_banner(line, home) for line in piece)


def _goes_on(before: PageParts | None, text: str) -> bool:
    """True for the rest of a paragraph whose beginning stands on the page before."""
    if before is None or not before.last_body:
        return False
    last = before.last_body
    unfinished = not _SENTENCE_END.search(last) and len(last.split()) >= _CONTINUED_WORDS
    return unfinished or text[:1].islower()


def _whole_tables(
    portion: PortionText, tables: dict[int, list[Block]], parts: PageParts, home: Home
) -> list[PortionText]:
    if not portion.is_table:
        return [portion]
    cells = [block for block in tables[int(portion.text)] if looks.has_words(block.text)]
    cells = [block for block in cells if not all(looks.is_right_banner(line, home) for line in block.lines)]
    cells = [block for block in cells if not any(map(looks.is_training_line, block.lines))]
    marked = []
    for block in cells:
        mark = looks.portion_at_start(block.text, home)
        if mark is not None:
            spot = Spot(parts.page.number, block.where, block.number, parts.page.part)
            marked.append(PortionText(block.text, mark, spot))
    if marked or not cells:
        return marked
    where = parts.portions.index(portion)
    beside = parts.portions[max(0, where - 1) : where] + parts.portions[where + 1 : where + 2]
    if any(not near.is_table and near.mark is not None and _CAPTION.search(near.text) for near in beside):
        return []
    return [PortionText(cells[0].text, None, portion.spot, is_table=True)]
