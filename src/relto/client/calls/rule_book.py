"""The rule book, and decisions on record: read, and made once more."""

from __future__ import annotations

from relto.client.answers.decision_views import AsOf, DecisionLine, RecordedDecision
from relto.client.answers.rule_book import RuleBook
from relto.client.session import part
from relto.client.steps import Call, get, listed


def rules(version: int | None = None) -> Call[RuleBook]:
    """The rules in force, or those of an accepted version, as people read them and as the machine runs them."""
    return get("/rules" if version is None else f"/rules?version={version}", RuleBook)


def decisions(*, refused_only: bool = False) -> Call[list[DecisionLine]]:
    """The newest decisions that I may read."""
    return listed("/decisions?refused_only=true" if refused_only else "/decisions", DecisionLine)


def decision(reference: str) -> Call[RecordedDecision]:
    """What was decided and why, as far as I may know."""
    return get(f"/decisions/{part(reference)}", RecordedDecision)


def decision_as_of(reference: str, version: int | None = None) -> Call[AsOf]:
    """A decision made once more by the rules of its day, or of another accepted version (inspector)."""
    asked = "" if version is None else f"?version={version}"
    return get(f"/decisions/{part(reference)}/as-of{asked}", AsOf)
