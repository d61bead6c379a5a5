"""Decisions on record, as far as the caller may know: what came out, what would mend it; and made once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.decisions import Gate
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class DecisionLine(Answer):
    """A decision in a list. `gate`, `rule`: the first that stood against it, empty when it was permitted."""

    reference: str
    action: str
    permitted: bool
    at: datetime
    bundle_version: int
    gate: str
    rule: str
    overlay: int | None = None


@dataclass(frozen=True, kw_only=True)
class TriedRemedy(Answer):
    """What would mend some rules, tried on the facts of the day. `tried`: it can be expressed as facts of one case.

    `mends`: with it alone its own `rules` hold; `left`: those that would still stand in the way then.
    """

    remedy: str
    who: str
    rules: tuple[str, ...]
    tried: bool
    mends: bool
    left: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RecordedDecision(Answer):
    """One decision. `view`: asker (`gates` stood against it), officer or authority (all gates, failed ones first)."""

    reference: str
    view: str
    action: str
    permitted: bool
    at: datetime
    actor: str
    item: str
    agreement: str
    bundle_version: int
    bundle_digest: str
    engine: str
    facts_digest: str
    sentence: str
    gates: tuple[Gate, ...]
    errors: tuple[str, ...]
    remedies: tuple[TriedRemedy, ...]
    permitted_with_all: bool | None
    partner_code: str
    entry: str
    overlay: int | None = None


@dataclass(frozen=True, kw_only=True)
class RuleChange(Answer):
    """A rule that came out otherwise; empty where a version does not have the rule."""

    gate: str
    rule: str
    then: str
    again: str


@dataclass(frozen=True, kw_only=True)
class AcceptedVersion(Answer):
    """A version that the node accepted, with its period."""

    version: int
    effective_from: datetime
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class AsOf(Answer):
    """A decision made once more. `same`: the same answer by the same gates; by its day's rules equal digests too."""

    reference: str
    action: str
    at: datetime
    day_version: int
    version: int
    of_the_day: bool
    covers: bool
    same: bool
    permitted_then: bool
    permitted_again: bool
    changes: tuple[RuleChange, ...]
    errors: tuple[str, ...]
    engine_then: str
    engine_now: str
    versions: tuple[AcceptedVersion, ...]
    overlay: int | None = None
