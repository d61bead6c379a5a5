"""The checker's own rules, beside those of US markings: code -> rule, paragraph, English message and fix.

`data/rules.json` is the table. It has two groups: `checking`, the faults of a document; `unread`, what was not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final, cast

from relto.base.canonical import read_object
from relto.labels.indian import RULES as INDIAN_RULES
from relto.labels.us.faults import RULES as MARKING_RULES

_MAX_TABLE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class CheckRule:
    """One row."""

    code: str
    rule: str
    paragraph: str
    message: str
    fix: str


def _rows(group: str) -> dict[str, CheckRule]:
    data = resources.files("relto.labels.checking").joinpath("data", "rules.json").read_bytes()
    groups = cast("dict[str, list[dict[str, str]]]", read_object(data, field="rules", max_bytes=_MAX_TABLE_BYTES))
    return {row["code"]: CheckRule(**row) for row in groups[group]}


RULES: Final = _rows("checking")
UNREAD_RULES: Final = _rows("unread")


def rule_of(code: str) -> CheckRule:
    """The row of a code: the checker's own, else that of US markings or of Indian documents."""
    if code in RULES:
        return RULES[code]
    if code in INDIAN_RULES and code not in MARKING_RULES:
        own = INDIAN_RULES[code]
        return CheckRule(code, own.rule, own.paragraph, own.message, own.fix)
    row = MARKING_RULES[code]
    return CheckRule(code, row.rule, row.paragraph, row.message, row.fix)


def known_rule(code: str) -> CheckRule | None:
    """As `rule_of`; None for a code that is not known here, such as a later checker's."""
    return rule_of(code) if code in RULES or code in MARKING_RULES or code in INDIAN_RULES else None
