"""Proofs of agreement bundles: what was asked of two solvers, and each counterexample as a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class RulePiece(Answer):
    """One piece of a rule set, as a bundle's `loosenings.json` names it; `value` is JSON as a text.

    `originator`: whose consent it is, or would need.
    """

    originator: str
    kind: str
    key: str
    value: str
    reason: str = ""
    provision: str | None = None
    citation: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProofCase(Answer):
    """A counterexample: a person, a facility, a document, a date. `rules` refuse it; `text` says the first of them.

    `confirmed`: Cedar answered as told. `needed`: the fewest consents that would make it intended.
    """

    action: str
    at: datetime
    rules: tuple[str, ...]
    text: Mapping[str, str]
    confirmed: bool
    person: Mapping[str, Any]
    facility: Mapping[str, Any]
    item: Mapping[str, Any]
    releaser: str
    assurance: Mapping[str, Any]
    needed: tuple[RulePiece, ...]


@dataclass(frozen=True, kw_only=True)
class ProofObligation(Answer):
    """One thing to be proved, for the items of `originator` (empty: of anybody), and what each solver answered."""

    kind: str
    action: str
    originator: str
    result: str
    answers: Mapping[str, str]
    cases: tuple[ProofCase, ...]


@dataclass(frozen=True, kw_only=True)
class RuleProof(Answer):
    """The proof of one bundle against the one it follows on (`against`). Only `proved` lets a node follow it."""

    agreement: str
    version: int
    against: int | None = None
    proved: bool
    result: str
    digest: str
    solvers: Mapping[str, str]
    made_at: datetime
    obligations: tuple[ProofObligation, ...]
    consents: tuple[RulePiece, ...]
