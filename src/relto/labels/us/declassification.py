"""The declassification instruction of an authority block (32 CFR 2001.21, 2001.22, 2001.26; ISM rendering).

Written `exemption, date or event`. Dates are YYYYMMDD in DoD markings, `January 5, 2035` in ISM renderings; both are
read. Material with RD, FRD, TFNI or NATO parts has none of its own: `Not Applicable to RD/FRD portions. See source list
for NSI portions.` Marks of former orders (OADR, MR, X1 to X8, …) are read, kept as written, and never written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from relto.base.errors import MalformedInput
from relto.labels.us.profiles import DOD, Profile

MAX_LINE: Final = 512
NOT_APPLICABLE: Final = {"AEA": "RD/FRD/TFNI", "NATO": "NATO", "NATO-AEA": "RD/FRD/TFNI and NATO"}
_DOD_NOT_APPLICABLE: Final = {"AEA": "RD/FRD", "NATO": "NATO", "NATO-AEA": "RD/FRD and NATO"}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NOT_APPLICABLE_TEXT = re.compile(
    r"\A(?:Not Applicable|N/A)(?: \(or N/A\))? to ((?:RD|FRD|TFNI)(?:/FRD)?(?:/TFNI)?(?: and NATO)?|NATO) portions\.?"
    r"(?: See source list for NSI portions\.?)?\Z",
    re.IGNORECASE,
)
# What stands on that line in place of an event and is none: nothing may stay classified without an end.
_NO_EVENT = re.compile(
    r"\A(?:(?:not applicable|n/a|none|never|unknown|indefinite(?:ly)?|tbd|aea|nato|nato-aea|manual review|x[0-9]+)\.?\Z"
    r"|(?:not applicable|n/a) to |see source list)",
    re.IGNORECASE,
)
# A month's name, in full, short or misspelt, with a day and a year: a date, and never the name of an event.
_LIKE_DATE = re.compile(r"\A[A-Za-z]{3,9}\.? [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4}\b")
_EXEMPTION = re.compile(r"\A(25X[1-9]|50X1-HUM|50X2-WMD|50X[1-9]|75X[1-9]?)(?:, |\Z)")
_LEGACY = re.compile(
    r"\A(?:OADR|MR|X[1-8](?:, X[1-8])*|25X1-human|DCI Only|DNI Only|Source Marked .*|Originating Agency.*)\Z",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\A([0-9]{4})([0-9]{2})([0-9]{2})(?: or (.+))?\Z")
_WORDED = re.compile(rf"\A({'|'.join(_MONTHS)}) ([0-9]{{1,2}}), ([0-9]{{4}})(?: or (.+))?\Z", re.IGNORECASE)
_EVENT_FIRST = re.compile(
    rf"\A(.+?) or ((?:[0-9]{{8}})|(?:{'|'.join(_MONTHS)}) [0-9]{{1,2}}, [0-9]{{4}})\Z", re.IGNORECASE
)
_EVENT = re.compile(r"\A[A-Za-z][^\n]*\Z")


@dataclass(frozen=True, slots=True)
class Declassification:
    """When the classification ends. At least one part is there; `legacy` and `not_applicable` stand alone."""

    exemptions: tuple[str, ...] = ()
    on: date | None = None
    event: str | None = None
    not_applicable: str | None = None
    legacy: str | None = None

    def __post_init__(self) -> None:
        """Raises MalformedInput unless writing and reading it gives the same again."""
        for profile_text in (_text(self, words=False, ism=False), _text(self, words=True, ism=True)):
            try:
                same = _parts(profile_text) == (
                    self.exemptions, self.on, self.event, self.not_applicable, self.legacy,
                )  # fmt: skip
            except DeclassificationUnreadable:
                same = False
            if not same:
                raise MalformedInput("marking.declassify", field="declassify_on", expected="one reading")


class DeclassificationUnreadable(Exception):
    """The instruction has no reading; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


_Parts = tuple[tuple[str, ...], date | None, str | None, str | None, str | None]


def read_declassification(text: str) -> Declassification:
    """The instruction as a value. Raises DeclassificationUnreadable, or MalformedInput when it has two readings."""
    exemptions, on, event, not_applicable, legacy = _parts(text)
    return Declassification(exemptions, on, event, not_applicable, legacy)


def declassification_text(value: Declassification, profile: Profile = DOD) -> str:
    """The instruction as the profile writes it."""
    is_ism = profile.spelling == "ism"
    return _text(value, words=is_ism, ism=is_ism)


def _parts(text: str) -> _Parts:
    if not text or len(text) > MAX_LINE or not text.isprintable() or text != text.strip():
        raise DeclassificationUnreadable("authority_text")
    if (absent := _NOT_APPLICABLE_TEXT.match(text)) is not None:
        named = absent[1].upper()
        kind = "NATO" if named == "NATO" else "NATO-AEA" if named.endswith("NATO") else "AEA"
        return (), None, None, kind, None
    if _LEGACY.match(text):
        return (), None, None, None, text
    exemptions = []
    rest = text
    while (found := _EXEMPTION.match(rest)) is not None:
        exemptions.append(found[1])
        rest = rest[found.end() :]
    if text.endswith(", ") or (rest == "" and not exemptions):
        raise DeclassificationUnreadable("authority_text")
    if not rest:
        return tuple(exemptions), None, None, None, None
    if rest[0].isalpha() and not _LIKE_DATE.match(rest) and (turned := _EVENT_FIRST.match(rest)) is not None:
        rest = f"{turned[2]} or {turned[1]}"
    if (digits := _DIGITS.match(rest)) is not None:
        return tuple(exemptions), _date(digits[1], digits[2], digits[3]), _event(digits[4]), None, None
    if (worded := _WORDED.match(rest)) is not None:
        on = _date(worded[3], str(_MONTHS.index(worded[1].capitalize()) + 1), worded[2])
        return tuple(exemptions), on, _event(worded[4]), None, None
    return tuple(exemptions), None, _event(rest), None, None


def _event(text: str | None) -> str | None:
    if text is None:
        return None
    if not _EVENT.match(text) or _LIKE_DATE.match(text):
        raise DeclassificationUnreadable("authority_date")
    if _NO_EVENT.match(text):
        raise DeclassificationUnreadable("authority_event")
    return text


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise DeclassificationUnreadable("authority_date") from None


def _text(value: Declassification, *, words: bool, ism: bool) -> str:
    if value.not_applicable is not None:
        named = (NOT_APPLICABLE if ism else _DOD_NOT_APPLICABLE).get(value.not_applicable, "")
        return f"Not Applicable to {named} portions. See source list for NSI portions."
    if value.legacy is not None:
        return value.legacy
    ends = []
    if value.on is not None:
        worded = f"{_MONTHS[value.on.month - 1]} {value.on.day}, {value.on.year:04d}"
        ends.append(worded if words else f"{value.on.year:04d}{value.on.month:02d}{value.on.day:02d}")
    if value.event is not None:
        ends.append(value.event)
    return ", ".join([*value.exemptions, *([" or ".join(ends)] if ends else [])])
