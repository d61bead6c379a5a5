"""Cedar, used so that a doubt is a refusal (policy.md 1, 3, 8).

Rules enforced here:
 1. Policies are parsed and validated against the schema once; a policy text that does not fit is refused, never read
    as empty.
 2. Entities are validated against the schema when they are loaded; an entity that does not fit never reaches the
    engine. Some that were loaded are kept by their very text, so the same ones are not read again.
 3. An answer is a permit only if the deciding form holds AND the explaining form names no failed rule, both without
    errors. Whatever the two forms disagree about is refused and said ("engine.forms_disagree").
 4. All forms of one action are asked at once. Cedar names only the forbids when one holds, so there each explaining
    forbid stands as a permit of the very same conditions: then every policy that holds is named, of every form, and
    both forms are compared for each answer, permit or refusal. `judge_apart` asks each form as the bundle words it;
    both ways give the same on all generated cases before a bundle is activated.
 5. A request is checked against the schema the first time that its context has this shape (names and types, at every
    depth): the schema knows nothing but shapes of a context, so later ones of the same shape fit it too, and of them
    only what some rule of the action reads is handed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cedarpy

from relto.base.errors import MalformedInput
from relto.rules.cedar_depth import require_shallow
from relto.rules.facts import Action
from relto.rules.gates import EXPLAIN_BASE, FORMS, GateList, policy_text

_MOST_SHAPES = 64
_MOST_LOADED = 512
_DECIDES = "decide"
_MOVING = frozenset({"Facility", "Person"})
_EVERY_REQUEST = {part: {"op": "All"} for part in ("principal", "action", "resource")}
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

        Raises MalformedInput with reason "bundle.cedar_schema", "bundle.cedar_syntax", "bundle.cedar_depth",
        "bundle.cedar_validation" or "bundle.forms" (the text is not what the list of gates gives).
        """
        require_shallow(schema, field="schema.cedarschema", types=True)
        require_shallow(policies, field="policies.cedar")
        try:
            self._schema = cedarpy.Schema.from_str(schema)
        except ValueError as error:
            raise MalformedInput(
                "bundle.cedar_schema", field="schema.cedarschema", expected="a Cedar schema"
            ) from error
        try:
            parsed = json.loads(cedarpy.policies_to_json_str(policies))
        except RecursionError as error:
            raise MalformedInput("bundle.cedar_depth", field="policies.cedar", expected="shorter conditions") from error
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
        if policies != policy_text(gates):
            raise MalformedInput(
                "bundle.forms", field="policies.cedar", expected="exactly the text that gates.json gives"
            )
        self._rules = {action.value: _of_action(parsed, gates, action.value) for action in Action}
        self._checked: set[tuple[str, _Shape]] = set()
        self._loaded = lru_cache(maxsize=_MOST_LOADED)(self._load)
        self._loaded_staying = lru_cache(maxsize=_MOST_LOADED)(self._load_staying)

    def judge(self, question: Question) -> Verdict:
        """Decide and explain one question. Never raises for what the question contains: errors refuse."""
        return self.judge_all([question])[0]

    def judge_all(self, questions: Sequence[Question]) -> list[Verdict]:
        """The same for several; entities that they share, the very same list, are loaded once."""
        loaded: list[dict[str, Any]] | None = None
        entities, found = None, []
        for question in questions:
            if question.entities is not loaded or entities is None:
                loaded, entities = question.entities, self._entities(question.entities)
            found.append(_refusal("engine.entities") if entities is None else self._judge(question, entities))
        return found

    def judge_apart(self, question: Question) -> Verdict:
        """The same answer from each form as the bundle words it, asked one after the other."""
        entities = self._entities(question.entities)
        if entities is None:
            return _refusal("engine.entities")
        request = _request(question, question.context)
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
        if explained != (not failed):
            return _refusal("engine.forms_disagree")
        return _compared(allowed, failed, applying)

    def _judge(self, question: Question, entities: cedarpy.Entities) -> Verdict:
        rules = self._rules.get(question.action)
        if rules is None:
            return _refusal("engine.no_decision")
        shape = question.action, _shape(question.context)
        known = shape in self._checked
        context = {name: question.context[name] for name in rules.reads} if known else question.context
        try:
            request = _request(question, json.dumps(context))
        except (ValueError, TypeError):
            return _refusal("engine.no_decision")
        answer = cedarpy.is_authorized(request, rules.policies, entities, None if known else self._schema)
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            return _refusal("engine.no_decision")
        if not known and len(self._checked) < _MOST_SHAPES:
            self._checked.add(shape)
        return rules.verdict(answer.diagnostics.reasons)

    def _entities(self, entities: Sequence[Mapping[str, Any]]) -> cedarpy.Entities | None:
        """Loaded and validated, None when they do not fit. The status of people and facilities moves, an item stays."""
        try:
            moving = [one for one in entities if one["uid"]["type"] in _MOVING]
            staying = [one for one in entities if one["uid"]["type"] not in _MOVING]
            return self._loaded(json.dumps(staying), json.dumps(moving))
        except (ValueError, TypeError, KeyError):
            return None

    def _load(self, staying: str, moving: str) -> cedarpy.Entities:
        return self._loaded_staying(staying).with_added_json_str(moving, self._schema)

    def _load_staying(self, staying: str) -> cedarpy.Entities:
        return cedarpy.Entities.from_json_str(staying, self._schema)

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
        return tuple([(name, _shape(member)) for name, member in value.items()])
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return type(value)


def _request(question: Question, context: Any) -> dict[str, Any]:
    return {
        "principal": {"type": "Person", "id": question.person},
        "action": {"type": "Action", "id": question.action},
        "resource": {"type": "Item", "id": question.item},
        "context": context,
    }


def _compared(allowed: bool, failed: frozenset[str], applying: frozenset[str]) -> Verdict:  # noqa: FBT001  an answer
    if allowed != (not failed) or not failed <= applying:
        return _refusal("engine.forms_disagree")
    return Verdict(permitted=allowed, failed=failed, applying=applying, errors=())


@dataclass(frozen=True, slots=True)
class _ActionRules:
    """All forms of one action as permits. `applying`: policy -> the rules whose condition it is; `reads`: of a context.

    `always`: the rules without a condition.
    """

    policies: cedarpy.PolicySet
    failing: Mapping[str, str]
    applying: Mapping[str, frozenset[str]]
    always: frozenset[str]
    reads: tuple[str, ...]

    def verdict(self, reasons: Sequence[str]) -> Verdict:
        """What the policies that hold say together."""
        failed = frozenset(self.failing[one] for one in reasons if one in self.failing)
        applying = self.always.union(*(self.applying[one] for one in reasons if one in self.applying))
        return _compared(_DECIDES in reasons and EXPLAIN_BASE in reasons, failed, applying)


def _of_action(parsed: Mapping[str, Any], gates: GateList, action: str) -> _ActionRules:
    """The policies of all forms that concern one action, without what only people read; equal conditions once.

    Their scope (this action, a Person, an Item) is what they are chosen by, and all that they are asked.
    """
    chosen: dict[str, Any] = {}
    rules = {gate.rule: gate for gate in gates.of_action(action)}
    failing: dict[str, str] = {}
    applying: dict[str, frozenset[str]] = {}
    for policy in parsed["staticPolicies"].values():
        form, identity = policy["annotations"]["form"], policy["annotations"]["id"]
        plain = {**policy, **_EVERY_REQUEST, "annotations": {}, "effect": "permit"}
        if form == "decide" and identity == f"decide-{action}":
            chosen[_DECIDES] = plain
        elif form == "explain" and identity == EXPLAIN_BASE:
            chosen[EXPLAIN_BASE] = plain
        elif form == "explain" and identity in rules:
            failing[f"fails/{identity}"] = identity
            chosen[f"fails/{identity}"] = plain
        elif form == "applies" and identity in rules and rules[identity].applies:
            name = "applies/" + " ".join(rules[identity].applies)
            chosen[name] = plain
            applying[name] = applying.get(name, frozenset()) | {identity}
    always = frozenset(rule for rule, gate in rules.items() if not gate.applies)
    reads = sorted(set(_context_members([policy["conditions"] for policy in chosen.values()])))
    return _ActionRules(_policy_set(chosen), failing, applying, always, tuple(reads))


def _context_members(tree: Any) -> Iterator[str]:
    """The members of the context that a policy tree reads; the context itself is read nowhere else."""
    if isinstance(tree, dict):
        if tree.get("Var") == "context":
            raise MalformedInput("bundle.forms", field="policies.cedar", expected="members of the context only")
        member = tree.get(".")
        if isinstance(member, dict) and member.get("left") == {"Var": "context"}:
            yield str(member["attr"])
            return
        for value in tree.values():
            yield from _context_members(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _context_members(value)


def _policy_set(policies: Mapping[str, Any]) -> cedarpy.PolicySet:
    try:
        return cedarpy.PolicySet.from_json_str(
            json.dumps({"templates": {}, "staticPolicies": policies, "templateLinks": []})
        )
    except (ValueError, RecursionError) as error:  # a condition of very many terms nests as deep in this form
        raise MalformedInput("bundle.cedar_depth", field="policies.cedar", expected="shorter conditions") from error


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
