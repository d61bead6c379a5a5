"""The classification authority block of US documents (32 CFR 2001.21 and 2001.22; ISM-00013 to 00017, 00133, 00221).

Original: Classified By, Reason, Declassify On. Derivative: Classified By, Derived From, Declassify On; the reason is
not carried over. One line each; a name or a source may go on in the next line. Reading any of the profiles' spellings
gives the same value; writing it in a profile and reading it gives it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relto.base.errors import MalformedInput
from relto.labels.us.declassification import (
    MAX_LINE,
    Declassification,
    DeclassificationUnreadable,
    declassification_text,
    read_declassification,
)
from relto.labels.us.faults import Fault, MarkingFaults, fault, reported
from relto.labels.us.profiles import DOD, Profile
from relto.labels.us.values import MarkingParts

MAX_TEXT: Final = 8192
MULTIPLE_SOURCES: Final = "Multiple Sources"
_KEYS: Final = {
    "classified by": "classified_by",
    "derived from": "derived_from",
    "reason": "reason",
    "declassify on": "declassify_on",
}
_LINE = re.compile(r"\A(Classified by|Derived from|Reason|Declassify on)\s*:\s*(.*)\Z", re.IGNORECASE)
# A line that is meant to be one of the block's own, or that says something else about the classification.
_LIKE_KEY = re.compile(r"\A(?:class|decla|downgrad|deriv|reason)[a-z]*(?: [a-z]+)?\s*:", re.IGNORECASE)
_MORE_OF_THE_END = re.compile(r"\A(?:See source list|or )", re.IGNORECASE)
_CONTINUED: Final = {"classified_by": ", ", "derived_from": " ", "declassify_on": " "}
_REASON = re.compile(
    r"\A(?:(?:E\.O\.|EO|Executive Order) 13526,? )?(?:(?:Section|Sec\.) )?1\.4 ?\([a-h]\)"
    r"(?:(?:, and|,|;| and| &|/)? ?(?:1\.4 ?)?\([a-h]\))*\Z",
    re.IGNORECASE,
)
_CATEGORY = re.compile(r"\(([a-h])\)", re.IGNORECASE)
_NO_DATE: Final = frozenset({"50X1-HUM", "50X2-WMD"})


@dataclass(frozen=True, slots=True)
class AuthorityBlock:
    """Who classified, why or from what, and until when. Exactly one of `reason` and `derived_from` is there.

    `reason`: letters of the categories of E.O. 13526 section 1.4, in order.
    """

    classified_by: str
    declassify_on: Declassification
    derived_from: str | None = None
    reason: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for text that cannot be a line, or for neither or both of reason and source."""
        object.__setattr__(self, "reason", tuple(sorted(set(self.reason))))
        lines = [self.classified_by, *([] if self.derived_from is None else [self.derived_from])]
        letters = all(re.match(r"\A[a-h]\Z", letter) for letter in self.reason)
        if not all(map(_is_line, lines)) or not letters or (self.derived_from is None) == (not self.reason):
            raise MalformedInput("marking.authority", field="authority", expected="an authority block")

    @property
    def is_derivative(self) -> bool:
        """True when the classification comes from a source."""
        return self.derived_from is not None


def parse_authority(text: str) -> AuthorityBlock:
    """The block as a value. Raises MarkingFaults with every fault of the text."""
    if len(text) > MAX_TEXT:
        raise MarkingFaults([fault("authority_too_long")])
    lines, codes = _lines(text)
    for member, code in (("classified_by", "authority_classifier"), ("declassify_on", "authority_declassify")):
        if member not in lines:
            codes.append(code)
    if "reason" not in lines and "derived_from" not in lines:
        codes.append("authority_reason")
    if "reason" in lines and "derived_from" in lines:
        codes.append("authority_reason_derived")
    if any(not _is_line(line) for line in lines.values()):
        codes.append("authority_text")
    if "reason" in lines and not _REASON.match(lines["reason"]):
        codes.append("authority_reason_form")
    end = _declassification(lines.get("declassify_on"), codes)
    if codes or end is None:
        raise MarkingFaults(reported(codes, DOD))
    reason = tuple(letter.lower() for letter in _CATEGORY.findall(lines.get("reason", "")))
    block = AuthorityBlock(lines["classified_by"], end, lines.get("derived_from"), reason)
    faults = validate_authority(block)
    if faults:
        raise MarkingFaults(faults)
    return block


def validate_authority(block: AuthorityBlock) -> tuple[Fault, ...]:
    """The rules on one block that its form does not already hold."""
    end = block.declassify_on
    dated = end.on is not None or end.event is not None
    codes = []
    if dated and _NO_DATE & set(end.exemptions):
        codes.append("authority_no_date")
    if not dated and any(exemption.startswith("25X") for exemption in end.exemptions):
        codes.append("authority_25x_date")
    return reported(codes, DOD)


def render_authority(block: AuthorityBlock, profile: Profile = DOD) -> str:
    """The block, one line each. Raises MarkingFaults for a declassification mark of a former order."""
    if block.declassify_on.legacy is not None:
        raise MarkingFaults([fault("authority_legacy")])
    by, source, on = ("by", "from", "on") if profile.spelling == "ism" else ("By", "From", "On")
    lines = [f"Classified {by}: {block.classified_by}"]
    if block.derived_from is not None:
        lines.append(f"Derived {source}: {block.derived_from}")
    if block.reason:
        lines.append("Reason: " + ", ".join(f"1.4({letter})" for letter in block.reason))
    lines.append(f"Declassify {on}: {declassification_text(block.declassify_on, profile)}")
    return "\n".join(lines)


def check_authority(
    banner: MarkingParts, block: AuthorityBlock | None, *, has_source_list: bool = True
) -> tuple[Fault, ...]:
    """The block beside the banner of its document: 00016, 00176, 32 CFR 2001.21(a) and 2001.22(c)."""
    codes = []
    if block is None:
        codes += ["authority_missing"] if banner.is_classified and banner.has_us_owner else []
        return reported(codes, DOD)
    end = block.declassify_on
    if not banner.is_classified:
        codes.append("authority_unclassified")
    if any(mark.kind in {"RD", "FRD"} for mark in banner.nuclear) and (end.on is not None or end.event is not None):
        codes.append("authority_nuclear_date")
    if (block.derived_from or "").casefold() == MULTIPLE_SOURCES.casefold() and not has_source_list:
        codes.append("authority_source_list")
    return reported(codes, DOD)


def _lines(text: str) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    codes: list[str] = []
    current = ""
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            continue
        keyed = _LINE.match(line)
        if keyed is not None:
            current = _KEYS[" ".join(keyed[1].lower().split())]
            if current in found:
                codes.append("authority_line_twice")
            found[current] = keyed[2]
        elif current in _CONTINUED and found[current] and _goes_on(current, line):
            found[current] += _CONTINUED[current] + line
        else:
            codes.append("authority_unreadable")
    return found, codes


def _goes_on(member: str, line: str) -> bool:
    """True when the line belongs to the one before it; nothing that has a meaning of its own is taken into a name."""
    return not _LIKE_KEY.match(line) and (member != "declassify_on" or bool(_MORE_OF_THE_END.match(line)))


def _declassification(text: str | None, codes: list[str]) -> Declassification | None:
    if text is None:
        return None
    try:
        return read_declassification(text)
    except DeclassificationUnreadable as unreadable:
        codes.append(unreadable.code)
    except MalformedInput:
        codes.append("authority_text")
    return None


def _is_line(text: str) -> bool:
    return 0 < len(text) <= MAX_LINE and text.isprintable() and text == text.strip()
