"""The three forms of a rule set as terms of one view: who is permitted, what failed, what applied, what erred.

Cedar's semantics (language reference, "authorization"): a request is allowed when at least one permit is satisfied and
no forbid is; a policy that errs is not satisfied. `when` and `unless` clauses are evaluated in order and short-circuit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cedarpy

from relto.rules.gates import EXPLAIN_BASE, FORMS, policy_text
from relto.rules.proving.expressions import Expressions, unknown
from relto.rules.proving.schema_types import TYPES, require_shipped_schema
from relto.rules.proving.symbols import FALSE, TRUE, conj, disj, neg
from relto.rules.proving.world import View

_SCOPES = {"principal": {"op": "is", "entity_type": "Person"}, "resource": {"op": "is", "entity_type": "Item"}}


@dataclass(frozen=True)
class Forms:
    """`decides`, `explains`: permitted by each form. `failed`, `applying`: rule -> term. `errs`: any policy errs."""

    decides: str
    explains: str
    failed: Mapping[str, str]
    applying: Mapping[str, str]
    errs: str


@dataclass(frozen=True)
class _Policy:
    form: str
    identity: str
    effect: str
    satisfied: str
    errs: str


def forms_of(view: View) -> Forms:
    """The forms of the view's rule set for its world's action. Raises MalformedInput for what cannot be translated."""
    require_shipped_schema(view.rules.schema)
    tree = _tree(policy_text(view.rules.gates))
    expressions = Expressions(view, TYPES)
    found = [_policy(policy, expressions, view.world.action.value) for policy in tree["staticPolicies"].values()]
    by_form = {form: [policy for policy in found if policy.form == form] for form in FORMS}
    failed = {one.identity: one.satisfied for one in by_form["explain"] if one.identity != EXPLAIN_BASE}
    return Forms(
        decides=_allowed(by_form["decide"]),
        explains=_allowed(by_form["explain"]),
        failed={rule: term for rule, term in failed.items() if term != FALSE},
        applying={one.identity: one.satisfied for one in by_form["applies"] if one.satisfied != FALSE},
        errs=disj(policy.errs for policy in found),
    )


@lru_cache(maxsize=4)
def _tree(text: str) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = json.loads(cedarpy.policies_to_json_str(text))
    if tree["templates"] or tree["templateLinks"]:
        raise unknown("template")
    return tree


def _allowed(policies: list[_Policy]) -> str:
    permits = disj(one.satisfied for one in policies if one.effect == "permit")
    return conj((permits, *(neg(one.satisfied) for one in policies if one.effect == "forbid")))


def _policy(policy: Mapping[str, Any], expressions: Expressions, action: str) -> _Policy:
    notes = policy.get("annotations", {})
    if any(policy[part] != scope for part, scope in _SCOPES.items()):
        raise unknown("scope")
    satisfied, ok = TRUE, TRUE
    if not _names(policy["action"], action):
        return _Policy(notes["form"], notes["id"], policy["effect"], FALSE, FALSE)
    for condition in policy["conditions"]:
        found = expressions.truth(condition["body"])
        holds = {"when": found.value, "unless": neg(found.value)}.get(condition["kind"])
        if holds is None:
            raise unknown(str(condition["kind"]))
        ok = conj((ok, disj((neg(satisfied), found.ok))))
        satisfied = conj((satisfied, holds))
    return _Policy(notes["form"], notes["id"], policy["effect"], conj((satisfied, ok)), neg(ok))


def _names(scope: Mapping[str, Any], action: str) -> bool:
    if scope.get("op") == "==":
        entities = [scope["entity"]]
    elif scope.get("op") == "in":
        entities = scope["entities"] if "entities" in scope else [scope["entity"]]
    else:
        raise unknown("action")
    return {"type": "Action", "id": action} in entities
