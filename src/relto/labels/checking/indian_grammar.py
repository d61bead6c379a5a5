"""How the marks of an Indian document are read and compared, by relto's own rules (`data/indian_rules.json`).

No Indian rule on portions, banners or statements is public (labels.md section 8): nothing of the American rules is
copied here, and what no rule covers is said to be not checked.
 1. The banner's level is at least that of every portion, and above all of them only with a reason for the compilation.
 2. The banner names each owner and source of a portion that does not own the document, or says FGI alone; it says FGI
    alone where a source is concealed.
 3. The banner lets no nation beside India have what a portion does not let it have. An unstated release is for the
    owners; an unclassified portion without a list hinders nobody.
 4. A document with another nation's information says so on its front page, without names where a source is concealed.
 5. A mark in another nation's own grammar (`(//USA S//ORCON)`) counts with its level only, and is reported as not
    checked for the rest: the document is then never clean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relto.labels.checking.home import Home
from relto.labels.checking.pages import PageParts, Spot
from relto.labels.checking.report import Finding, finding_of
from relto.labels.checking.statements import says_concealed, statement_codes
from relto.labels.indian import RULES, IndianMarking, Place, parse_indian, render_indian
from relto.labels.policy import ClassificationPolicy, LevelEntry
from relto.labels.us.codes import UNITED_STATES, ordered, release_order
from relto.labels.us.faults import Fault, MarkingFaults
from relto.labels.us.profiles import Profile
from relto.labels.us.reading import parse_banner, parse_portion


@dataclass(frozen=True, slots=True)
class IndianMark:
    """A mark of an Indian document. `foreign`: the text of one in another nation's grammar, whose rest is not known."""

    level: str
    owners: tuple[str, ...]
    fgi: tuple[str, ...] | None = None
    rel_to: tuple[str, ...] = ()
    foreign: str = ""

    @property
    def audience(self) -> frozenset[str]:
        """Who may have it as far as the mark says: the owners where no release is stated."""
        return frozenset(self.rel_to or self.owners)


@dataclass(frozen=True, slots=True)
class IndianGrammar:
    """Indian marks in the words of the policy; `profile` reads what is in American grammar."""

    home: Home
    policy: ClassificationPolicy
    profile: Profile

    def banner(self, text: str) -> IndianMark:
        """The banner. Raises MarkingFaults with Indian rules."""
        return self._mark(text, self.home.banner(text), "banner")

    def portion(self, text: str) -> IndianMark:
        """The portion mark. Raises MarkingFaults with Indian rules."""
        return self._mark(text, self.home.portion(text), "portion")

    def _mark(self, text: str, plain: str, place: Place) -> IndianMark:
        try:
            read = parse_indian(plain, place, self.policy)
        except MarkingFaults:
            foreign = self._foreign(text, place)
            if foreign is None:
                raise
            return foreign
        return IndianMark(read.entry.level.name, read.owners, read.fgi, read.rel_to)

    def _foreign(self, text: str, place: Place) -> IndianMark | None:
        """A right mark of another nation's, which begins with its owner; None for all else."""
        if not text.lstrip("( ").startswith("//") or text.lstrip("( ").startswith(f"//{self.home.nation} "):
            return None
        try:
            read = (parse_banner if place == "banner" else parse_portion)(text, self.profile)
        except MarkingFaults:
            return None if not text.lstrip("( ").startswith(f"//{UNITED_STATES} ") else self._american(text, place)
        return IndianMark(read.level.word, (self.home.nation,), foreign=text)

    def _american(self, text: str, place: Place) -> IndianMark | None:
        """What the United States own, with their controls: as they write it, behind the name of the owner."""
        own = text.replace(f"//{UNITED_STATES} ", "", 1)
        try:
            read = (parse_banner if place == "banner" else parse_portion)(own, self.profile)
        except MarkingFaults:
            return None
        return IndianMark(read.level.word, (self.home.nation,), foreign=text)

    def is_classified(self, mark: IndianMark) -> bool:
        """True for a level that may not be public."""
        return not self._entry(mark).may_be_public

    def is_above(self, one: IndianMark, other: IndianMark) -> bool:
        """True when the first has the higher level."""
        return self._entry(one).level > self._entry(other).level

    def is_compared(self, mark: IndianMark) -> bool:
        """False for a mark in another nation's grammar."""
        return not mark.foreign

    def faults(self, banner: IndianMark, portions: Sequence[IndianMark], *, has_reason: bool) -> tuple[Fault, ...]:
        """Every place where the banner does not cover the portions; by relto's own rules."""
        found = [_fault(code, number) for number, one in enumerate(portions) for code in self._uncovered(banner, one)]
        if portions and not has_reason and all(self.is_above(banner, one) for one in portions):
            found.append(_fault("indian_banner_above"))
        return tuple(found)

    def _uncovered(self, banner: IndianMark, portion: IndianMark) -> Iterator[str]:
        if self.is_above(portion, banner):
            yield "indian_banner_level"
        if banner.foreign or portion.foreign:
            return
        sources = _sources(portion, banner.owners)
        if banner.fgi != () and sources is not None and (not sources or not sources <= set(banner.fgi or ())):
            yield "indian_banner_foreign"
        has_limit = self.is_classified(portion) or bool(portion.rel_to)
        if has_limit and not banner.audience - {self.home.nation} <= portion.audience:
            yield "indian_banner_release"

    def rolled_up(self, portions: Sequence[IndianMark], banner: IndianMark | None) -> IndianMark | None:  # noqa: ARG002  no Indian mark refers to its banner
        """The least banner; None where a portion is in another nation's grammar."""
        if not portions or any(one.foreign for one in portions):
            return None
        level = max((self._entry(one) for one in portions), key=lambda entry: entry.level).level.name
        owners = portions[0].owners if len({one.owners for one in portions}) == 1 else (self.home.nation,)
        sources = [found for one in portions if (found := _sources(one, owners)) is not None]
        fgi = None if not sources else () if not all(sources) else ordered(frozenset[str]().union(*sources))
        limits = [one.rel_to for one in portions if self.is_classified(one) or one.rel_to]
        shared = frozenset.intersection(*map(frozenset, limits)) if limits else frozenset[str]()
        is_release = shared >= set(owners) and (len(shared) > 1 or owners == (UNITED_STATES,))
        return IndianMark(level, owners, fgi, release_order(shared) if is_release else ())

    def written(self, mark: IndianMark) -> str | None:
        """The banner in English; of a mark in another nation's grammar its own text."""
        if mark.foreign:
            return mark.foreign
        marking = IndianMarking(self._entry(mark), mark.owners, mark.fgi, mark.rel_to)
        return render_indian(marking, "banner", self.policy, "en")

    def front(
        self, pages: Sequence[PageParts], overall: IndianMark | None, portions: Sequence[IndianMark]
    ) -> Iterator[Finding]:
        """The statements about other nations' information. An Indian authority block is not known."""
        marks = [one for one in (*portions, *([overall] if overall else [])) if not one.foreign]
        needed = [found for one in marks if (found := _sources(one, (self.home.nation,))) is not None]
        if not needed or not pages:
            return
        said = [text for text, _ in pages[0].statements]
        spot = pages[0].statements[0][1] if said else Spot(pages[0].page.number, "body", 1, pages[0].page.part)
        named = frozenset[str]().union(*map(statement_codes, said))
        owners = frozenset(overall.owners if overall else ())
        is_concealed = not all(needed)
        enough = named <= owners if is_concealed else frozenset[str]().union(*needed) <= named
        if not (enough and (says_concealed(said) or not is_concealed)):
            yield finding_of(_fault("indian_statement_missing"), spot, said[0] if said else "")

    def _entry(self, mark: IndianMark) -> LevelEntry:
        return self.policy.entry(mark.level)


def _sources(mark: IndianMark, owners: Sequence[str]) -> frozenset[str] | None:
    """Whose information it has beside those owners; empty: a concealed source's; None: nobody's."""
    if mark.fgi == ():
        return frozenset()
    found = (set(mark.owners) | set(mark.fgi or ())) - set(owners)
    return frozenset(found) if found else None


def _fault(code: str, portion: int | None = None) -> Fault:
    row = RULES[code]
    return Fault(row.rule, row.paragraph, row.code, row.message, row.fix, portion)
