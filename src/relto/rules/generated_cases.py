"""Generated cases on which both forms of a bundle must agree before it is activated (policy.md 1).

From one plain case per action every single fact is changed to each of its telling values, then pairs of facts, chosen
by a fixed stride so that every run on every node asks the same questions. This is a test, not a proof; the proof is a
separate step.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from relto.base.errors import MalformedInput
from relto.rules.engine import Engine, Question
from relto.rules.facts import Action

PAIR_STRIDE = 251
_NOW = 1_000_000

_Change = tuple[str, tuple[str, ...], Any]


def _case_of(action: str) -> dict[str, dict[str, Any]]:
    """A plain case of the action."""
    return _onward(_case()) if action == Action.RETRANSFER else _case()


def _onward(case: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """BBB passes the item on that it holds of AAA: to a facility of CCC."""
    third = {"nation": "CCC"}
    case["Facility"] |= third
    case["Person"] |= third
    case["Item"]["audience"] = ["BBB", "CCC"]
    case["context"] |= {"node": "BBB", "releaser": "BBB"}
    for paper in ("disclosure", "export", "consent"):
        case["context"][paper] |= third
    return case


def _case() -> dict[str, dict[str, Any]]:
    """A plain case: a person of BBB reads an item that AAA owns and released."""
    period = {"from": _NOW - 10, "until": _NOW + 10}
    authorisation = {"nation": "BBB", "item": "I", "programme": "", **period}
    valid = {"validFrom": _NOW - 10, "validUntil": _NOW + 10, "statusAt": _NOW - 5, "suspended": False}
    return {
        "Label": {"rank": 3},
        "tags": {"AAA": 3, "BBB": 3},
        "Facility": {"code": "F", "nation": "BBB", "rank": 3, "safeguarding": 3, "programmes": ["P"], **valid},
        "Person": {
            "pseudonym": "H", "nation": "BBB", "facility": {"__entity": {"type": "Facility", "id": "F"}}, "rank": 3,
            "caveats": ["C"], "programmes": ["P"], **valid,
        },
        "Item": {
            "code": "I", "label": {"__entity": {"type": "Label", "id": "L"}}, "owners": ["AAA"], "everyone": False,
            "audience": ["BBB"], "caveats": ["C"], "programme": "P", "exportControlled": True, "physical": True,
            "registered": True,
        },
        "context": {
            "now": _NOW, "node": "AAA", "owner": "AAA", "releaser": "AAA", "statusMaxAge": 5, "unregisteredMaxRank": 0,
            "channel": "K", "channels": ["K"], "agreement": {"parties": ["AAA", "BBB"], **period},
            "disclosure": dict(authorisation), "export": dict(authorisation),
            "consent": {"by": "AAA", "item": "I", "nation": "BBB", "facility": "F", **period},
            "listing": {"person": "H", "item": "I", "reason": "R", **period},
            "release": {"item": "I", "nation": "BBB", "facility": "F", "state": "accepted", **period},
        },
    }  # fmt: skip


def _changes(case: dict[str, dict[str, Any]]) -> Iterator[_Change]:
    """Each fact with each of its telling values: other text, emptied set, flipped flag, numbers around the bounds."""
    for part, members in case.items():
        for name, value in members.items():
            if isinstance(value, dict):
                for inner, inner_value in value.items():
                    if inner != "__entity":
                        yield from ((part, (name, inner), other) for other in _others(inner_value))
            else:
                yield from ((part, (name,), other) for other in _others(value))
    for nation in ("AAA", "BBB"):
        yield ("tags", (nation,), None)


def _others(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value - 1, _NOW, _NOW + 1)
    if isinstance(value, str):
        return ("", "BBB", "released")
    return ([],)


def _changed(action: str, changes: tuple[_Change, ...]) -> dict[str, dict[str, Any]]:
    case = _case_of(action)
    for part, path, value in changes:
        target = case[part]
        for step in path[:-1]:
            target = target[step]
        if value is None:
            target.pop(path[-1], None)
        else:
            target[path[-1]] = value
    return case


def questions() -> Iterator[Question]:
    """The generated questions, always the same ones."""
    for action in Action:
        changes = list(_changes(_case_of(action)))
        pairs = list(combinations(changes, 2))[:: PAIR_STRIDE * len(Action)]
        for chosen in [(), *((change,) for change in changes), *pairs]:
            yield question(action.value, _changed(action, chosen))


def question(action: str, case: dict[str, dict[str, Any]]) -> Question:
    """The question that a case of this module asks."""
    entities = [
        {"uid": {"type": kind, "id": identity}, "attrs": case[kind], "parents": []}
        for kind, identity in (("Label", "L"), ("Facility", "F"), ("Person", "H"), ("Item", "I"))
    ]
    entities[0]["tags"] = case["tags"]
    return Question(action, "H", "I", entities, case["context"])


def forms_agree(engine: Engine) -> int:
    """How many cases were asked, of all forms at once and of each apart.

    Raises MalformedInput("bundle.forms_disagree") when an answer is none, or the two ways give different ones.
    """
    asked = 0
    for one in questions():
        asked += 1
        verdict = engine.judge(one)
        if verdict.errors or verdict != engine.judge_apart(one):
            raise MalformedInput(
                "bundle.forms_disagree",
                field="policies.cedar",
                found=verdict.errors[0] if verdict.errors else one.action,
                expected="equal forms, no errors",
            )
    return asked
