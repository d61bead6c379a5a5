"""The rule book of an accepted bundle: provisions of both nations, rules with their Cedar text, limits, equivalents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import BundleNumber
from relto.api.surroundings import caller, house, language_of
from relto.labels.mapping import EquivalenceRow
from relto.rules.book import Book, BookRule
from relto.rules.facts import LevelCode
from relto.rules.limits import LevelWrapping, Limit
from relto.services import rule_book

router = Router(tags=["agreement"])


class BookCondition(Answer):
    """A condition under which a rule concerns a case, as Cedar text."""

    condition: str
    when: str


class BookRuleAnswer(Answer):
    """A rule: what it says, when it applies, what must hold, its Cedar policy as the machine runs it, who can fix it.

    `evidence`, `unconfirmed`: for each party, how well it is founded there.
    """

    gate: str
    rule: str
    actions: list[str]
    text: str = Field(description="The rule's wording in the caller's language.")
    text_reviewed: bool = Field(description="True when a native reader checked the wording.")
    applies: list[BookCondition]
    holds: str
    policy: str
    remedy: str
    who: str
    provisions: list[str]
    evidence: dict[str, str]
    unconfirmed: dict[str, bool]


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
    cited_by: list[str]


class BookLimit(Answer):
    """A limit with its unit and source. `values`: an amount, codes, levels with their nation, levels and a wrapping."""

    code: str
    values: list[str]
    unit: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


class BookEquivalent(Answer):
    """A row in force now, in one direction. `to_level` null: no equivalent; `handling` says how it is protected."""

    nation: str
    level: str
    to_nation: str
    to_level: str | None
    handling: str
    source: str
    citation: str | None
    evidence: str
    confirmed: bool


class RuleBook(Answer):
    """All of a bundle that people read, from the files that the machine runs."""

    agreement: str
    version: int
    parties: list[str]
    rules: list[BookRuleAnswer]
    provisions: list[BookProvision]
    limits: list[BookLimit]
    equivalents: list[BookEquivalent]


@router.get("/rules", response=RuleBook)
def read_rules(request: HttpRequest, version: Query[BundleNumber | None] = None) -> dict[str, Any]:
    """The rules in force, or those of an accepted version."""
    book = rule_book.rule_book(house(), caller(request), version)
    language = language_of(request)
    return {
        "agreement": book.agreement,
        "version": book.version,
        "parties": plain(book.parties),
        "rules": [_rule(one, language) for one in book.rules],
        "provisions": [_provision(book, identity) for identity in book.provisions],
        "limits": [
            {"code": code, **plain(limit), "values": list(_values(book, limit))} for code, limit in book.limits.items()
        ],
        "equivalents": _equivalents(book),
    }


def _rule(one: BookRule, language: str) -> dict[str, Any]:
    saying = one.says.get(language) or one.says["en"]
    return {
        **plain(one),
        "text": saying.text,
        "text_reviewed": saying.reviewed,
        "applies": [{"condition": code, "when": when} for code, when in one.applies],
        "provisions": [provision.id for provision in one.provisions],
    }


def _provision(book: Book, identity: str) -> dict[str, Any]:
    one = book.provisions[identity]
    said = {name: value for name in ("edition", "note") if isinstance(value := one.record.get(name), str)}
    held = {name: getattr(one, name) for name in BookProvision.model_fields if hasattr(one, name)}
    known = {"confirmed": identity in book.confirmed, "cited_by": list(book.cited_by.get(identity, ()))}
    return {"edition": "", "note": "", **held, **said, **known}


def _values(book: Book, limit: Limit) -> Iterator[str]:
    if isinstance(limit.value, int):
        yield str(limit.value)
        return
    for one in limit.value:
        if isinstance(one, LevelWrapping):
            yield f"{_level(book, one.level)} {one.wrapping}"
        else:
            yield _level(book, one) if isinstance(one, LevelCode) else one


def _level(book: Book, code: LevelCode) -> str:
    return f"{book.nations.get(code.policy, code.policy)} {code.name}"


def _equivalents(book: Book) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for matrix in book.matrices:
        ends: tuple[tuple[str, str, Mapping[Any, EquivalenceRow]], ...] = (
            (matrix.down, matrix.across, {**matrix.there, **matrix.no_across}),
            (matrix.across, matrix.down, {**matrix.back, **matrix.no_down}),
        )
        rows += [_row(nation, other, row) for nation, other, found in ends for row in found.values()]
    return rows


def _row(nation: str, other: str, row: EquivalenceRow) -> dict[str, Any]:
    return {
        "nation": nation,
        "level": row.from_level.name,
        "to_nation": other,
        "to_level": None if row.to_level is None else row.to_level.name,
        "handling": row.handling,
        "source": row.source,
        "citation": row.citation,
        "evidence": row.evidence,
        "confirmed": row.confirmed,
    }
