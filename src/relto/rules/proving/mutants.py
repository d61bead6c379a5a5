"""Deliberate slips: each rule deleted, each part of each condition weakened, to show that the proof would notice.

A weakened rule set permits more. The proof must refute it with the weakened rule as the reason; a slip that both
solvers prove equal to the original changes nothing that can happen (a guard that another rule repeats) and says so.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import cedarpy

from relto.base.errors import MalformedInput
from relto.rules.engine import Engine
from relto.rules.facts import Action
from relto.rules.gates import Gate, GateList, policy_text
from relto.rules.proving.obligations import Comparison
from relto.rules.proving.rule_set import RuleSet

Fate = Literal["caught", "not_valid", "equal", "missed"]
_TURNED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_SCOPE = "permit (principal is Person, action, resource is Item)"


@dataclass(frozen=True)
class Mutant:
    """One slip: the rule, what was done to it, and the gate that results."""

    rule: str
    slip: str
    gate: Gate


@dataclass(frozen=True)
class Trial:
    """What the proof said of one mutant."""

    mutant: Mutant
    fate: Fate


def mutants_of(rules: RuleSet) -> Iterator[Mutant]:
    """Every slip that the gates of a rule set offer, in a stable order."""
    for gate in rules.gates.gates:
        yield Mutant(gate.rule, "rule deleted", dataclasses.replace(gate, holds="true"))
        for action in gate.actions:
            rest = tuple(one for one in gate.actions if one != action)
            if rest:
                yield Mutant(gate.rule, f"not asked for {action}", dataclasses.replace(gate, actions=rest))
        for slip, holds in weakened(gate.holds):
            yield Mutant(gate.rule, slip, dataclasses.replace(gate, holds=holds))


def try_mutant(mutant: Mutant, original: RuleSet) -> Trial:
    """Ask the proof about a mutant, whatever the tables say.

    "caught": refuted, with the weakened rule as the only reason, by a case that Cedar confirms; "not_valid": Cedar's
    validation refuses its text; "equal": proved to permit nothing more; "missed": anything else.
    """
    rules = _with(original, mutant.gate)
    if rules is None:
        return Trial(mutant, "not_valid")
    fate: Fate = "equal"
    for action in original.gates.by_rule(mutant.rule).actions:
        compared = Comparison(rules, original, Action(action), any_tables=True)
        reason = compared.lone_reason(mutant.rule)
        if reason is None:
            if compared.solved().answer != "unsat":
                return Trial(mutant, "missed")
        elif reason.replayed.confirmed and reason.rules == (mutant.rule,):
            fate = "caught"
        else:
            return Trial(mutant, "missed")
    return Trial(mutant, fate)


def _with(rules: RuleSet, changed: Gate) -> RuleSet | None:
    gates = GateList(
        tuple(changed if gate.rule == changed.rule else gate for gate in rules.gates.gates), rules.gates.conditions
    )
    try:
        engine = Engine(policy_text(gates), rules.schema, gates)
    except MalformedInput:
        return None
    return dataclasses.replace(rules, gates=gates, engine=engine)


def weakened(holds: str) -> Iterator[tuple[str, str]]:
    """(what was done, the weaker Cedar expression) for each part of a condition."""
    tree = _tree(f"{_SCOPE} when {{ {holds} }};")
    body = tree["conditions"][0]["body"]
    for slip, other in _weaker(body):
        changed = {**tree, "conditions": [{"kind": "when", "body": other}]}
        yield slip, _text(changed)


def _weaker(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    ((operator, inner),) = body.items()
    if operator == "&&":
        for side, other in (("left", "right"), ("right", "left")):
            yield f"without {_short(inner[side])}", inner[other]
            for slip, weaker in _weaker(inner[side]):
                yield slip, {operator: {**inner, side: weaker}}
    elif operator == "||":
        for side in ("left", "right"):
            for slip, weaker in _weaker(inner[side]):
                yield slip, {operator: {**inner, side: weaker}}
    elif operator in _TURNED:
        yield f"turned {_short(body)}", {_TURNED[operator]: inner}
    elif operator in ("==", "contains", "containsAll"):
        yield f"always {_short(body)}", {"Value": True}


def _short(body: Mapping[str, Any]) -> str:
    return _text(
        {
            "effect": "permit",
            "principal": {"op": "is", "entity_type": "Person"},
            "action": {"op": "All"},
            "resource": {"op": "is", "entity_type": "Item"},
            "conditions": [{"kind": "when", "body": body}],
        }
    )


def _tree(text: str) -> dict[str, Any]:
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return dict(next(iter(policies.values())))


def _text(policy: Mapping[str, Any]) -> str:
    """The condition of a policy, as Cedar writes it."""
    policies = {"templates": {}, "staticPolicies": {"mutant": dict(policy)}, "templateLinks": []}
    text: str = cedarpy.policies_from_json_str(json.dumps(policies))
    return text[text.index("when {") + len("when {") : text.rindex("}")].strip()
