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

from collections.abc import Mapping, Sequence

from relto.base.canonical import sha256_hex
from relto.base.instants import Instant, instant_text
from relto.base.nations import Nation
from relto.rules.builtin import engine_name
from relto.rules.bundle import Bundle
from relto.rules.decision import Decision, GateOutcome, Outcome
from relto.rules.engine import Verdict
from relto.rules.explain import Shown, shown_facts
from relto.rules.facts import DecisionFacts
from relto.rules.facts_text import facts_text
from relto.rules.gates import Gate
from relto.rules.questions import Asked, ask, contradictions

_Judged = tuple[Asked, Verdict]


def decide(bundle: Bundle, action: str, facts: DecisionFacts, at: Instant) -> Decision:
    """May this be done at this instant, by this bundle, for these facts? Raises MalformedInput for a naive `at`."""
    instant_text(at)
    text = facts_text(facts)
    errors = ["facts.type"] if text is None else list(contradictions(action, facts))
    asked = [] if errors else list(ask(bundle, action, facts, at))
    judged = list(zip(asked, bundle.engine.judge_all([one.question for one in asked]), strict=True))
    errors += [error for _, verdict in judged for error in verdict.errors]
    permitted = bool(judged) and not errors and all(verdict.permitted for _, verdict in judged)
    node = None if text is None else facts.node

    if errors:
        gates = [_gate_outcome(bundle, gate, node, "undecided", {}) for gate in bundle.gates_of_action(action)]
    else:
        gates = _outcomes(bundle, action, facts, judged)
    return Decision(
        action=str(action),
        permitted=permitted,
        gates=tuple(gates),
        errors=tuple(dict.fromkeys(errors)),
        agreement=bundle.agreement,
        bundle_version=bundle.version,
        bundle_digest=bundle.digest,
        facts_digest="" if text is None else sha256_hex(text),
        at=at,
        engine=engine_name(),
        overlay=bundle.overlay,
    )


def _outcomes(bundle: Bundle, action: str, facts: DecisionFacts, judged: Sequence[_Judged]) -> list[GateOutcome]:
    """Each gate of the action, with the facts of the first question that it fails, or else concerns."""
    shown: dict[int, Shown] = {}
    failed = frozenset[str]().union(*(verdict.failed for _, verdict in judged))
    applying = frozenset[str]().union(*(verdict.applying for _, verdict in judged))
    several = len({asked.person.pseudonym for asked, _ in judged}) > 1
    found = []
    for gate in bundle.gates_of_action(action):
        outcome: Outcome = "fails" if gate.rule in failed else "holds" if gate.rule in applying else "does_not_apply"
        failing = [place for place, (_, one) in enumerate(judged) if gate.rule in one.failed] if failed else []
        first = (failing or [place for place, (_, one) in enumerate(judged) if gate.rule in one.applying] or [0])[0]
        if first not in shown:
            shown[first] = shown_facts(bundle, facts, judged[first][0])
        told = {name: shown[first].get(name) for name in gate.facts}
        if failing and several:
            told["people"] = " ".join(sorted({judged[place][0].person.pseudonym for place in failing}))
        found.append(_gate_outcome(bundle, gate, facts.node, outcome, told))
    return found


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
    """Lower-case hex SHA-256 of the canonical facts; of facts of another type the empty text."""
    text = facts_text(facts)
    return "" if text is None else sha256_hex(text)
