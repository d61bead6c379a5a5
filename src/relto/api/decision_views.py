"""Decisions on record, as far as the caller may know: what came out, what would mend it; and made once more."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from relto.adapters.words import sentence
from relto.api.answers import Answer, Gate, plain
from relto.api.forms import BundleNumber, Id
from relto.api.gates import first_sentence, gate_answers
from relto.api.surroundings import caller, house, language_of
from relto.services import as_of, decision_views

router = Router(tags=["records"])


class DecisionLine(Answer):
    """A decision in a list. `gate`, `rule`: the first that stood against it, empty when it was permitted."""

    reference: str
    action: str
    permitted: bool
    at: str
    bundle_version: int
    overlay: int | None
    gate: str
    rule: str


class TriedRemedy(Answer):
    """What would mend some rules, tried on the facts of the day. `tried`: it can be expressed as facts of one case.

    `mends`: with it alone its own `rules` hold; `left`: those that would still stand in the way then.
    """

    remedy: str
    who: str
    rules: list[str]
    tried: bool
    mends: bool
    left: list[str]


class RecordedDecision(Answer):
    """One decision. `view`: asker (`gates` stood against it), officer or authority (all gates, failed ones first).

    `remedies` and `permitted_with_all` (all together; null when one cannot be tried) are given in full views.
    `partner_code`: what this node told the partner, of a decision about the partner's opening. `overlay`: the version
    of the nation's overlay that was on the bundle, null without one.
    """

    reference: str
    view: str
    action: str
    permitted: bool
    at: str
    actor: str
    item: str
    agreement: str
    bundle_version: int
    bundle_digest: str
    overlay: int | None
    engine: str
    facts_digest: str
    sentence: str
    gates: list[Gate]
    errors: list[str]
    remedies: list[TriedRemedy]
    permitted_with_all: bool | None
    partner_code: str
    entry: str


class RuleChange(Answer):
    """A rule that came out otherwise; empty where a version does not have the rule."""

    gate: str
    rule: str
    then: str
    again: str


class AcceptedVersion(Answer):
    """A version that this node accepted, with its period."""

    version: int
    effective_from: str
    expires: str


class AsOf(Answer):
    """A decision made once more. `same`: the same answer by the same gates; by its day's rules equal digests too.

    `covers`: the version asked was in force at the decision's instant by its own dates. `overlay`: the version of the
    nation's overlay on it, which only the rules of the day have.
    """

    reference: str
    action: str
    at: str
    day_version: int
    version: int
    overlay: int | None
    of_the_day: bool
    covers: bool
    same: bool
    permitted_then: bool
    permitted_again: bool
    changes: list[RuleChange]
    errors: list[str]
    engine_then: str
    engine_now: str
    versions: list[AcceptedVersion]


@router.get("/decisions", response=list[DecisionLine])
def list_decisions(request: HttpRequest, *, refused_only: bool = False) -> list[dict[str, Any]]:
    """The newest decisions that the caller may read, at most 100."""
    found = decision_views.decisions_on_record(house(), caller(request), refused_only=refused_only)
    return [dict(plain(one)) for one in found]


@router.get("/decisions/{reference}", response=RecordedDecision)
def read_decision(request: HttpRequest, reference: Id) -> dict[str, Any]:
    """What was decided and why, as far as the caller may know; an unknown decision looks forbidden."""
    found = decision_views.decision(house(), caller(request), reference)
    view = plain(found)
    language = language_of(request)
    gates = gate_answers(view["gates"], view["bundle_version"], language, "officer" if found.full else "asker")
    otherwise = "" if found.permitted else sentence("refusal.undecided", language)
    return {**view, "gates": gates, "sentence": first_sentence(gates) or otherwise}


@router.get("/decisions/{reference}/as-of", response=AsOf)
def decide_as_of(request: HttpRequest, reference: Id, version: Query[BundleNumber | None] = None) -> dict[str, Any]:
    """Decide once more by the rules of its day, or of another accepted version (inspector); nothing is changed."""
    return dict(plain(as_of.as_of(house(), caller(request), reference, version)))
