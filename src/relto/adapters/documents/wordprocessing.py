"""DOCX: paragraphs, tables, text boxes, headers and footers by section, notes, comments (ECMA-376 Part 1, 17).

A DOCX has no pages of its own. A page ends at a page break, at a section that begins a page, and where the programme
that saved it last had ended one. Each page has the header and footer of its section: first page, even page, or all.
Text that was deleted with changes tracked is not part of the document; hidden text is, for it travels along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import Unreadable
from relto.adapters.documents.package import Package
from relto.labels.checking.document import DocumentText, UnreadKind, Where

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DELETED = frozenset({f"{W}del", f"{W}moveFrom", _MC_FALLBACK})
_SIGNS = {f"{W}tab": "\t", f"{W}noBreakHyphen": "-"}
_NOT_READ: dict[str, UnreadKind] = {
    "blip": "image",
    "imagedata": "image",
    "chart": "drawing",
    "relIds": "drawing",
    "OLEObject": "embedded",
    "altChunk": "embedded",
    "control": "form",
    "contentPart": "drawing",
    "oMath": "drawing",
}


@dataclass(slots=True)
class _Edges:
    """Headers and footers of one section by kind; those that are not there are the section's before it."""

    header: dict[str, str] = field(default_factory=dict)
    footer: dict[str, str] = field(default_factory=dict)
    has_first_page: bool = False


class _Word:
    def __init__(self, package: Package, main: str, allowance: Allowance, part: str) -> None:
        self.package = package
        self.main = main
        self.allowance = allowance
        self.part = part
        self.relations = package.relations(main)
        self.pages: list[PageDraft] = []
        self.tables = 0
        self.edge_texts: dict[str, list[list[str]]] = {}
        self.edge_unread: dict[str, list[UnreadKind]] = {}
        self.even_and_odd = self._even_and_odd()

    def read(self) -> list[PageDraft]:
        body = self.package.xml(self.main).find(f"{W}body")
        if body is None:
            raise Unreadable("damaged")
        sections = [*_sections(body, self.relations)]
        for number, (elements, edges) in enumerate(sections):
            self._section(elements, edges, number)
        places: dict[str, Where] = {"footnotes": "footnote", "endnotes": "footnote", "comments": "comment"}
        for kind, where in places.items():
            self._aside(kind, where)
        return self.pages

    def _even_and_odd(self) -> bool:
        for kind, name in self.relations.values():
            if kind == "settings" and name in self.package:
                return _is_on(self.package.xml(name).find(f"{W}evenAndOddHeaders"))
        return False

    def _section(self, elements: list[etree._Element], edges: _Edges, number: int) -> None:
        is_first = True
        page = self._page(edges, number, is_first=is_first)
        for element in elements:
            if element.tag == f"{W}tbl":
                self.tables += 1
                self._table(element, page)
                continue
            for where, lines in _paragraphs(element):
                if lines is None:
                    if page.has_body:
                        is_first = False
                        page = self._page(edges, number, is_first=is_first)
                else:
                    page.add(where, lines)
            for kind in _unread(element):
                page.could_not_read(kind)

    def _table(self, table: etree._Element, page: PageDraft) -> None:
        for cell in table.iter(f"{W}tc"):
            for paragraph in cell.findall(f"{W}p"):
                for where, lines in _paragraphs(paragraph):
                    if lines is not None:
                        page.add("cell" if where in {"body", "heading"} else where, lines, group=self.tables)
        for kind in _unread(table):
            page.could_not_read(kind)

    def _page(self, edges: _Edges, section: int, *, is_first: bool) -> PageDraft:
        number = len(self.pages) + 1
        page = PageDraft(self.allowance, number, part=self.part)
        kind = "default"
        if is_first and edges.has_first_page:
            kind = "first"
        elif self.even_and_odd and number % 2 == 0:
            kind = "even"
        for where, names in (("header", edges.header), ("footer", edges.footer)):
            name = names.get(kind)
            origin = f"{where} of section {section + 1}, {kind}"
            if name is not None:
                for lines in self._edge(name):
                    page.add("header" if where == "header" else "footer", lines, origin=origin)
                for unread in self.edge_unread[name]:
                    page.could_not_read(unread)
        self.pages.append(page)
        return page

    def _edge(self, name: str) -> list[list[str]]:
        if name not in self.edge_texts:
            root = self.package.xml(name)
            self.edge_texts[name] = [lines for _, lines in _paragraphs(root) if lines]
            self.edge_unread[name] = [*_unread(root)]
        return self.edge_texts[name]

    def _aside(self, kind: str, where: Where) -> None:
        for found, name in self.relations.values():
            if found != kind or name not in self.package:
                continue
            for note in self.package.xml(name):
                if note.get(f"{W}type") in {"separator", "continuationSeparator", "continuationNotice"}:
                    continue
                lines = [line for _, each in _paragraphs(note) for line in each or ()]
                self.pages[-1].add(where, lines)


def read_docx(package: Package, main: str, allowance: Allowance, part: str = "") -> DocumentText:
    """A DOCX file. Raises Unreadable."""
    word = _Word(package, main, allowance, part)
    pages = word.read()
    if any("/embeddings/" in f"/{name}" for name in package.names):
        pages[0].could_not_read("embedded")
    return document("docx", pages)


def _sections(
    body: etree._Element, relations: dict[str, tuple[str, str]]
) -> Iterator[tuple[list[etree._Element], _Edges]]:
    """The elements of each section, with what its pages have at their edges."""
    held: list[etree._Element] = []
    before = _Edges()
    for element in _unwrapped(body):
        held.append(element)
        if element.tag == f"{W}sectPr":
            properties = element
        else:
            inner = element.find(f"{W}pPr/{W}sectPr")
            if inner is None:
                continue
            properties = inner
        before = _edges(properties, before, relations)
        yield held, before
        held = []
    if held:
        yield held, before


def _unwrapped(parent: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs and tables, out of content controls, custom XML and inserted runs."""
    for element in parent:
        if element.tag in {f"{W}p", f"{W}tbl", f"{W}sectPr", f"{W}altChunk"}:
            yield element
        elif isinstance(element.tag, str) and element.tag not in _DELETED:
            yield from _unwrapped(element)


def _edges(properties: etree._Element, before: _Edges, relations: dict[str, tuple[str, str]]) -> _Edges:
    found = _Edges({**before.header}, {**before.footer}, _is_on(properties.find(f"{W}titlePg")))
    for tag, names in (("headerReference", found.header), ("footerReference", found.footer)):
        for reference in properties.findall(f"{W}{tag}"):
            _, name = relations.get(str(reference.get(_RELATION, "")), ("", ""))
            if name:
                names[str(reference.get(f"{W}type", "default"))] = name
    return found


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(f"{W}val", "true") not in {"0", "false", "off"}


def _paragraphs(root: etree._Element) -> Iterator[tuple[Where, list[str] | None]]:
    """The paragraphs below `root` in order, text boxes after the paragraph that holds them; None is a page's end."""
    for paragraph in [root] if root.tag == f"{W}p" else _paragraphs_of(root):
        yield from _paragraph(paragraph)
        for box in paragraph.iter(f"{W}txbxContent"):
            if any(above.tag == _MC_FALLBACK for above in box.iterancestors()):
                continue
            for inner in _paragraphs_of(box):
                yield from (("textbox", lines) for _, lines in _paragraph(inner) if lines is not None)


def _paragraph(paragraph: etree._Element) -> Iterator[tuple[Where, list[str] | None]]:
    """One paragraph; before it and after it the ends of pages that it brings."""
    if _begins_page(paragraph):
        yield "body", None
    pieces = [""]
    ends_page = False
    for node in _nodes(paragraph):
        if node.tag == f"{W}t":
            pieces[-1] += node.text or ""
        elif node.tag in _SIGNS:
            pieces[-1] += _SIGNS[node.tag]
        elif node.tag == f"{W}lastRenderedPageBreak" or node.get(f"{W}type") == "page":
            if not "".join(pieces).strip():
                yield "body", None
            else:
                ends_page = True
        elif node.tag in {f"{W}br", f"{W}cr"}:
            pieces.append("")
    yield _where(paragraph), pieces
    if ends_page:
        yield "body", None


def _begins_page(paragraph: etree._Element) -> bool:
    return _is_on(paragraph.find(f"{W}pPr/{W}pageBreakBefore"))


def _where(paragraph: etree._Element) -> Where:
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    name = "" if style is None else str(style.get(f"{W}val", "")).lower()
    return "heading" if name.startswith(("heading", "title", "subtitle", "caption")) else "body"


def _paragraphs_of(root: etree._Element) -> Iterator[etree._Element]:
    """Paragraphs below `root` that do not stand in another paragraph."""
    for element in root:
        if element.tag == f"{W}p":
            yield element
        elif isinstance(element.tag, str) and element.tag not in _DELETED:
            yield from _paragraphs_of(element)


def _nodes(paragraph: etree._Element) -> Iterator[etree._Element]:
    """What a paragraph shows, without deleted text and text boxes."""
    for element in paragraph:
        if not isinstance(element.tag, str) or element.tag in _DELETED or element.tag == f"{W}pPr":
            continue
        if element.tag in {f"{W}drawing", f"{W}pict", f"{W}object"} or element.tag.endswith("}AlternateContent"):
            continue
        yield element
        yield from _nodes(element)


def _unread(element: etree._Element) -> Iterator[UnreadKind]:
    for node in element.iter():
        name = etree.QName(node).localname if isinstance(node.tag, str) else ""
        if name in _NOT_READ and not any(above.tag == _MC_FALLBACK for above in node.iterancestors()):
            yield _NOT_READ[name]
