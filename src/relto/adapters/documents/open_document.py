"""ODT: paragraphs, headings, tables and notes, with the header and footer of the page style (OASIS ODF 1.3 part 3).

An ODT has no pages of its own: a page ends at a soft page break and before a paragraph whose style says so. All pages
are given the header and footer of the first page style that has any.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import Unreadable
from relto.adapters.documents.package import Package
from relto.labels.checking.document import DocumentText, UnreadKind, Where

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
TEXT, TABLE, STYLE = (f"{{{_NAMES}{name}:1.0}}" for name in ("text", "table", "style"))
DRAW, OFFICE = (f"{{{_NAMES}{name}:1.0}}" for name in ("drawing", "office"))
_FO = f"{{{_NAMES}xsl-fo-compatible:1.0}}"
_MANIFEST = f"{{{_NAMES}manifest:1.0}}"
_PARAGRAPHS = frozenset({f"{TEXT}p", f"{TEXT}h"})
_NOT_READ: dict[str, UnreadKind] = {
    f"{DRAW}image": "image",
    f"{DRAW}object": "embedded",
    f"{DRAW}object-ole": "embedded",
    f"{DRAW}plugin": "embedded",
    f"{DRAW}applet": "script",
    f"{OFFICE}forms": "form",
}
_ASIDE: dict[str, Where] = {f"{TEXT}note": "footnote", f"{OFFICE}annotation": "comment"}
_SILENT = frozenset({f"{TEXT}tracked-changes", f"{TEXT}note-citation", f"{OFFICE}forms", f"{TEXT}sequence-decls"})


def read_odt(package: Package, allowance: Allowance, part: str = "") -> DocumentText:
    """An ODT file. Raises Unreadable."""
    if "META-INF/manifest.xml" in package:
        manifest = package.xml("META-INF/manifest.xml")
        if manifest.find(f".//{_MANIFEST}encryption-data") is not None:
            raise Unreadable("encrypted")
    content = package.xml("content.xml")
    body = content.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise Unreadable("form")
    styles = package.xml("styles.xml") if "styles.xml" in package else None
    return document("odt", _Reader(allowance, part, content, styles).read(body))


class _Reader:
    def __init__(self, allowance: Allowance, part: str, content: etree._Element, styles: etree._Element | None) -> None:
        self._allowance = allowance
        self._part = part
        self._breaks = {*_breaking(content), *(_breaking(styles) if styles is not None else ())}
        self._edges = [*_edges(styles)] if styles is not None else []
        self._pages: list[PageDraft] = []
        self._tables = 0

    def read(self, body: etree._Element) -> list[PageDraft]:
        self._new_page()
        self._walk(body, 0)
        return self._pages

    def _new_page(self) -> None:
        page = PageDraft(self._allowance, len(self._pages) + 1, part=self._part)
        for where, lines in self._edges:
            page.add(where, lines, origin=f"{where} of the page style")
        self._pages.append(page)

    def _walk(self, parent: etree._Element, table: int) -> None:
        for element in parent:
            if element.tag in _NOT_READ and (element.tag != f"{OFFICE}forms" or len(element)):
                self._pages[-1].could_not_read(_NOT_READ[element.tag])
            if element.tag in _SILENT:
                continue
            if element.tag == f"{TEXT}soft-page-break":
                self._next()
            elif element.tag in _PARAGRAPHS:
                self._paragraph(element, table)
            elif element.tag == f"{TABLE}table" and not table:
                self._tables += 1
                self._walk(element, self._tables)
            else:
                self._walk(element, table)

    def _next(self) -> None:
        if self._pages[-1].has_body:
            self._new_page()

    def _paragraph(self, element: etree._Element, table: int) -> None:
        if element.get(f"{TEXT}style-name") in self._breaks:
            self._next()
        lines = [""]
        aside: list[tuple[Where, list[str]]] = []
        ends_page = False
        for node, text in _text(element, aside):
            if node.tag == f"{TEXT}soft-page-break":
                ends_page = True
            elif node.tag == f"{TEXT}line-break":
                lines.append("")
            lines[-1] += text
            if node.tag in _NOT_READ:
                self._pages[-1].could_not_read(_NOT_READ[node.tag])
        page = self._pages[-1]
        where: Where = "cell" if table else "heading" if element.tag == f"{TEXT}h" else "body"
        page.add(where, lines, group=table)
        for place, inner in aside:
            page.add(place, inner)
        if ends_page:
            self._next()


def _text(element: etree._Element, aside: list[tuple[Where, list[str]]]) -> Iterator[tuple[etree._Element, str]]:
    """The text of a paragraph with the element it comes from; notes, comments and frames go aside."""
    yield element, element.text or ""
    for node in element:
        if isinstance(node.tag, str):
            if node.tag in _ASIDE:
                aside.append((_ASIDE[node.tag], [*_plain(node)]))
            elif node.tag == f"{DRAW}text-box":
                aside.append(("textbox", [*_plain(node)]))
            elif node.tag == f"{TEXT}s":
                count = str(node.get(f"{TEXT}c", "1"))
                yield node, " " * (int(count) if count.isdigit() and len(count) < 4 else 1)  # noqa: PLR2004  spaces
            elif node.tag == f"{TEXT}tab":
                yield node, "\t"
            elif node.tag not in _SILENT:
                yield from _text(node, aside)
        yield element, node.tail or ""


def _plain(node: etree._Element) -> Iterator[str]:
    for paragraph in node.iter(*_PARAGRAPHS):
        yield "".join(text for _, text in _text(paragraph, []))


def _breaking(root: etree._Element) -> Iterator[str]:
    """Names of paragraph styles that begin a page."""
    for style in root.iter(f"{STYLE}style"):
        properties = style.find(f"{STYLE}paragraph-properties")
        begins = properties is not None and properties.get(f"{_FO}break-before") == "page"
        if begins or style.get(f"{STYLE}master-page-name"):
            yield str(style.get(f"{STYLE}name", ""))


def _edges(styles: etree._Element) -> Iterator[tuple[Where, list[str]]]:
    for master in styles.iter(f"{STYLE}master-page"):
        found: list[tuple[Where, list[str]]] = []
        for tag, where in (("header", "header"), ("footer", "footer")):
            for edge in master.findall(f"{STYLE}{tag}"):
                place: Where = "header" if where == "header" else "footer"
                found += [(place, [line]) for line in _plain(edge)]
        if found:
            yield from found
            return
