"""The rule book of a bundle: provisions of both nations, rules with their Cedar text, limits, equivalents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class BookCondition(Answer):
    """A condition under which a rule concerns a case, as Cedar text."""

    condition: str
    when: str


@dataclass(frozen=True, kw_only=True)
class BookRuleAnswer(Answer):
    """A rule: what it says, when it applies, what must hold, its Cedar policy as the machine runs it, who can fix it.

    `evidence`, `unconfirmed`: for each party, how well it is founded there.
    """

    gate: str
    rule: str
    actions: tuple[str, ...]
    text: str
    text_reviewed: bool
    applies: tuple[BookCondition, ...]
    holds: str
    policy: str
    remedy: str
    who: str
    provisions: tuple[str, ...]
    evidence: Mapping[str, str]
    unconfirmed: Mapping[str, bool]


@dataclass(frozen=True, kw_only=True)
class BookProvision(Answer):
    """A provision. `confirmed`: in the bundle itself or by the authorities' statements; `cited_by`: rules on it."""

    id: str
    nation: str
    topic: str
    title: str
    requirement: str | None
    citation: str | None
    source: str | None
    edition: str
    note: str
    evidence: str
    basis: str
    confirmed: bool
    is_gap: bool
    cited_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BookLimit(Answer):
    """A limit with its unit and source. `values`: an amount, codes, levels with their nation, levels and a wrapping."""

    code: str
    values: tuple[str, ...]
    unit: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class BookEquivalent(Answer):
    """A row in one direction. `to_level` None: no equivalent; `handling` says how it is protected."""

    nation: str
    level: str
    to_nation: str
    to_level: str | None
    handling: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class RuleBook(Answer):
    """All of a bundle that people read, from the files that the machine runs."""

    agreement: str
    version: int
    parties: tuple[str, ...]
    rules: tuple[BookRuleAnswer, ...]
    provisions: tuple[BookProvision, ...]
    limits: tuple[BookLimit, ...]
    equivalents: tuple[BookEquivalent, ...]
