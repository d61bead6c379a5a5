"""Cedar, used so that a doubt is a refusal (policy.md 1, 3, 8).

Rules enforced here:
 1. Policies are parsed and validated against the schema once; a policy text that does not fit is refused, never read
    as empty.
 2. Entities are validated against the schema when they are loaded; an entity that does not fit never reaches the
    engine.
 3. An answer is a permit only if the deciding form allows, without errors, AND the explaining form names no failed
    rule, without errors. Whatever the two forms disagree about is refused and said ("engine.forms_disagree").
 4. A permit may be found at once: all forms of one action stand in one policy set, and the answer counts only when the
    deciding permit and the explaining form's broad permit are both among its reasons, no forbid held and nothing
    erred. That is what the forms say apart; anything else is asked of each form apart, and that answer counts.
 5. A request is checked against the schema the first time that its context has this shape (names and types, at every
    depth): the schema knows nothing but shapes of a context, so later ones of the same shape fit it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cedarpy

from relto.base.errors import MalformedInput
from relto.rules.facts import Action
from relto.rules.gates import EXPLAIN_BASE, FORMS, GateList, policy_text

_APPLIES = "applies/"
_MOST_SHAPES = 64
_Shape = type | frozenset["_Shape"] | tuple[tuple[str, "_Shape"], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One request to the engine: entities and context as JSON values of the schema, and the ids of person and item."""

    action: str
    person: str
    item: str
    entities: list[dict[str, Any]]
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failed`, `applying`: rule ids; both are meaningless when there are `errors` (stable codes)."""

    permitted: bool
    failed: frozenset[str]
    applying: frozenset[str]
    errors: tuple[str, ...]


def _refusal(*errors: str) -> Verdict:
    return Verdict(permitted=False, failed=frozenset(), applying=frozenset(), errors=errors)


class Engine:
    """The compiled rules of one bundle. Immutable; safe to use for any number of questions."""

    def __init__(self, policies: str, schema: str, gates: GateList) -> None:
        """Compile the bundle's policy text.

        Raises MalformedInput with reason "bundle.cedar_schema", "bundle.cedar_syntax", "bundle.cedar_validation" or
        "bundle.forms" (the text is not what the list of gates gives).
        """
        try:
            self._schema = cedarpy.Schema.from_str(schema)
        except ValueError as error:
            raise MalformedInput(
                "bundle.cedar_schema", field="schema.cedarschema", expected="a Cedar schema"
            ) from error
        try:
            parsed = json.loads(cedarpy.policies_to_json_str(policies))
        except ValueError as error:
            raise MalformedInput("bundle.cedar_syntax", field="policies.cedar", expected="Cedar policies") from error
        found = cedarpy.validate_policies(policies, self._schema)
        if not found.validation_passed:
            raise MalformedInput(
                "bundle.cedar_validation",
                field="policies.cedar",
                found=len(found.errors),
                expected="policies valid against the schema",
            )
        self._forms = _split(parsed, gates)
        self._at_once = {action.value: _of_action(parsed, gates, action.value) for action in Action}
        self._checked: set[tuple[str, _Shape]] = set()
        if policies != policy_text(gates):
            raise MalformedInput(
                "bundle.forms", field="policies.cedar", expected="exactly the text that gates.json gives"
            )

    def judge(self, question: Question) -> Verdict:
        """Decide and explain one question. Never raises for what the question contains: errors refuse."""
        try:
            entities = cedarpy.Entities.from_json_str(json.dumps(question.entities), self._schema)
        except (ValueError, TypeError):
            return _refusal("engine.entities")
        request = {
            "principal": {"type": "Person", "id": question.person},
            "action": {"type": "Action", "id": question.action},
            "resource": {"type": "Item", "id": question.item},
            "context": question.context,
        }
        shape = question.action, _shape(question.context)
        schema = None if shape in self._checked else self._schema
        permit = self._permit_at_once(request, entities, schema)
        if permit is not None:
            if schema is not None and len(self._checked) < _MOST_SHAPES:
                self._checked.add(shape)
            return permit
        return self._judge_apart(request, entities)

    def _permit_at_once(
        self, request: Mapping[str, Any], entities: cedarpy.Entities, schema: cedarpy.Schema | None
    ) -> Verdict | None:
        """The permit of all forms together, None when they give none."""
        action = request["action"]["id"]
        policies = self._at_once.get(action)
        if policies is None:
            return None
        answer = cedarpy.is_authorized(dict(request), policies, entities, schema)
        if answer.diagnostics.errors or not answer.allowed:
            return None
        reasons = set(answer.diagnostics.reasons)
        if not reasons >= {f"decide/decide-{action}", f"explain/{EXPLAIN_BASE}"}:
            return None
        applying = frozenset(one.removeprefix(_APPLIES) for one in reasons if one.startswith(_APPLIES))
        return Verdict(permitted=True, failed=frozenset(), applying=applying, errors=())

    def _judge_apart(self, request: Mapping[str, Any], entities: cedarpy.Entities) -> Verdict:
        # Each form gets the same request and entities, so the deciding form's check of the request serves all three.
        answers = {
            form: self._ask(form, request, entities, self._schema if form == "decide" else None) for form in FORMS
        }
        if any(answer is None for answer in answers.values()):
            return _refusal("engine.no_decision")
        allowed, _ = answers["decide"] or (False, frozenset())
        explained, reasons = answers["explain"] or (False, frozenset())
        _, applying = answers["applies"] or (False, frozenset())
        failed = reasons - {EXPLAIN_BASE}
        if allowed != explained or explained != (not failed) or not failed <= applying:
            return _refusal("engine.forms_disagree")
        return Verdict(permitted=allowed, failed=failed, applying=applying, errors=())

    def _ask(
        self, form: str, request: Mapping[str, Any], entities: cedarpy.Entities, schema: cedarpy.Schema | None
    ) -> tuple[bool, frozenset[str]] | None:
        """(allowed, ids of the policies that gave the answer), or None when the engine reported any error."""
        answer = cedarpy.is_authorized(dict(request), self._forms[form], entities, schema)
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            return None
        return answer.allowed, frozenset(answer.diagnostics.reasons)


def _shape(value: Any) -> _Shape:
    """Names and types at every depth; of a list, the shapes in it."""
    if isinstance(value, dict):
        return tuple((name, _shape(member)) for name, member in value.items())
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return type(value)


def _of_action(parsed: Mapping[str, Any], gates: GateList, action: str) -> cedarpy.PolicySet:
    """The policies of all forms that concern one action, as FORM/ID, without what only people read."""
    rules = {gate.rule for gate in gates.of_action(action)}
    chosen = {}
    for policy in parsed["staticPolicies"].values():
        form, identity = policy["annotations"]["form"], policy["annotations"]["id"]
        if identity in rules | {f"decide-{action}", EXPLAIN_BASE}:
            chosen[f"{form}/{identity}"] = {**policy, "annotations": {}}
    return _policy_set(chosen)


def _policy_set(policies: Mapping[str, Any]) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_json_str(
        json.dumps({"templates": {}, "staticPolicies": policies, "templateLinks": []})
    )


def _split(parsed: Mapping[str, Any], gates: GateList) -> dict[str, cedarpy.PolicySet]:
    """The three policy sets, keyed by form, each policy under its own @id."""
    forms: dict[str, dict[str, Any]] = {form: {} for form in FORMS}
    policies = parsed["staticPolicies"]
    for policy in policies.values():
        notes = policy.get("annotations", {})
        forms.get(notes.get("form", ""), {})[notes.get("id", "")] = policy
    expected = {gate.rule for gate in gates.gates}
    complete = forms["explain"].keys() == expected | {EXPLAIN_BASE} and forms["applies"].keys() == expected
    if not complete or sum(len(form) for form in forms.values()) != len(policies) or parsed.get("templates"):
        raise MalformedInput("bundle.forms", field="policies.cedar", expected="each rule once in each form")
    return {form: _policy_set(policies) for form, policies in forms.items()}
