"""Why something may or may not be done: gates, provisions, refusals, a decision made once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Provision(Answer):
    """A provision that a rule rests on: its citation, and how well it is known at the node."""

    id: str
    citation: str | None = None
    source: str | None = None
    evidence: str | None = None
    confirmed: bool | None = None
    nation: str | None = None
    title: str | None = None
    requirement: str | None = None
    is_gap: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Gate(Answer):
    """One rule of one gate: what came out (`outcome`), on what it rests, what would fix it (`remedy`) and who can.

    `needs_acceptance`: no rule is loaded there, so a decision names the gate in `accepts`. To the person concerned,
    provisions and facts stay empty: only her security officer and the authority see them.
    """

    gate: str
    rule: str
    outcome: str
    unconfirmed: bool
    text: str
    text_reviewed: bool = False
    remedy: str
    who: str
    needs_acceptance: bool = False
    sentence: str
    evidence: str | None = None
    provisions: tuple[Provision, ...] = ()
    facts: Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class MayOpen(Answer):
    """What an opening would come to now: `gates` stand against it. The partner was not asked."""

    permitted: bool
    bundle_version: int
    sentence: str
    gates: tuple[Gate, ...]


@dataclass(frozen=True, kw_only=True)
class Refusal(Answer):
    """A refused decision. `view`: asker (`gates` stand against it) or officer (all gates, those that failed first)."""

    reference: str
    view: str
    action: str
    at: datetime
    actor: str
    item: str
    agreement: str
    bundle_version: int
    sentence: str
    gates: tuple[Gate, ...]
    errors: tuple[str, ...]
    partner_code: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class Replay(Answer):
    """A decision made once more. `permitted`: the answer of now, from the facts and the bundle of then."""

    reference: str
    same: bool
    permitted: bool
    bundle_version: int
    engine_then: str
    engine_now: str
