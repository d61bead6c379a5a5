"""XLSX: a page for each sheet, hidden ones too; its header and footer, its cells with text, its comments.

A sheet is one table: it needs one mark, or marks in its cells. Numbers are not read; they hold no marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import Unreadable
from relto.adapters.documents.package import Package
from relto.labels.checking.document import DocumentText, UnreadKind

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FORMAT = re.compile(r'&(?:"[^"]*"|[0-9]{1,3}|K[0-9A-Fa-f]{6}|[BIUESXYPNDTAFZHO+-])')
_PART = re.compile(r"&[LCR]")
_NOT_READ: dict[str, UnreadKind] = {
    "drawing": "drawing",
    "image": "image",
    "oleObject": "embedded",
    "package": "embedded",
    "control": "form",
    "ctrlProp": "form",
}


def read_xlsx(package: Package, main: str, allowance: Allowance, part: str = "") -> DocumentText:
    """An XLSX file. Raises Unreadable."""
    relations = package.relations(main)
    shared = next((name for kind, name in relations.values() if kind == "sharedStrings"), "")
    texts = [*_shared(package.xml(shared))] if shared in package else []
    sheets = package.xml(main).find(f"{S}sheets")
    pages = []
    for number, sheet in enumerate(sheets if sheets is not None else (), start=1):
        kind, name = relations.get(str(sheet.get(_RELATION, "")), ("", ""))
        page = PageDraft(allowance, number, str(sheet.get("name", "")), part)
        if name not in package:
            raise Unreadable("damaged")
        if kind == "worksheet":
            _sheet(package, name, page, texts, number)
        else:
            page.could_not_read("drawing")
        pages.append(page)
    return document("xlsx", pages)


def _shared(root: etree._Element) -> Iterator[str]:
    for item in root.findall(f"{S}si"):
        runs = [*item.findall(f"{S}t"), *item.findall(f"{S}r/{S}t")]  # not the phonetic runs
        yield "".join(text.text or "" for text in runs)


def _sheet(package: Package, name: str, page: PageDraft, texts: list[str], number: int) -> None:
    root = package.xml(name)
    edges = root.find(f"{S}headerFooter")
    for place in edges if edges is not None else ():
        tag = etree.QName(place).localname
        switch = {"even": "differentOddEven", "firs": "differentFirst"}.get(tag[:4])
        if edges is None or (switch is not None and edges.get(switch) not in {"1", "true"}):
            continue
        lines = [_FORMAT.sub("", piece) for piece in _PART.split(place.text or "")]
        page.add("header" if tag.endswith("Header") else "footer", lines, origin=f"{tag} of sheet {number}")
    for cell in root.iter(f"{S}c"):
        text = _cell(cell, texts)
        if any(map(str.isalpha, text)):
            page.add("cell", text.split("\n"), group=1)
    for kind, target in package.relations(name).values():
        if kind == "comments" and target in package:
            for comment in package.xml(target).iter(f"{S}comment"):
                page.add("comment", ["".join(text.text or "" for text in comment.iter(f"{S}t"))])
        elif kind in _NOT_READ:
            page.could_not_read(_NOT_READ[kind])


def _cell(cell: etree._Element, texts: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{S}t"))
    value = cell.findtext(f"{S}v") or ""
    if kind == "s":
        if not value.isascii() or not value.isdigit() or len(value) > 9 or int(value) >= len(texts):  # noqa: PLR2004  an index
            raise Unreadable("damaged")
        return texts[int(value)]
    return value if kind == "str" else ""
