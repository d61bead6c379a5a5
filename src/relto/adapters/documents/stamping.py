"""Writing a banner onto a document: PDF by an overlay that typst sets and pikepdf lays on; DOCX in headers and footers.

1. The document was read first, in the child process with limits: what cannot be read is not stamped.
2. A page that has another banner already is refused whole: a stamp never contradicts or covers what stands there. Where
   the banner stands at both places, the page is left as it is.
3. Every page of a PDF, every section of a DOCX with its first-page and even-page headers gets it.
4. The result is written beside its place and put there at the end; the document itself is not changed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import docx
import pikepdf
import typst
from docx.enum.text import WD_ALIGN_PARAGRAPH

from relto.adapters.documents.reading import read_document
from relto.base.errors import Conflict, UnknownValue
from relto.labels.checking.check import check_document
from relto.labels.checking.report import Report

_MAX_POINTS: Final = 14_400
_OVERLAY: Final = """
#let given = json(bytes(sys.inputs.stamp))
#set text(size: 9pt, fallback: true)
#for page-size in given.pages {
  page(width: page-size.width * 1pt, height: page-size.height * 1pt, margin: 0pt, fill: none)[
    #place(top + center, dy: 10pt, align(center)[
      #strong(given.banner)
      #for line in given.under [ \\ #text(size: 7pt, line) ]
      #if page-size.first { for line in given.statements [ \\ #text(size: 7pt, line) ] }
    ])
    #place(bottom + center, dy: -10pt, align(center)[
      #for line in given.under [ #text(size: 7pt, line) \\ ]
      #strong(given.banner)
    ])
  ]
}
"""


def stamp(
    source: Path, banner: str, under: Sequence[str] = (), statements: Sequence[str] = ()
) -> tuple[str, bytes, int]:
    """The marked document: its form (pdf or docx), its bytes, and its number of pages.

    `under`: lines below the banner on each page; `statements`: lines for the front page. Raises MalformedInput when the
    document cannot be read, UnknownValue for another form than PDF and DOCX, Conflict when it has another banner.
    """
    with source.open("rb") as opened:
        report = check_document(read_document(opened, source.suffix))
        opened.seek(0)
        data = opened.read()
    _check_free(report, banner)
    _check_lines_find_place(report, banner, under, statements)
    if report.form == "pdf":
        return "pdf", _stamped_pdf(data, report, banner, under, statements), len(report.pages)
    if report.form == "docx":
        return "docx", _stamped_docx(data, banner, under, statements), len(report.pages)
    raise UnknownValue("document.form", field="document", found=report.form, expected="PDF or DOCX")


def _check_free(report: Report, banner: str) -> None:
    for page in report.pages:
        for text in (page.top, page.bottom):
            if text is not None and text != banner:
                raise Conflict("document.marked", field="document.page", found=page.page, expected="no other banner")


def _check_lines_find_place(report: Report, banner: str, under: Sequence[str], statements: Sequence[str]) -> None:
    """A page that has the banner is left as it is, so further lines would be lost without a word."""
    for number, page in enumerate(report.pages):
        is_left = page.top == banner and page.bottom == banner
        if is_left and (under or (statements and number == 0 and report.form == "pdf")):
            raise Conflict("document.marked", field="document.page", found=page.page, expected="no banner yet")


def _stamped_pdf(data: bytes, report: Report, banner: str, under: Sequence[str], statements: Sequence[str]) -> bytes:
    held = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        pages = [*document.pages]
        asked = {
            "banner": banner,
            "under": [*under],
            "statements": [*statements],
            "pages": [{**_size(page), "first": number == 0} for number, page in enumerate(pages)],
        }
        overlay = typst.compile(_OVERLAY.encode(), sys_inputs={"stamp": json.dumps(asked)})
        with pikepdf.open(io.BytesIO(overlay)) as stamps:
            for page, mark, said in zip(pages, stamps.pages, report.pages, strict=True):
                if said.top != banner or said.bottom != banner:
                    page.add_overlay(mark, push_stack=True)
        document.save(held, deterministic_id=True)
    return held.getvalue()


def _size(page: pikepdf.Page) -> dict[str, float]:
    left, low, right, high = (float(value) for value in page.cropbox)
    width, height = abs(right - left), abs(high - low)
    if int(page.obj.get("/Rotate", 0)) % 180:
        width, height = height, width
    return {"width": min(max(width, 1), _MAX_POINTS), "height": min(max(height, 1), _MAX_POINTS)}


def _stamped_docx(data: bytes, banner: str, under: Sequence[str], statements: Sequence[str]) -> bytes:
    document = docx.Document(io.BytesIO(data))
    for number, section in enumerate(document.sections):
        for header, footer in _edges(section, document):
            _write(header, [banner, *under], banner, at_start=True, is_first=number == 0)
            _write(footer, [*under, banner], banner, at_start=False, is_first=number == 0)
    for line in reversed(statements):
        first = document.paragraphs[0] if document.paragraphs else document.add_paragraph()
        first.insert_paragraph_before(line).alignment = WD_ALIGN_PARAGRAPH.CENTER
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def _edges(section: Any, document: Any) -> Iterator[tuple[Any, Any]]:
    yield section.header, section.footer
    if section.different_first_page_header_footer:
        yield section.first_page_header, section.first_page_footer
    if document.settings.odd_and_even_pages_header_footer:
        yield section.even_page_header, section.even_page_footer


def _write(edge: Any, lines: Sequence[str], banner: str, *, at_start: bool, is_first: bool) -> None:
    """Write the lines into a header or footer, unless it is the section's before it, or has the banner."""
    if edge.is_linked_to_previous and not is_first:
        return
    paragraphs = edge.paragraphs
    if any(paragraph.text.strip() == banner for paragraph in paragraphs):
        return
    blank = len(paragraphs) == 1 and not paragraphs[0].text.strip() and not len(paragraphs[0]._p.xpath(".//w:drawing"))  # noqa: SLF001  python-docx has no other window
    made = [edge.add_paragraph(line) for line in lines]
    for paragraph in made:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    made[lines.index(banner)].runs[0].bold = True
    element = made[0]._p.getparent()  # noqa: SLF001  the same
    if blank:
        element.remove(paragraphs[0]._p)  # noqa: SLF001  the same
    elif at_start:
        for place, paragraph in enumerate(made):
            element.insert(place, paragraph._p)  # noqa: SLF001  the same
