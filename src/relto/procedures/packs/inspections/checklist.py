"""Checklists made from each nation's rule book (domain.md 1.3; capability 24): pure functions over the provisions.

Rules enforced here:
 1. The fifteen conditions for contractors stand in every list that asks for them, for any nation.
 2. A row shows the own nation's provisions and those of both: the text where it was read, else the heading only.
    Where nothing but a gap is loaded the row says "no rule": the partner's text is shown beside it and never instead.
 3. Which subjects a check covers is data (`data/checklists.json`); a provision that joins the book joins the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from relto.base.canonical import read_object
from relto.base.errors import MalformedInput
from relto.base.nations import Nation
from relto.procedures.known import Known
from relto.rules.provisions import BILATERAL, Provision

SMALL_COMPANY: Final = "small_company"
READINESS: Final = "readiness"
BY_PROVISION: Final = "by_provision"
MOST_ROWS: Final = 150
_READ: Final = "read"


@dataclass(frozen=True, slots=True)
class SubjectCheck:
    """One check: its code, whether it is one of the fifteen, its own provisions, and the topics it gathers."""

    code: str
    readiness: bool
    provisions: tuple[str, ...]
    topics: frozenset[str]


@lru_cache(maxsize=1)
def subject_checks() -> tuple[SubjectCheck, ...]:
    """Every check in the order of the list."""
    text = resources.files("relto.procedures").joinpath("data", "checklists.json").read_bytes()
    entries: list[dict[str, Any]] = read_object(text, field="checklists.json")["checks"]  # type: ignore[assignment]
    return tuple(
        SubjectCheck(one["check"], one["readiness"], tuple(one["provisions"]), frozenset(one["topics"]))
        for one in entries
    )


def checks_of(profile: str, subjects: Sequence[str]) -> tuple[SubjectCheck, ...]:
    """The checks that a list of this profile has."""
    if profile == READINESS:
        return tuple(one for one in subject_checks() if one.readiness)
    if profile == BY_PROVISION:
        return tuple(one for one in subject_checks() if one.code in subjects)
    return subject_checks()


def checklist(
    profile: str, subjects: Sequence[str], nation: Nation, provisions: Mapping[str, Provision]
) -> list[dict[str, Any]]:
    """The rows of a checklist, numbered from 1, without results. `subjects`: of the profile by provision only.

    Raises MalformedInput("checklist") for one that would be longer than a form can be.
    """
    rows: list[dict[str, Any]] = []
    for check in checks_of(profile, subjects):
        own = _gathered(check, provisions, {nation, BILATERAL})
        if profile == BY_PROVISION and own:
            rows += [{"check": check.code, "requirement": _said(one), **_stated([one], nation)} for one in own]
        else:
            others = _gathered(check, provisions, {one.nation for one in provisions.values()} - {nation, BILATERAL})
            rows.append({"check": check.code, **_stated(own, nation), **({"compared": _ids(others)} if others else {})})
    if len(rows) > MOST_ROWS:
        raise MalformedInput("checklist", field="subjects", found=len(rows), expected=f"at most {MOST_ROWS} rows")
    return [{"number": number, **row} for number, row in enumerate(rows, 1)]


def prepared(answers: Mapping[str, Any], known: Known) -> Mapping[str, Any]:
    """A new inspection with its checklist, where none was given; the whole one when nobody chose."""
    if answers.get("checklist"):
        return answers
    profile = answers.get("profile", SMALL_COMPANY)
    rows = checklist(profile, answers.get("subjects", ()), known.nation, known.provisions)
    return {**answers, "profile": profile, **({"checklist": rows} if rows else {})}


def _gathered(check: SubjectCheck, provisions: Mapping[str, Provision], nations: Iterable[str]) -> list[Provision]:
    named = [provisions[one] for one in check.provisions if one in provisions]
    whose = set(nations)
    of_topics = [one for one in provisions.values() if one.topic in check.topics and one not in named]
    readiness = {one for each in subject_checks() for one in each.provisions}
    return [
        one
        for one in named + sorted(of_topics, key=lambda one: one.id)
        if one.nation in whose and (one.id in check.provisions or one.id not in readiness)
    ]


def _stated(own: Sequence[Provision], nation: Nation) -> dict[str, Any]:
    return {**({"provisions": _ids(own)} if own else {}), "standing": _standing(own, nation)}


def _ids(provisions: Sequence[Provision]) -> str:
    return ", ".join(one.id for one in provisions)


def _standing(own: Sequence[Provision], nation: Nation) -> str:
    """Of the nation's own provisions; where it has none for the check, of those of both."""
    national = [one for one in own if one.nation == nation] or own
    if any(one.confirmed for one in national):
        return "confirmed"
    return "unconfirmed" if any(not one.is_gap for one in national) else "no_rule"


def _said(provision: Provision) -> str:
    """The text where it was read, else the heading only."""
    return provision.requirement if provision.evidence == _READ and provision.requirement else provision.title


def requirement_of(identity: str, provisions: Mapping[str, Provision]) -> str | None:
    """What a list says under one provision; None for what is no single provision of the book."""
    found = provisions.get(identity)
    return None if found is None else _said(found)
