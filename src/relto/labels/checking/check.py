"""The check of a whole document: banners against portions, pages against the document, and both against the label.

1. Every page has the same banner at its top and at its bottom: the document's, or that of its own portions.
2. The document's banner (what most pages say) covers every portion of the document; a page with a banner of its own has
   it cover the portions of that page (labels.md 7.4).
3. Every portion of a classified document has a mark. A document in which nothing is classified, or that is declared
   unclassified, needs none.
4. A declared label covers every portion, and is what the banner says.
5. One mistake is reported once: a header that many pages share is one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from relto.labels.checking.document import DocumentText
from relto.labels.checking.home import AMERICAN, Home
from relto.labels.checking.pages import BannerLine, PageParts, PortionText, Spot, take_apart
from relto.labels.checking.report import (
    Finding,
    NotRead,
    PageMarks,
    Report,
    finding,
    finding_of,
    unreadable,
)
from relto.labels.checking.statements import authority_block, foreign_statements, training_lines
from relto.labels.us.document_checks import check_document_marks
from relto.labels.us.faults import Fault, MarkingFaults, fault
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.rolling_up import roll_up
from relto.labels.us.shared_release import with_banner_list
from relto.labels.us.values import Marking
from relto.labels.us.writing import render_banner

_SPLIT_PARAGRAPHS = frozenset({"pdf", "text", "message"})  # in other forms a paragraph is one thing in the file
_ABOVE = frozenset({"compilation_level", "compilation_sci", "compilation_fouo"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person states. `declared`: the label as a banner; `is_training`: the training line is due."""

    declared: str | None = None
    home: Home = AMERICAN
    profile: Profile = DOD
    is_training: bool = False
    has_compilation_reason: bool = False


@dataclass(slots=True)
class _Read:
    """A page with its marks parsed."""

    parts: PageParts
    top: Marking | None = None
    bottom: Marking | None = None
    portions: list[tuple[PortionText, Marking]] = field(default_factory=list)


def check_document(document: DocumentText, asked: Asked | None = None) -> Report:
    """The report on a document."""
    return _Check(document, asked or Asked()).report()


class _Check:
    def __init__(self, document: DocumentText, asked: Asked) -> None:
        self.document = document
        self.asked = asked
        self.found: list[Finding] = []
        self.told: set[tuple[str, str]] = set()
        parts: list[PageParts] = []
        for page in document.pages:
            goes_on = document.form in _SPLIT_PARAGRAPHS and parts and parts[-1].page.part == page.part
            before = parts[-1] if goes_on else None
            parts.append(take_apart(page, asked.home, before))
        self.parts = parts
        self.pages = [self._read(page) for page in parts]

    def report(self) -> Report:
        declared = self._declared()
        overall = self._overall()
        marked = [mark for page in self.pages for _, mark in page.portions]
        if self._has_marks():
            self._portions_unmarked(overall, declared)
            self._banners(overall, self._is_classified(overall, declared))
            self._document(overall)
            self.found += authority_block(self.parts, overall, self.asked.home)
            self.found += foreign_statements(self.parts, overall, marked)
        elif (declared is None or declared.is_classified) and (self._has_words() or self.document.is_fully_read):
            self.found.append(finding("document_unmarked", Spot(1, "document", 0)))
        self.found += training_lines(self.parts, due=self.asked.is_training)
        self._against_declared(declared, overall)
        return Report(
            form=self.document.form,
            pages=tuple(self._page_marks(page) for page in self.pages),
            banner=None if overall is None else _written(overall, self.asked.profile),
            high_water=self._high_water(marked, overall),
            declared=self.asked.declared,
            findings=tuple(sorted(dict.fromkeys(self.found), key=_in_order)),
            not_read=tuple(self._not_read()),
        )

    def _read(self, parts: PageParts) -> _Read:
        page = _Read(parts)
        page.top, page.bottom = self._banner(parts.top), self._banner(parts.bottom)
        for portion in parts.portions:
            if portion.mark is None:
                continue
            faults: tuple[Fault, ...] = (fault("parentheses"),)
            if portion.mark.is_enclosed:
                try:
                    mark = parse_portion(self.asked.home.portion(portion.mark.text), self.asked.profile)
                    page.portions.append((portion, mark))
                    continue
                except MarkingFaults as wrong:
                    faults = wrong.faults
            self.found.append(unreadable("portion_unreadable", faults, portion.spot, portion.text))
        return page

    def _banner(self, line: BannerLine | None) -> Marking | None:
        if line is None:
            return None
        try:
            return parse_banner(self.asked.home.banner(line.text), self.asked.profile)
        except MarkingFaults as wrong:
            if self._is_news("banner_unreadable", line.origin):
                self.found.append(unreadable("banner_unreadable", wrong.faults, line.spot, line.text))
            return None

    def _is_news(self, code: str, origin: str) -> bool:
        """False for what was told of the same part of the file already."""
        if not origin:
            return True
        is_new = (code, origin) not in self.told
        self.told.add((code, origin))
        return is_new

    def _has_marks(self) -> bool:
        return any(page.top or page.bottom or any(portion.mark for portion in page.portions) for page in self.parts)

    def _has_words(self) -> bool:
        """False for scans, whose marks may be in the pictures that are listed as not read, and for empty documents."""
        return any(not page.is_blank for page in self.parts)

    def _overall(self) -> Marking | None:
        """What most pages say; of equals, what stands first."""
        said = Counter(mark for page in self.pages for mark in (page.top, page.bottom) if mark is not None)
        return said.most_common(1)[0][0] if said else None

    def _is_classified(self, overall: Marking | None, declared: Marking | None) -> bool:
        marks = [*(mark for page in self.pages for _, mark in page.portions), overall, declared]
        return any(mark is not None and mark.is_classified for mark in marks) or overall is None

    def _portions_unmarked(self, overall: Marking | None, declared: Marking | None) -> None:
        if not self._is_classified(overall, declared):
            return
        for page in self.parts:
            for portion in page.portions:
                if portion.mark is None:
                    code = "table_unmarked" if portion.is_table else "portion_unmarked"
                    self.found.append(finding(code, portion.spot, portion.text))

    def _banners(self, overall: Marking | None, is_due: bool) -> None:  # noqa: FBT001  one thing said of all pages
        for page in self.pages:
            parts = page.parts
            if parts.is_blank and (parts.page.unread or self.document.form != "pdf"):
                continue  # a scan, whose banner may be in the picture, which is listed; an empty sheet
            if is_due or parts.top or parts.bottom:
                self._missing(parts)
            if page.top is not None and page.bottom is not None and page.top != page.bottom:
                line = parts.top if page.bottom == overall else parts.bottom
                if line is not None and self._is_news("banner_differs", parts.edge_origin):
                    self.found.append(finding("banner_differs", line.spot, line.text))
                continue
            self._own_banner(page, overall)

    def _missing(self, parts: PageParts) -> None:
        code = None
        if parts.top is None and parts.bottom is None:
            code = "banner_missing"
        elif parts.top is None or parts.bottom is None:
            code = "banner_missing_top" if parts.top is None else "banner_missing_bottom"
        if code is None or parts.page.part.endswith("notes") or not self._is_news(code, parts.edge_origin):
            return
        where = {"banner_missing_top": "top", "banner_missing_bottom": "bottom"}.get(code, "page")
        self.found.append(finding(code, Spot(parts.page.number, where, 0, parts.page.part)))

    def _own_banner(self, page: _Read, overall: Marking | None) -> None:
        """A page whose banner is not the document's."""
        banner, line = (page.top, page.parts.top) if page.top is not None else (page.bottom, page.parts.bottom)
        if banner is None or line is None or overall is None or banner == overall:
            return
        marks = [mark for _, mark in page.portions]
        faults = [] if not marks else [each for each in check_document_marks(banner, marks) if each.code not in _ABOVE]
        code = None
        if faults:
            self.found += [finding_of(each, line.spot, line.text) for each in faults]
        elif banner.level > overall.level:
            code = "banner_above_document"
        elif not marks or _rolled_up(marks, banner, self.asked.profile) != banner:
            code = "banner_page_differs"
        if code is not None and self._is_news(code, line.origin):
            self.found.append(finding(code, line.spot, line.text))

    def _document(self, overall: Marking | None) -> None:
        pairs = [pair for page in self.pages for pair in page.portions]
        if overall is None or not pairs:
            return
        marks = [mark for _, mark in pairs]
        spot, text = self._place_of(overall)
        for each in check_document_marks(overall, marks, has_compilation_reason=self.asked.has_compilation_reason):
            if each.portion is None:
                self.found.append(finding_of(each, spot, text))
            else:
                portion = pairs[each.portion][0]
                self.found.append(finding_of(each, portion.spot, portion.text))

    def _place_of(self, overall: Marking) -> tuple[Spot, str]:
        for page in self.pages:
            for mark, line in ((page.top, page.parts.top), (page.bottom, page.parts.bottom)):
                if mark == overall and line is not None:
                    return line.spot, line.text
        return Spot(1, "document", 0), ""

    def _declared(self) -> Marking | None:
        if self.asked.declared is None:
            return None
        try:
            return parse_banner(self.asked.home.banner(self.asked.declared), self.asked.profile)
        except MarkingFaults as wrong:
            spot = Spot(0, "declared", 0)
            self.found.append(unreadable("declared_unreadable", wrong.faults, spot, self.asked.declared))
            return None

    def _against_declared(self, declared: Marking | None, overall: Marking | None) -> None:
        if declared is None:
            return
        pairs = [pair for page in self.pages for pair in page.portions]
        uncovered: dict[int, None] = {}
        if pairs:
            for each in check_document_marks(declared, [mark for _, mark in pairs], has_compilation_reason=True):
                if each.portion is not None:
                    uncovered[each.portion] = None
        if overall is not None and overall != declared:
            spot, text = self._place_of(overall)
            self.found.append(finding("declared_differs", spot, text))
        for number in uncovered if overall is None or overall != declared else ():
            portion = pairs[number][0]
            self.found.append(finding("declared_lower", portion.spot, portion.text))

    def _page_marks(self, page: _Read) -> PageMarks:
        parts = page.parts
        return PageMarks(
            page=parts.page.number,
            part=parts.page.part,
            name=parts.page.name,
            top=parts.top.text if parts.top else None,
            bottom=parts.bottom.text if parts.bottom else None,
            portions=tuple(portion.mark.text if portion.mark else None for portion in parts.portions),
            high_water=self._high_water([mark for _, mark in page.portions], page.top or page.bottom),
        )

    def _high_water(self, marks: Sequence[Marking], banner: Marking | None) -> str | None:
        rolled = _rolled_up(marks, banner, self.asked.profile) if marks else None
        return None if rolled is None else _written(rolled, self.asked.profile)

    def _not_read(self) -> Iterator[NotRead]:
        for one in self.document.unread:
            yield NotRead(0, "", one.kind, one.count)
        for page in self.document.pages:
            for one in page.unread:
                yield NotRead(page.number, page.part, one.kind, one.count)


def _rolled_up(marks: Sequence[Marking], banner: Marking | None, profile: Profile) -> Marking | None:
    """The least banner; None where a person has to decide it."""
    try:
        return roll_up([with_banner_list(mark, banner) for mark in marks], profile)
    except MarkingFaults:
        return None


def _written(marking: Marking, profile: Profile) -> str | None:
    try:
        return render_banner(marking, "short", profile)
    except MarkingFaults:  # a mark of former times, which is read and never written
        return None


def _in_order(found: Finding) -> tuple[str, int, int, str]:
    return (found.part, found.page, found.number, found.code)
