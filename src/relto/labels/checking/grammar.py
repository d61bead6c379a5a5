"""How the marks of a nation's documents are read and compared: what the check of a document asks of its nation's rules.

`AmericanGrammar` is that of the United States (`relto.labels.us`). India's is in `indian_grammar`: the rules of one
nation are never used for the documents of the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from relto.labels.checking.home import AMERICAN
from relto.labels.checking.pages import PageParts
from relto.labels.checking.report import Finding
from relto.labels.checking.statements import authority_block, foreign_statements
from relto.labels.us.document_checks import check_document_marks
from relto.labels.us.faults import Fault, MarkingFaults
from relto.labels.us.profiles import Profile
from relto.labels.us.reading import parse_banner, parse_portion
from relto.labels.us.rolling_up import roll_up
from relto.labels.us.shared_release import with_banner_list
from relto.labels.us.values import Marking
from relto.labels.us.writing import render_banner

Mark = TypeVar("Mark", bound=Hashable)


class Grammar(Protocol[Mark]):
    """The marks of one nation's documents."""

    def banner(self, text: str) -> Mark:
        """The banner. Raises MarkingFaults."""

    def portion(self, text: str) -> Mark:
        """The portion mark, with its parentheses. Raises MarkingFaults."""

    def is_classified(self, mark: Mark) -> bool:
        """True for every level that needs marked portions."""

    def is_above(self, one: Mark, other: Mark) -> bool:
        """True when the first has the higher level."""

    def is_compared(self, mark: Mark) -> bool:
        """False for a mark of which only the level is known here: the report then says so, and is never clean."""

    def faults(self, banner: Mark, portions: Sequence[Mark], *, has_reason: bool) -> tuple[Fault, ...]:
        """Every place where the banner does not cover the portions."""

    def rolled_up(self, portions: Sequence[Mark], banner: Mark | None) -> Mark | None:
        """The least banner; None where a person has to decide it."""

    def written(self, mark: Mark) -> str | None:
        """The banner as text; None for a mark of former times, which is read and never written."""

    def front(self, pages: Sequence[PageParts], overall: Mark | None, portions: Sequence[Mark]) -> Iterator[Finding]:
        """Faults of what stands on the front page: authority block and statements."""


@dataclass(frozen=True, slots=True)
class AmericanGrammar:
    """Marks of the United States, in a profile of their rules."""

    profile: Profile

    def banner(self, text: str) -> Marking:
        """The banner. Raises MarkingFaults."""
        return parse_banner(AMERICAN.banner(text), self.profile)

    def portion(self, text: str) -> Marking:
        """The portion mark. Raises MarkingFaults."""
        return parse_portion(AMERICAN.portion(text), self.profile)

    def is_classified(self, mark: Marking) -> bool:
        """True above UNCLASSIFIED."""
        return mark.is_classified

    def is_above(self, one: Marking, other: Marking) -> bool:
        """True when the first has the higher level."""
        return one.level > other.level

    def is_compared(self, mark: Marking) -> bool:  # noqa: ARG002  every mark that is read is compared
        """Always."""
        return True

    def faults(self, banner: Marking, portions: Sequence[Marking], *, has_reason: bool) -> tuple[Fault, ...]:
        """Those of `check_document_marks`."""
        return check_document_marks(banner, portions, has_compilation_reason=has_reason)

    def rolled_up(self, portions: Sequence[Marking], banner: Marking | None) -> Marking | None:
        """The least banner; None where a person has to decide it."""
        try:
            return roll_up([with_banner_list(mark, banner) for mark in portions], self.profile)
        except MarkingFaults:
            return None

    def written(self, mark: Marking) -> str | None:
        """The banner with abbreviations; None for a legacy mark."""
        try:
            return render_banner(mark, "short", self.profile)
        except MarkingFaults:  # a mark of former times, which is read and never written
            return None

    def front(
        self, pages: Sequence[PageParts], overall: Marking | None, portions: Sequence[Marking]
    ) -> Iterator[Finding]:
        """The authority block, and the statements about foreign information."""
        yield from authority_block(pages, overall)
        yield from foreign_statements(pages, overall, portions)
