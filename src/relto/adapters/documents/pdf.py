"""PDF by PDFium: lines with their places, put together into paragraphs; pictures, forms and attachments are listed.

1. What stands at the upper and lower edge of the page is in the order in which people see it, whatever the order in the
   file; all else keeps the order of the file, so that columns are not mixed.
2. A paragraph ends at a wider gap, at another size of type, or after a short line that ends a sentence.
3. A page without text is a scan when it has a picture, a drawing when anything else is on it. Signs without letters
   behind them are listed. Letters drawn as shapes beside other text cannot be told from lines, and are not seen.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import MAX_PAGES, Unreadable
from relto.labels.checking.document import DocumentText, Unread

_EDGE = 0.14
_MAX_OBJECTS = 200_000
_MAX_ANNOTATIONS = 2_000
_MAX_CONTENTS = 64 * 1024
_CELL_GAP = 3.0  # in sizes of type: wider than a word space, even in justified text
_SENTENCE_END = re.compile(r"[.!?:;।]\W*\Z")
_BEGINS = re.compile(r"\A\W*[A-Z0-9(•\u2013\u2014-]")
_USUAL_PITCH = 1.6
_SHORT = 0.85
_SILENT = frozenset({pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP})


@dataclass(slots=True)
class _Line:
    """A line of text: its letters and its box, in points from the lower left corner."""

    text: str
    left: float
    right: float
    low: float
    high: float

    @property
    def size(self) -> float:
        return max(self.high - self.low, 1.0)

    @property
    def middle(self) -> float:
        return (self.high + self.low) / 2


def read_pdf(data: bytes, allowance: Allowance, part: str = "") -> DocumentText:
    """A PDF file. Raises Unreadable."""
    try:
        opened = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        is_locked = pdfium_c.FPDF_GetLastError() == pdfium_c.FPDF_ERR_PASSWORD or "assword" in str(error)
        raise Unreadable("encrypted" if is_locked else "damaged") from error
    try:
        return _read(opened, allowance, part)
    except pdfium.PdfiumError as error:
        raise Unreadable("damaged") from error
    finally:
        opened.close()


def _read(opened: pdfium.PdfDocument, allowance: Allowance, part: str) -> DocumentText:
    count = len(opened)
    if count > MAX_PAGES:
        raise Unreadable("text")
    if count == 0:
        raise Unreadable("damaged")
    drafts: list[PageDraft] = []
    lines: list[list[_Line]] = []
    heights: list[float] = []
    for index in range(count):
        draft = PageDraft(allowance, index + 1, part=part)
        page = opened[index]
        try:
            lines.append(_lines(page, draft))
            heights.append(page.get_height())
            _other(page, draft, has_text=bool(lines[-1]))
        finally:
            page.close()
        drafts.append(draft)
    base = _pitch(lines)
    for draft, found, height in zip(drafts, lines, heights, strict=True):
        for block in _as_seen([*_paragraphs(found, base)], height):
            draft.add("body", [line.text for line in block])
    unread = []
    if opened.count_attachments() > 0:
        unread.append(Unread("embedded", opened.count_attachments()))
    if opened.get_formtype() in {pdfium_c.FORMTYPE_XFA_FULL, pdfium_c.FORMTYPE_XFA_FOREGROUND}:
        unread.append(Unread("form"))
    return document("pdf", drafts, unread)


def _lines(page: pdfium.PdfPage, draft: PageDraft) -> list[_Line]:
    text_page = page.get_textpage()
    try:
        boxes = [text_page.get_rect(index) for index in range(text_page.count_rects())]
        found: list[_Line] = []
        for left, low, right, high in boxes:
            text = text_page.get_text_bounded(left, low, right, high, errors="replace")
            if not text.strip():
                continue
            low, high = _of_its_type(text_page, left, low, high)  # noqa: PLW2901  the type's own height, not the letters'
            piece = _Line(" ".join(text.split()), left, right, low, high)
            if "\ufffe" in text or "\uffff" in text or any("\ue000" <= letter <= "\uf8ff" for letter in text):
                draft.could_not_read("glyphs")
            if found and _is_same_line(found[-1], piece):
                _join(found[-1], piece)
            else:
                found.append(piece)
    finally:
        text_page.close()
    return found


def _as_seen(blocks: list[list[_Line]], height: float) -> list[list[_Line]]:
    """Paragraphs wholly at the upper or lower edge go to the beginning and the end; all others stay in order."""
    top = [block for block in blocks if block[-1].middle > height * (1 - _EDGE)]
    bottom = [block for block in blocks if block[0].middle < height * _EDGE]
    between = [block for block in blocks if block not in top and block not in bottom]
    return [*sorted(top, key=_downwards), *between, *sorted(bottom, key=_downwards)]


def _downwards(block: list[_Line]) -> tuple[float, float]:
    return (-round(block[0].middle), block[0].left)


def _of_its_type(text_page: pdfium.PdfTextPage, left: float, low: float, high: float) -> tuple[float, float]:
    """Lower and upper edge of the type in which a line begins: the same for `annex.` and `Listing`."""
    index = text_page.get_index(left + 0.5, (low + high) / 2, 2.0, 2.0)
    if index is None:
        return low, high
    _, bottom, _, top = text_page.get_charbox(index, loose=True)
    return (bottom, top) if bottom < (low + high) / 2 < top else (low, high)


def _is_same_line(line: _Line, piece: _Line) -> bool:
    overlap = min(line.high, piece.high) - max(line.low, piece.low)
    return overlap > 0.5 * min(line.size, piece.size) and piece.left >= line.right - line.size


def _join(line: _Line, piece: _Line) -> None:
    gap = piece.left - line.right
    between = "\t" if gap > _CELL_GAP * line.size else " " if gap > 0.12 * line.size else ""
    line.text += between + piece.text
    line.right = max(line.right, piece.right)
    line.low, line.high = min(line.low, piece.low), max(line.high, piece.high)


def _pitch(pages: list[list[_Line]]) -> float:
    """The usual distance of lines in sizes of type: of all distances the one that a fifth are below."""
    found = sorted(
        ratio
        for lines in pages
        for above, below in pairwise(lines)
        if 0.8 < (ratio := (above.middle - below.middle) / above.size) < 4.0  # noqa: PLR2004  further apart is no line distance
    )
    return found[len(found) // 5] if found else 1.2


def _paragraphs(lines: list[_Line], base: float) -> Iterator[list[_Line]]:
    widest = max((line.right for line in lines), default=0.0)
    held: list[_Line] = []
    for line in lines:
        if held and _begins(held[-1], line, base, widest):
            yield held
            held = []
        held.append(line)
    if held:
        yield held


def _begins(above: _Line, line: _Line, base: float, widest: float) -> bool:
    pitch = (above.middle - line.middle) / above.size
    if abs(above.size - line.size) > 0.12 * max(above.size, line.size):
        return True
    if pitch < 0.5:  # noqa: PLR2004  beside or above: the next column, in which a sentence may go on
        return not (line.left > above.left and line.text[:1].islower())
    if pitch > 1.3 * base and (base <= _USUAL_PITCH or pitch > 1.3 * _USUAL_PITCH):
        return True
    is_short = above.right < _SHORT * widest
    return is_short and bool(_SENTENCE_END.search(above.text)) and bool(_BEGINS.match(line.text))


def _other(page: pdfium.PdfPage, draft: PageDraft, *, has_text: bool) -> None:
    """Pictures and annotations."""
    pictures = 0
    for number, _ in enumerate(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=8)):
        pictures = number + 1
        if number >= _MAX_OBJECTS:
            draft.could_not_read("truncated")
            break
    if not has_text and not pictures and next(iter(page.get_objects(max_depth=1)), None) is not None:
        draft.could_not_read("drawing")  # letters drawn as shapes look like this
    if pictures:
        draft.could_not_read("image" if has_text else "scan", pictures if has_text else 1)
    count = pdfium_c.FPDFPage_GetAnnotCount(page)
    if count > _MAX_ANNOTATIONS:
        draft.could_not_read("truncated")
    for index in range(min(count, _MAX_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            if pdfium_c.FPDFAnnot_GetSubtype(annotation) in _SILENT:
                continue
            texts = [_value(annotation, key) for key in (b"Contents", b"V")]
            if any(texts):
                draft.add("comment", [text for text in texts if text])
            else:
                draft.could_not_read("form")
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def _value(annotation: object, key: bytes) -> str:
    size = pdfium_c.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if not 2 < size <= _MAX_CONTENTS:  # noqa: PLR2004  the closing zero alone
        return ""
    held = ctypes.create_string_buffer(size)
    pdfium_c.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(held, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), size)
    return held.raw[: size - 2].decode("utf-16-le", "replace")
