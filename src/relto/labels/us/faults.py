"""Faults of markings: what is wrong, by which rule and paragraph, and how to put it right.

`data/rules.json` is the one table of all rules: code -> rule, paragraph, English message and fix. The sentences stand
here, not in the catalogues of the portal, because the command line and the API print them as they are; their words in
another language stand in `relto.labels.rule_words`. No sentence repeats what was found, so no name of a
programme and no concealed source can leak through a fault.

Members of a row: `code`; `rule` (`DoDM-5200.01-V2-E4-A2-2.d`, `ISM-00033`, `32-CFR-2001.24`); `paragraph` as the
source writes it, or "-" where it names none; `also`: other sources that say the same; `reading`: "all", "strict" (only
where the stricter reading is asked for) or "not-lenient"; `covered_by`: codes whose fault has the same cause, so that
one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, cast

from relto.base.canonical import read_object
from relto.labels.us.profiles import Profile

_MAX_TABLE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    code: str
    group: str
    rule: str
    paragraph: str
    message: str
    fix: str
    reading: str
    also: tuple[str, ...]
    covered_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `portion` counts from 0 where the fault concerns one portion of a document."""

    rule: str
    paragraph: str
    code: str
    message: str
    fix: str
    portion: int | None = None

    def as_dict(self) -> dict[str, str]:
        """The fault as doors show it."""
        return {"rule": self.rule, "paragraph": self.paragraph, "message": self.message, "fix": self.fix}


class MarkingFaults(Exception):
    """Text that is no right marking; `faults` says all that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(fault.code for fault in self.faults))


def _rows() -> Mapping[str, Rule]:
    data = resources.files("relto.labels.us").joinpath("data", "rules.json").read_bytes()
    groups = cast("dict[str, list[dict[str, object]]]", read_object(data, field="rules", max_bytes=_MAX_TABLE_BYTES))
    found = {}
    for group, rows in groups.items():
        for row in rows:
            code = cast("str", row["code"])
            found[code] = Rule(
                code=code,
                group=group,
                rule=cast("str", row["rule"]),
                paragraph=cast("str", row["paragraph"]),
                message=cast("str", row["message"]),
                fix=cast("str", row["fix"]),
                reading=cast("str", row.get("reading", "all")),
                also=tuple(cast("list[str]", row.get("also", []))),
                covered_by=frozenset(cast("list[str]", row.get("covered_by", []))),
            )
    return found


RULES: Final = _rows()


def fault(code: str, portion: int | None = None) -> Fault:
    """The fault of that code."""
    row = RULES[code]
    return Fault(row.rule, row.paragraph, code, row.message, row.fix, portion)


def reported(codes: Iterable[str], profile: Profile) -> tuple[Fault, ...]:
    """The faults to report under the profile's reading, each once, without those whose cause is reported already."""
    held = [code for code in dict.fromkeys(codes) if _holds(RULES[code], profile)]
    present = frozenset(held)
    return tuple(fault(code) for code in held if not RULES[code].covered_by & present)


def _holds(row: Rule, profile: Profile) -> bool:
    if row.reading == "strict":
        return profile.strict
    return row.reading != "not-lenient" or not profile.lenient
