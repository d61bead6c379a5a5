"""PPTX: a page for each slide; its shapes from top to bottom, tables, speaker's notes and comments.

What the layout and the master write on a slide stands on it too, so a banner there counts. Hidden slides are read: they
travel along.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from relto.adapters.documents.gathering import Allowance, PageDraft, document
from relto.adapters.documents.limits import Unreadable
from relto.adapters.documents.package import Package
from relto.labels.checking.document import DocumentText, UnreadKind, Where

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_NOT_READ: dict[str, UnreadKind] = {
    "pic": "image",
    "chart": "drawing",
    "relIds": "drawing",
    "oleObj": "embedded",
    "videoFile": "embedded",
    "audioFile": "embedded",
    "contentPart": "drawing",
    "control": "form",
    "oMath": "drawing",
}
_TITLES = frozenset({"title", "ctrTitle", "subTitle"})
_TO_FILL_IN = "ph"
_Shape = tuple[tuple[int, int], Where, int, list[str]]


def read_pptx(package: Package, main: str, allowance: Allowance, part: str = "") -> DocumentText:
    """A PPTX file. Raises Unreadable."""
    slides = package.xml(main).find(f"{P}sldIdLst")
    relations = package.relations(main)
    pages = []
    for number, slide in enumerate(slides if slides is not None else (), start=1):
        _, name = relations.get(str(slide.get(_RELATION, "")), ("", ""))
        if not name or name not in package:
            raise Unreadable("damaged")
        page = PageDraft(allowance, number, part=part)
        _slide(package, name, page)
        pages.append(page)
    if pages and any("/embeddings/" in f"/{name}" for name in package.names):
        pages[0].could_not_read("embedded")
    return document("pptx", pages)


def _slide(package: Package, name: str, page: PageDraft) -> None:
    root = package.xml(name)
    relations = package.relations(name)
    for _, where, group, lines in sorted(_all_shapes(package, root, relations), key=lambda shape: shape[0]):
        if group:
            page.add("cell", lines, group=group)
            continue
        for line in lines:
            page.add(where, [line])
    _list_unread(root, page)
    _notes_and_comments(package, relations, page)


def _all_shapes(package: Package, root: etree._Element, relations: dict[str, tuple[str, str]]) -> list[_Shape]:
    """The slide's own shapes, and those that its layout and master write on it."""
    shapes = [*_shapes(root, behind=False)]
    layout = _target(relations, "slideLayout")
    if layout in package and root.get("showMasterSp", "1") not in {"0", "false"}:
        layout_root = package.xml(layout)
        shapes += _shapes(layout_root, behind=True)
        master = _target(package.relations(layout), "slideMaster")
        if master in package and layout_root.get("showMasterSp", "1") not in {"0", "false"}:
            shapes += _shapes(package.xml(master), behind=True)
    return shapes


def _list_unread(root: etree._Element, page: PageDraft) -> None:
    for node in root.iter():
        unread = _NOT_READ.get(etree.QName(node).localname) if isinstance(node.tag, str) else None
        if unread is not None and not any(above.tag == _FALLBACK for above in node.iterancestors()):
            page.could_not_read(unread)


def _notes_and_comments(package: Package, relations: dict[str, tuple[str, str]], page: PageDraft) -> None:
    for kind, target in relations.values():
        if kind == "notesSlide" and target in package:
            for line in _notes(package.xml(target)):
                page.add("notes", [line])
        elif kind == "comments" and target in package:
            for text in package.xml(target).iter():
                if isinstance(text.tag, str) and etree.QName(text).localname in {"text", "t"} and text.text:
                    page.add("comment", [text.text])


def _target(relations: dict[str, tuple[str, str]], kind: str) -> str:
    return next((name for found, name in relations.values() if found == kind), "")


def _shapes(root: etree._Element, *, behind: bool) -> Iterator[_Shape]:
    """Shapes with text: where they stand, what they are, the number of their table, their paragraphs.

    `behind`: of a layout or master, whose places to fill in do not show.
    """
    for number, shape in enumerate(root.iter(f"{P}sp", f"{P}graphicFrame"), start=1):
        if any(above.tag == _FALLBACK for above in shape.iterancestors()):
            continue
        place = shape.find(f".//{P}{_TO_FILL_IN}")
        if behind and place is not None:
            continue
        at = _place(shape, place, number)
        if shape.tag == f"{P}graphicFrame":
            for cell in shape.iter(f"{A}tc"):
                yield at, "cell", number, [*_lines(cell)]
            continue
        kind = "" if place is None else str(place.get("type", ""))
        if kind in {"sldNum", "dt"}:
            continue
        yield at, "heading" if kind in _TITLES else "body", 0, [*_lines(shape)]


def _place(shape: etree._Element, place: etree._Element | None, number: int) -> tuple[int, int]:
    """Its upper edge; what has its place from the layout stands where such things do."""
    offset = shape.find(f".//{A}off")
    if offset is None:
        offset = shape.find(f"{P}xfrm/{A}off")
    if offset is not None:
        text = str(offset.get("y", "0"))
        if text.lstrip("-").isdigit() and len(text) < 12:  # noqa: PLR2004  digits of an int64 would do; this is safe
            return int(text), number
    kind = "" if place is None else str(place.get("type", ""))
    return {"title": 300_000, "ctrTitle": 1_000_000, "ftr": 6_400_000, "hdr": 0}.get(kind, 2_000_000), number


def _notes(root: etree._Element) -> Iterator[str]:
    """What the speaker wrote, not the picture of the slide, date and number."""
    for shape in root.iter(f"{P}sp"):
        place = shape.find(f".//{P}{_TO_FILL_IN}")
        kind = "" if place is None else str(place.get("type", ""))
        if kind not in {"sldNum", "dt", "sldImg", "hdr", "ftr"}:
            yield from _lines(shape)


def _lines(shape: etree._Element) -> Iterator[str]:
    for paragraph in shape.iter(f"{A}p"):
        nodes = paragraph.iter(f"{A}t", f"{A}br", f"{A}tab")
        yield "".join((node.text or "") if node.tag == f"{A}t" else " " for node in nodes)
