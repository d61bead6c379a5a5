"""What the checker found: every fault with page, place, text, rule and fix, and all that it could not read.

A report is `clean` only when there is no fault and everything was read. The text of a fault is shortened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from relto.base.canonical import Json
from relto.labels.checking.pages import Spot
from relto.labels.checking.rules import UNREAD_RULES, rule_of
from relto.labels.us.faults import Fault

MAX_SHOWN: Final = 80
Outcome = Literal["clean", "faults", "not_fully_read"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `because`: codes of the faults inside a mark that does not parse."""

    code: str
    rule: str
    paragraph: str
    message: str
    fix: str
    page: int
    where: str
    number: int
    part: str
    text: str
    because: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Json]:
        """The fault as doors show it."""
        return {
            "code": self.code,
            "rule": self.rule,
            "paragraph": self.paragraph,
            "message": self.message,
            "fix": self.fix,
            "page": self.page,
            "place": self.where,
            "number": self.number,
            "part": self.part,
            "text": self.text,
            "because": [*self.because],
        }


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What one page says: its two banners as they stand, its portion marks, and the least banner they come to."""

    page: int
    part: str
    name: str
    top: str | None
    bottom: str | None
    portions: tuple[str | None, ...]
    high_water: str | None


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something on a page (0: in the document as a whole) that was not read."""

    page: int
    part: str
    kind: str
    count: int

    def as_dict(self) -> dict[str, Json]:
        """As doors show it."""
        row = UNREAD_RULES[self.kind]
        return {
            "page": self.page,
            "part": self.part,
            "kind": self.kind,
            "count": self.count,
            "message": row.message,
            "fix": row.fix,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer. `banner`: what most pages say; `high_water`: the least banner that covers every portion."""

    form: str
    pages: tuple[PageMarks, ...]
    banner: str | None
    high_water: str | None
    declared: str | None
    findings: tuple[Finding, ...]
    not_read: tuple[NotRead, ...]

    @property
    def outcome(self) -> Outcome:
        """Faults go before what was not read; clean is neither."""
        if self.findings:
            return "faults"
        return "not_fully_read" if self.not_read else "clean"

    def as_dict(self) -> dict[str, Json]:
        """The report as doors show it."""
        return {
            "outcome": self.outcome,
            "form": self.form,
            "banner": self.banner,
            "high_water": self.high_water,
            "declared": self.declared,
            "faults": [finding.as_dict() for finding in self.findings],
            "not_read": [one.as_dict() for one in self.not_read],
            "pages": [
                {
                    "page": page.page,
                    "part": page.part,
                    "name": page.name,
                    "top": page.top,
                    "bottom": page.bottom,
                    "portions": [*page.portions],
                    "high_water": page.high_water,
                }
                for page in self.pages
            ],
        }


def finding(code: str, spot: Spot, text: str = "") -> Finding:
    """A fault by its code."""
    row = rule_of(code)
    return _finding(code, (row.rule, row.paragraph, row.message, row.fix), spot, text)


def finding_of(fault: Fault, spot: Spot, text: str = "") -> Finding:
    """A fault that the rules of US markings found."""
    return _finding(fault.code, (fault.rule, fault.paragraph, fault.message, fault.fix), spot, text)


def unreadable(code: str, faults: tuple[Fault, ...], spot: Spot, text: str) -> Finding:
    """A mark that does not parse: one finding, whose rule and fix are those of the first fault inside."""
    row = rule_of(code)
    if not faults:
        return finding(code, spot, text)
    first = faults[0]
    said = (first.rule, first.paragraph, f"{row.message} {first.message}", first.fix)
    return _finding(code, said, spot, text, tuple(fault.code for fault in faults))


def _finding(
    code: str, said: tuple[str, str, str, str], spot: Spot, text: str, because: tuple[str, ...] = ()
) -> Finding:
    rule, paragraph, message, fix = said
    return Finding(
        code=code,
        rule=rule,
        paragraph=paragraph,
        message=message,
        fix=fix,
        page=spot.page,
        where=spot.where,
        number=spot.number,
        part=spot.part,
        text=shortened(text),
        because=because,
    )


def shortened(text: str) -> str:
    """At most MAX_SHOWN signs of it, in one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"
