"""The gates: one list from which the deciding, the explaining and the applicability form of the policies are made.

Three Cedar forms of the same rules (policy.md 1 and 3):
 1. `decide`: per action one conjunctive permit. It decides. A condition that errors denies.
 2. `explain`: one broad permit, and per rule one forbid. It names every rule that failed.
 3. `applies`: per rule one permit that says whether the rule concerns this case at all. A bundle carries both the
    list and the text; a bundle whose text is not exactly what its list gives is refused, so what a person reads is
    what the machine runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.rules.facts import Action

EXPLAIN_BASE = "explain-base"
FORMS = ("decide", "explain", "applies")


@dataclass(frozen=True, slots=True)
class Saying:
    """The rule in one language, for people; `reviewed`: a native reader has checked it."""

    text: str
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """One rule of one gate.

    `applies`: codes of the conditions that must all hold for the rule to concern a case; `holds`: the Cedar
    expression that must be true then. `remedy`, `who`: codes of what would fix it and of the role that can. `facts`:
    what the security officer is shown.
    """

    gate: str
    rule: str
    actions: tuple[str, ...]
    applies: tuple[str, ...]
    holds: str
    says: Mapping[str, Saying]
    remedy: str
    who: str
    provisions: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateList:
    """All gates in order, and the named conditions that they use."""

    gates: tuple[Gate, ...]
    conditions: Mapping[str, str]

    def of_action(self, action: str) -> tuple[Gate, ...]:
        """The gates of one action, in order."""
        return tuple(gate for gate in self.gates if action in gate.actions)

    def by_rule(self, rule: str) -> Gate:
        """The gate with this rule id. Raises MalformedInput when there is none."""
        for gate in self.gates:
            if gate.rule == rule:
                return gate
        raise MalformedInput("gates.rule", field="rule", expected="a rule id of this bundle")


def read_gates(value: Mapping[str, Any]) -> GateList:
    """The list in a checked `gates.json`.

    Raises MalformedInput for a doubled rule id, an unknown condition, or an action without any rule.
    """
    conditions = {code: str(condition["when"]) for code, condition in value["conditions"].items()}
    gates = tuple(read_gate(entry) for entry in value["gates"])
    rules = [gate.rule for gate in gates]
    if len(set(rules)) != len(rules):
        raise MalformedInput("gates.rule", field="gates", expected="each rule id once")
    for gate in gates:
        if not set(gate.applies) <= set(conditions):
            raise MalformedInput("gates.condition", field=gate.rule, expected="conditions that the list defines")
    for action in Action:
        if not any(action in gate.actions for gate in gates):
            raise MalformedInput("gates.action", field="gates", found=action.value, expected="a rule for each action")
    return GateList(gates, conditions)


def read_gate(entry: Mapping[str, Any]) -> Gate:
    """One gate of a checked list."""
    return Gate(
        gate=entry["gate"],
        rule=entry["rule"],
        actions=tuple(entry["actions"]),
        applies=tuple(entry["applies"]),
        holds=entry["holds"],
        says={language: Saying(said["text"], said["reviewed"]) for language, said in entry["says"].items()},
        remedy=entry["remedy"],
        who=entry["who_can_fix"],
        provisions=tuple(entry["provisions"]),
        facts=tuple(entry["facts"]),
    )


def policy_text(gates: GateList) -> str:
    """The Cedar text of all three forms: the file `policies.cedar` of a bundle."""
    blocks = [
        "// Made from gates.json. Forms: decide (the answer), explain (each failed rule), applies (what concerns it)."
    ]
    blocks += [_deciding(action.value, gates) for action in Action]
    blocks.append(_head("explain", EXPLAIN_BASE) + _scope("permit", tuple(action.value for action in Action)) + ";")
    blocks += [_explaining(gate, gates.conditions) for gate in gates.gates]
    blocks += [_applying(gate, gates.conditions) for gate in gates.gates]
    return "\n\n".join(blocks) + "\n"


def _head(form: str, identity: str) -> str:
    return f'@form("{form}")\n@id("{identity}")\n'


def _scope(effect: str, actions: Sequence[str]) -> str:
    named = ", ".join(f'Action::"{action}"' for action in actions)
    return f"{effect} (principal is Person, action in [{named}], resource is Item)"


def _when(gate: Gate, conditions: Mapping[str, str]) -> str:
    return " && ".join(f"({conditions[code]})" for code in gate.applies) or "true"


def _deciding(action: str, gates: GateList) -> str:
    terms = [
        f"when {{ !({_when(gate, gates.conditions)}) || ({gate.holds}) }} // {gate.rule}"
        for gate in gates.of_action(action)
    ]
    return _head("decide", f"decide-{action}") + _scope("permit", (action,)) + "\n" + "\n".join(terms) + "\n;"


def _explaining(gate: Gate, conditions: Mapping[str, str]) -> str:
    notes = (
        f'@gate("{gate.gate}")\n@remedy("{gate.remedy}")\n@who("{gate.who}")\n'
        f'@provisions("{" ".join(gate.provisions)}")\n'
        f"@says({_quoted(gate.says['en'].text)})\n"
    )
    scope = _scope("forbid", gate.actions)
    return (
        _head("explain", gate.rule)
        + notes
        + f"{scope}\nwhen {{ {_when(gate, conditions)} }}\nunless {{ {gate.holds} }};"
    )


def _applying(gate: Gate, conditions: Mapping[str, str]) -> str:
    return _head("applies", gate.rule) + _scope("permit", gate.actions) + f"\nwhen {{ {_when(gate, conditions)} }};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
