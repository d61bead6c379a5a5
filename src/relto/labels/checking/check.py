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
from dataclasses import dataclass, field, replace
from typing import Generic

from relto.labels.checking.document import DocumentText
from relto.labels.checking.grammar import AmericanGrammar, Grammar, Mark
from relto.labels.checking.home import AMERICAN, UNITED_STATES, Home, home_of
from relto.labels.checking.indian_grammar import IndianGrammar
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
from relto.labels.checking.statements import training_lines
from relto.labels.shipped import NATIONS, shipped_policies
from relto.labels.us.faults import Fault, MarkingFaults, fault
from relto.labels.us.profiles import DOD, Profile

_SPLIT_PARAGRAPHS = frozenset({"pdf", "text", "message"})  # in other forms a paragraph is one thing in the file
_ABOVE = frozenset({"compilation_level", "compilation_sci", "compilation_fouo", "indian_banner_above"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person states. `declared`: the label as a banner; `is_training`: the training line is due."""

    declared: str | None = None
    home: Home = AMERICAN
    profile: Profile = DOD
    is_training: bool = False
    has_compilation_reason: bool = False


@dataclass(slots=True)
class _Read(Generic[Mark]):
    """A page with its marks parsed."""

    parts: PageParts
    top: Mark | None = None
    bottom: Mark | None = None
    portions: list[tuple[PortionText, Mark]] = field(default_factory=list)


def check_document(document: DocumentText, asked: Asked | None = None) -> Report:
    """The report on a document."""
    asked = asked or Asked()
    if asked.home.policy is None:
        return _Check(document, asked, AmericanGrammar(asked.profile)).report()
    report = _Check(document, asked, IndianGrammar(asked.home, asked.home.policy, asked.profile)).report()
    return replace(report, findings=tuple(map(_without_american_rule, report.findings)))


def _without_american_rule(found: Finding) -> Finding:
    """What the checker finds anywhere has an American source, which is none for another nation's document."""
    is_american = found.rule.startswith(("32-CFR", "DoDM", "ISM"))
    return replace(found, rule="relto-check", paragraph="no Indian rule is loaded") if is_american else found


class _Check(Generic[Mark]):
    def __init__(self, document: DocumentText, asked: Asked, grammar: Grammar[Mark]) -> None:
        self.grammar = grammar
        self.not_compared: list[NotRead] = []
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
        other = self._has_words_of_another_nation()
        if other:
            self.found.append(finding("document_other_nation", Spot(1, "document", 0)))
        if self._has_marks():
            self._portions_unmarked(overall, declared)
            self._banners(overall, self._is_classified(overall, declared))
            self._document(overall)
            self.found += self.grammar.front(self.parts, overall, marked)
        elif not other and (declared is None or self.grammar.is_classified(declared)) and self._is_readable():
            self.found.append(finding("document_unmarked", Spot(1, "document", 0)))
        self.found += training_lines(self.parts, due=self.asked.is_training)
        self._against_declared(declared, overall)
        return Report(
            form=self.document.form,
            pages=tuple(self._page_marks(page) for page in self.pages),
            banner=None if overall is None else self.grammar.written(overall),
            high_water=self._high_water(marked, overall),
            declared=self.asked.declared,
            findings=tuple(sorted(dict.fromkeys(self.found), key=_in_order)),
            not_read=tuple(self._not_read()),
        )

    def _read(self, parts: PageParts) -> _Read[Mark]:
        page = _Read[Mark](parts)
        page.top, page.bottom = self._banner(parts.top), self._banner(parts.bottom)
        for portion in parts.portions:
            if portion.mark is None:
                continue
            faults: tuple[Fault, ...] = (fault("parentheses"),)
            if portion.mark.is_enclosed:
                try:
                    mark = self._compared(self.grammar.portion(portion.mark.text), portion.spot)
                    page.portions.append((portion, mark))
                    continue
                except MarkingFaults as wrong:
                    faults = wrong.faults
            self.found.append(unreadable("portion_unreadable", faults, portion.spot, portion.text))
        return page

    def _banner(self, line: BannerLine | None) -> Mark | None:
        if line is None:
            return None
        try:
            return self._compared(self.grammar.banner(line.text), line.spot)
        except MarkingFaults as wrong:
            if self._is_news("banner_unreadable", line.origin):
                self.found.append(unreadable("banner_unreadable", wrong.faults, line.spot, line.text))
            return None

    def _compared(self, mark: Mark, spot: Spot) -> Mark:
        """The mark; one of which no more than the level is known is listed as not checked."""
        if not self.grammar.is_compared(mark):
            self.not_compared.append(NotRead(spot.page, spot.part, "foreign_mark", 1))
        return mark

    def _has_words_of_another_nation(self) -> bool:
        """True when marks stand in the words of another nation than the one that the document is checked for."""
        for nation in NATIONS:
            if nation in {UNITED_STATES, self.asked.home.nation}:
                continue
            home = home_of(shipped_policies().by_name(nation))
            for own in self.parts:
                if not any(word in line for block in own.page.blocks for line in block.lines for word in home.words):
                    continue
                if _mark_count(take_apart(own.page, home, None)) > _mark_count(own):
                    return True
        return False

    def _is_news(self, code: str, origin: str) -> bool:
        """False for what was told of the same part of the file already."""
        if not origin:
            return True
        is_new = (code, origin) not in self.told
        self.told.add((code, origin))
        return is_new

    def _has_marks(self) -> bool:
        return any(page.top or page.bottom or any(portion.mark for portion in page.portions) for page in self.parts)

    def _is_readable(self) -> bool:
        """False for scans, whose marks may be in the pictures that are listed as not read."""
        return self.document.is_fully_read or any(not page.is_blank for page in self.parts)

    def _overall(self) -> Mark | None:
        """What most pages say; of equals, what stands first."""
        said = Counter(mark for page in self.pages for mark in (page.top, page.bottom) if mark is not None)
        return said.most_common(1)[0][0] if said else None

    def _is_classified(self, overall: Mark | None, declared: Mark | None) -> bool:
        marks = [*(mark for page in self.pages for _, mark in page.portions), overall, declared]
        return any(mark is not None and self.grammar.is_classified(mark) for mark in marks) or overall is None

    def _portions_unmarked(self, overall: Mark | None, declared: Mark | None) -> None:
        if not self._is_classified(overall, declared):
            return
        for page in self.parts:
            for portion in page.portions:
                if portion.mark is None:
                    code = "table_unmarked" if portion.is_table else "portion_unmarked"
                    self.found.append(finding(code, portion.spot, portion.text))

    def _banners(self, overall: Mark | None, is_due: bool) -> None:  # noqa: FBT001  one thing said of all pages
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

    def _own_banner(self, page: _Read[Mark], overall: Mark | None) -> None:
        """A page whose banner is not the document's."""
        banner, line = (page.top, page.parts.top) if page.top is not None else (page.bottom, page.parts.bottom)
        if banner is None or line is None or overall is None or banner == overall:
            return
        marks = [mark for _, mark in page.portions]
        found = self.grammar.faults(banner, marks, has_reason=False) if marks else ()
        faults = [each for each in found if each.code not in _ABOVE]
        code = None
        if faults:
            self.found += [finding_of(each, line.spot, line.text) for each in faults]
        elif self.grammar.is_above(banner, overall):
            code = "banner_above_document"
        elif not marks or self.grammar.rolled_up(marks, banner) != banner:
            code = "banner_page_differs"
        if code is not None and self._is_news(code, line.origin):
            self.found.append(finding(code, line.spot, line.text))

    def _document(self, overall: Mark | None) -> None:
        pairs = [pair for page in self.pages for pair in page.portions]
        if overall is None or not pairs:
            return
        marks = [mark for _, mark in pairs]
        spot, text = self._place_of(overall)
        for each in self.grammar.faults(overall, marks, has_reason=self.asked.has_compilation_reason):
            if each.portion is None:
                self.found.append(finding_of(each, spot, text))
            else:
                portion = pairs[each.portion][0]
                self.found.append(finding_of(each, portion.spot, portion.text))

    def _place_of(self, overall: Mark) -> tuple[Spot, str]:
        for page in self.pages:
            for mark, line in ((page.top, page.parts.top), (page.bottom, page.parts.bottom)):
                if mark == overall and line is not None:
                    return line.spot, line.text
        return Spot(1, "document", 0), ""

    def _declared(self) -> Mark | None:
        if self.asked.declared is None:
            return None
        try:
            return self._compared(self.grammar.banner(self.asked.declared), Spot(0, "declared", 0))
        except MarkingFaults as wrong:
            spot = Spot(0, "declared", 0)
            self.found.append(unreadable("declared_unreadable", wrong.faults, spot, self.asked.declared))
            return None

    def _against_declared(self, declared: Mark | None, overall: Mark | None) -> None:
        if declared is None:
            return
        pairs = [pair for page in self.pages for pair in page.portions]
        uncovered: dict[int, None] = {}
        if pairs:
            for each in self.grammar.faults(declared, [mark for _, mark in pairs], has_reason=True):
                if each.portion is not None:
                    uncovered[each.portion] = None
        if overall is not None and overall != declared:
            spot, text = self._place_of(overall)
            self.found.append(finding("declared_differs", spot, text))
        for number in uncovered if overall is None or overall != declared else ():
            portion = pairs[number][0]
            self.found.append(finding("declared_lower", portion.spot, portion.text))

    def _page_marks(self, page: _Read[Mark]) -> PageMarks:
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

    def _high_water(self, marks: Sequence[Mark], banner: Mark | None) -> str | None:
        rolled = self.grammar.rolled_up(marks, banner) if marks else None
        return None if rolled is None else self.grammar.written(rolled)

    def _not_read(self) -> Iterator[NotRead]:
        yield from self.not_compared
        for one in self.document.unread:
            yield NotRead(0, "", one.kind, one.count)
        for page in self.document.pages:
            for one in page.unread:
                yield NotRead(page.number, page.part, one.kind, one.count)


def _mark_count(parts: PageParts) -> int:
    return sum(1 for mark in (parts.top, parts.bottom, *(portion.mark for portion in parts.portions)) if mark)


def _in_order(found: Finding) -> tuple[str, int, int, str]:
    return (found.part, found.page, found.number, found.code)
