"""The rule file of bulk sealing: which label the documents of an archive get, by the pattern of their relative path.

The first rule whose pattern fits decides, in the order of the file. A document that no rule fits has no label and
fails; none is guessed. In a pattern `*` and `?` stand for characters of one name, `**` for any number of folders.

    {"type": "relto-bulk-labels", "version": 1,
     "originator": "urn:example:desk", "review_by": "2036-01-01T00:00:00Z",
     "rules": [{"pattern": "hull/**/*.pdf", "programme": "MONSOON-LARK", "export_controlled": true,
                "label": {"level": "SECRET", "audience": ["USA", "IND"], "caveats": []}}]}
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput, UnknownValue
from relto.base.ids import read_code
from relto.base.instants import Instant, read_instant
from relto.labels.originator_uri import check_uri

TYPE: Final = "relto-bulk-labels"
EVERYONE: Final = "everyone"
_VERSION: Final = 1
_MOST_RULES: Final = 10_000
_LONGEST_PATTERN: Final = 512
_MOST_WORDS: Final = 64
_LARGEST: Final = 8 * 1024 * 1024
_PARTS: Final = re.compile(r"(\*\*/|\*\*|\*|\?)")
_MEANING: Final = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is stated of the documents whose path fits `pattern`; `audience` is ("everyone",) for everyone."""

    pattern: str
    level: str
    audience: tuple[str, ...]
    caveats: tuple[str, ...]
    programme: str
    export_controlled: bool

    @property
    def stated_audience(self) -> str | tuple[str, ...]:
        """The audience as labels are stated: everyone, or these nations."""
        return EVERYONE if self.audience == (EVERYONE,) else self.audience


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules, and who labels; `review_by`: when the labels are to be looked at again."""

    originator: str
    review_by: Instant
    rules: tuple[Rule, ...] = field(repr=False)

    def rule_for(self, path: bytes) -> Rule:
        """The first rule that fits. Raises UnknownValue("bulk_label") for a document without one."""
        text = os.fsdecode(path)
        for rule in self.rules:
            if _fits(rule.pattern)(text):
                return rule
        raise UnknownValue("bulk_label", field="label", expected="a rule whose pattern fits the document's path")


def read_rule_file(data: bytes) -> RuleFile:
    """The rule file. Raises MalformedInput, TooLarge or UnknownValue naming the member."""
    content = read_object(data, field="rules", max_bytes=_LARGEST)
    _members(content, ("type", "version", "originator", "review_by", "rules"), "rules")
    if (content["type"], content["version"]) != (TYPE, _VERSION):
        raise _malformed("rules.type", f"{TYPE}, version {_VERSION}")
    rows = content["rules"]
    if not isinstance(rows, list) or not 0 < len(rows) <= _MOST_RULES:
        raise _malformed("rules.rules", f"1 to {_MOST_RULES} rules")
    return RuleFile(
        originator=check_uri(_text(content["originator"], "rules.originator"), "rules.originator"),
        review_by=read_instant(content["review_by"], field="rules.review_by"),
        rules=tuple(_rule(row, f"rules.rules.{number}") for number, row in enumerate(rows)),
    )


def _rule(row: object, place: str) -> Rule:
    members = _members(row, ("pattern", "label", "programme", "export_controlled"), place)
    label = _members(members["label"], ("level", "audience", "caveats"), f"{place}.label")
    pattern = _text(members["pattern"], f"{place}.pattern")
    if PurePosixPath(pattern).is_absolute() or len(pattern) > _LONGEST_PATTERN:
        raise _malformed(f"{place}.pattern", f"a relative path of at most {_LONGEST_PATTERN} characters")
    if not isinstance(members["export_controlled"], bool):
        raise _malformed(f"{place}.export_controlled", "true or false")
    audience = label["audience"]
    return Rule(
        pattern=pattern,
        level=_text(label["level"], f"{place}.label.level"),
        audience=(EVERYONE,) if audience == EVERYONE else _texts(audience, f"{place}.label.audience", least=1),
        caveats=_texts(label["caveats"], f"{place}.label.caveats"),
        programme=read_code(_text(members["programme"], f"{place}.programme"), field=f"{place}.programme"),
        export_controlled=members["export_controlled"],
    )


@lru_cache(maxsize=1024)
def _fits(pattern: str) -> Any:
    pieces = (_MEANING.get(part, re.escape(part)) for part in _PARTS.split(pattern))
    return re.compile("".join(pieces), re.DOTALL).fullmatch


def _members(value: object, names: tuple[str, ...], place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or value.keys() != {*names}:
        raise _malformed(place, "exactly the members " + ", ".join(names))
    return value


def _texts(value: object, place: str, *, least: int = 0) -> tuple[str, ...]:
    if not isinstance(value, list) or not least <= len(value) <= _MOST_WORDS:
        raise _malformed(place, f"a list of {least} to {_MOST_WORDS} texts")
    return tuple(_text(one, place) for one in value)


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise _malformed(place, "a text")
    return value


def _malformed(place: str, expected: str) -> MalformedInput:
    return MalformedInput("bulk_rules", field=place, expected=expected)
