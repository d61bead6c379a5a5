"""Deciding: facts and an instant in, a decision with every gate and its reasons out.

Promises kept here:
 1. Permitted only if Cedar permits each question (each person, each owner) without any error; anything else denies.
 2. `decide` does not raise for facts, however odd: facts that contradict each other or do not fit the schema deny, with codes.
 3. All gates of the action are named in the bundle's order; the failed ones are all that stands against it, not the first.
 4. The decision cites bundle, engine and a digest of the facts, so the same facts under the same bundle give the same answer later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from enum import Enum
from typing import Any

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.instants import Instant, Period, instant_text
from relto.base.nations import Nation
from relto.rules.builtin import engine_name
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision, GateOutcome, Outcome
from relto.rules.engine import Verdict
from relto.rules.explain import gate_facts, shown_facts
from relto.rules.facts import DecisionFacts
from relto.rules.gates import Gate
from relto.rules.questions import Asked, ask, contradictions

_Judged = tuple[Asked, Verdict]


def decide(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant) -> Decision:
    """May this be done at this instant, by the rules of this bundle, for these facts? Raises MalformedInput for a naive `at`."""
    instant_text(at)
    errors = list(contradictions(action, facts))
    judged: list[_Judged] = []
    if not errors:
        try:
            judged = [(asked, bundle.engine.judge(asked.question)) for asked in ask(bundle, action, facts, at)]
        except (TypeError, ValueError, AttributeError, OverflowError):
            # A fact of the wrong type reached us in spite of its annotation: no answer, hence a refusal.
            errors.append("facts.type")
    errors += [error for _, verdict in judged for error in verdict.errors]
    permitted = bool(judged) and not errors and all(verdict.permitted for _, verdict in judged)
    gates = tuple(
        _outcome(bundle, gate, facts, judged, at, undecided=bool(errors) or not judged)
        for gate in bundle.gates.of_action(action)
    )
    return Decision(
        action=str(action),
        permitted=permitted,
        gates=gates,
        errors=tuple(dict.fromkeys(errors)),
        agreement=bundle.agreement,
        bundle_version=bundle.version,
        bundle_digest=bundle.digest,
        facts_digest=facts_digest(facts),
        at=at,
        engine=engine_name(),
    )


def _outcome(
    bundle: Bundle, gate: Gate, facts: DecisionFacts, judged: Sequence[_Judged], at: Instant, *, undecided: bool
) -> GateOutcome:
    failing = [asked for asked, verdict in judged if gate.rule in verdict.failed]
    applying = [asked for asked, verdict in judged if gate.rule in verdict.applying]
    outcome: Outcome = "undecided" if undecided else "fails" if failing else "holds" if applying else "does_not_apply"
    founded = bundle.standing(gate.rule, Nation(facts.node))
    shown: dict[str, str | None] = {}
    if not undecided:
        example = (failing or applying or [judged[0][0]])[0]
        shown = gate_facts(gate.facts, shown_facts(bundle, facts, example, at), failing, len(facts.people))
    return GateOutcome(
        gate=gate.gate,
        rule=gate.rule,
        outcome=outcome,
        unconfirmed=founded.unconfirmed,
        evidence=founded.evidence,
        provisions=founded.provisions,
        remedy=gate.remedy,
        who=gate.who,
        facts=shown,
    )


def facts_digest(facts: DecisionFacts) -> str:
    """Hex SHA-256 of the canonical facts; of the empty text when they cannot be expressed (such facts are always refused)."""
    try:
        return sha256_hex(canonical_bytes(_plain(facts)))
    except Exception:  # noqa: BLE001  whatever the odd value is, the decision stands and says "facts.type" or a schema error
        return sha256_hex(b"")


def _plain(value: Any) -> Any:  # noqa: ANN401  facts of any depth become JSON values
    if isinstance(value, Period):
        return [instant_text(value.start), None if value.end is None else instant_text(value.end)]
    if dataclasses.is_dataclass(value):
        members = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"kind": type(value).__name__.lower(), **members}
    if isinstance(value, Instant):
        return instant_text(value)
    if isinstance(value, frozenset):
        return sorted(_plain(entry) for entry in value)
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value.value if isinstance(value, Enum) else value
