"""Deciding: facts and an instant in, a decision with every gate and its reasons out.

Promises kept here:
 1. Permitted only if Cedar permits each question (each person, each owner) without any error; anything else denies.
 2. `decide` does not raise for facts, however odd: facts of another type, facts that contradict each other or do not
    fit the schema deny, with codes; the digest of facts of another type is empty.
 3. All gates of the action are named in the bundle's order; the failed ones are all that stands against it, not the
    first.
 4. The decision cites bundle, engine and a digest of the facts, so the same facts under the same bundle give the same
    answer later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

from relto.base.canonical import canonical_bytes, sha256_hex
from relto.base.instants import Instant, Period, instant_text
from relto.base.nations import Nation
from relto.rules.builtin import engine_name
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision, GateOutcome, Outcome
from relto.rules.engine import Verdict
from relto.rules.explain import Shown, shown_facts
from relto.rules.fact_types import have_their_types
from relto.rules.facts import DecisionFacts
from relto.rules.gates import Gate
from relto.rules.questions import Asked, ask, contradictions

_Judged = tuple[Asked, Verdict]


def decide(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant) -> Decision:
    """May this be done at this instant, by this bundle, for these facts? Raises MalformedInput for a naive `at`."""
    instant_text(at)
    typed = have_their_types(facts, DecisionFacts)
    errors = list(contradictions(action, facts)) if typed else ["facts.type"]
    judged: list[_Judged] = []
    if not errors:
        judged = [(asked, bundle.engine.judge(asked.question)) for asked in ask(bundle, action, facts, at)]
    errors += [error for _, verdict in judged for error in verdict.errors]
    permitted = bool(judged) and not errors and all(verdict.permitted for _, verdict in judged)
    node = facts.node if typed else None
    shown = [] if errors else [shown_facts(bundle, facts, asked, at) for asked, _ in judged]
    gates = tuple(
        _undecided(bundle, gate, node) if errors else _outcome(bundle, gate, facts.node, judged, shown)
        for gate in bundle.gates_of_action(action)
    )
    return Decision(
        action=str(action),
        permitted=permitted,
        gates=gates,
        errors=tuple(dict.fromkeys(errors)),
        agreement=bundle.agreement,
        bundle_version=bundle.version,
        bundle_digest=bundle.digest,
        facts_digest=facts_digest(facts) if typed else "",
        at=at,
        engine=engine_name(),
    )


def _outcome(
    bundle: Bundle, gate: Gate, node: Nation, judged: Sequence[_Judged], shown: Sequence[Shown]
) -> GateOutcome:
    failing = [position for position, (_, verdict) in enumerate(judged) if gate.rule in verdict.failed]
    applying = [position for position, (_, verdict) in enumerate(judged) if gate.rule in verdict.applying]
    outcome: Outcome = "fails" if failing else "holds" if applying else "does_not_apply"
    example = shown[(failing or applying or [0])[0]]
    facts = {name: example.get(name) for name in gate.facts}
    people = {asked.person.pseudonym for asked, _ in judged}
    if failing and len(people) > 1:
        facts["people"] = " ".join(sorted({judged[position][0].person.pseudonym for position in failing}))
    return _gate_outcome(bundle, gate, node, outcome, facts)


def _undecided(bundle: Bundle, gate: Gate, node: Nation | None) -> GateOutcome:
    return _gate_outcome(bundle, gate, node, "undecided", {})


def _gate_outcome(
    bundle: Bundle, gate: Gate, node: Nation | None, outcome: Outcome, facts: Mapping[str, str | None]
) -> GateOutcome:
    founded = bundle.standing(gate.rule, node or Nation(""))
    return GateOutcome(
        gate=gate.gate,
        rule=gate.rule,
        outcome=outcome,
        unconfirmed=founded.unconfirmed,
        evidence=founded.evidence,
        provisions=founded.provisions,
        remedy=gate.remedy,
        who=gate.who,
        facts=facts,
    )


def facts_digest(facts: DecisionFacts) -> str:
    """Lower-case hex SHA-256 of the canonical facts."""
    return sha256_hex(canonical_bytes(_plain(facts)))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is Period:
        return [instant_text(value.start), None if value.end is None else instant_text(value.end)]
    if isinstance(value, Instant):
        return instant_text(value)
    if kind is tuple or kind is frozenset:
        entries = [_plain(entry) for entry in value]
        return entries if kind is tuple else sorted(entries)
    if dataclasses.is_dataclass(kind):
        name, fields = _members_of(kind)
        return {"kind": name, **{field: _plain(getattr(value, field)) for field in fields}}
    return value.value if isinstance(value, Enum) else value


@cache
def _members_of(kind: Any) -> tuple[str, tuple[str, ...]]:
    return kind.__name__.lower(), tuple(field.name for field in dataclasses.fields(kind))
