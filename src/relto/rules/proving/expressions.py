"""Cedar expressions as terms: the value, and when evaluation does not err (Cedar language reference, "evaluation").

The tree is cedarpy's own JSON form of the policy text. Every operator here means exactly what Cedar says, with its
short circuits and its errors (an absent tag, 64-bit overflow). Any other operator, attribute or type is refused with
"proof.unknown": what cannot be translated is not proved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from relto.base.errors import MalformedInput
from relto.rules.proving.symbols import FALSE, TRUE, Symbols, TextSet, conj, disj, neg, number, same
from relto.rules.proving.world import Label, Value, View

_LEAST, _MOST = -(2**63), 2**63 - 1
_COMPARISONS = ("<", "<=", ">", ">=")
_ARITHMETIC = ("+", "-")
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The value of an expression, and the condition under which there is one."""

    value: Value
    ok: str = TRUE


@dataclass(frozen=True, slots=True)
class Truth:
    """A Boolean value."""

    term: str


@dataclass(frozen=True, slots=True)
class Number:
    """A Long."""

    term: str


@dataclass(frozen=True, slots=True)
class Text:
    """A String."""

    term: str


def unknown(what: str) -> MalformedInput:
    """The refusal of anything that the translation does not cover."""
    return MalformedInput("proof.unknown", field="policies.cedar", found=what[:60], expected="what the prover knows")


class Expressions:
    """Expressions of one view's policies."""

    def __init__(self, view: View, types: Mapping[str, Any]) -> None:
        """`types`: the types of the shipped schema, see `relto.rules.proving.schema_types`."""
        self._symbols: Symbols = view.world.symbols
        self._roots = {"principal": view.principal, "resource": view.resource, "context": view.context}
        self._types = types
        self._handlers: Mapping[str, Callable[[Any, int], Found]] = {
            "Value": self._literal,
            "Var": self._variable,
            ".": self._attribute,
            "Set": self._members,
            "!": self._not,
            "&&": self._and,
            "||": self._or,
            "==": self._equal,
            "!=": self._unequal,
            "contains": self._contains,
            "containsAll": self._contains_all,
            "isEmpty": self._is_empty,
            "hasTag": self._has_tag,
            "getTag": self._get_tag,
        }

    def truth(self, tree: Any) -> Found:
        """A Boolean expression: `value` is the term of its truth."""
        found = self._of(tree, 0)
        return Found(_as(Truth, found.value).term, found.ok)

    def _of(self, tree: Any, depth: int) -> Found:
        if depth > MAX_DEPTH or not isinstance(tree, dict) or len(tree) != 1:
            raise unknown("expression")
        ((operator, body),) = tree.items()
        if operator in _COMPARISONS:
            return self._compare(operator, body, depth + 1)
        if operator in _ARITHMETIC:
            return self._compute(operator, body, depth + 1)
        handler = self._handlers.get(operator)
        if handler is None:
            raise unknown(str(operator))
        return handler(body, depth + 1)

    def _literal(self, body: Any, _: int) -> Found:
        if isinstance(body, bool):
            return Found(Truth(TRUE if body else FALSE))
        if isinstance(body, int):
            return Found(Number(number(body)))
        if isinstance(body, str):
            return Found(Text(self._symbols.literal(body)))
        raise unknown("literal")

    def _variable(self, body: Any, _: int) -> Found:
        if body not in self._roots:
            raise unknown(str(body))
        return Found((self._roots[body], self._types[body]))

    def _attribute(self, body: Any, depth: int) -> Found:
        of = self._of(body["left"], depth)
        name = body["attr"]
        if not isinstance(of.value, tuple):
            raise unknown(f".{name}")
        record, types = of.value
        if name not in types:
            raise unknown(f".{name}")
        inner = record.rank if isinstance(record, Label) and name == "rank" else record[name]
        return Found(_typed(inner, types[name]), of.ok)

    def _members(self, body: Any, depth: int) -> Found:
        found = [self._of(member, depth) for member in body]
        terms = [_as(Text, member.value).term for member in found]
        name = "of " + " ".join(terms)
        members = TextSet(name, lambda member: disj(same(member, term) for term in terms))
        return Found(members, conj(member.ok for member in found))

    def _not(self, body: Any, depth: int) -> Found:
        found = self._of(body["arg"], depth)
        return Found(Truth(neg(_as(Truth, found.value).term)), found.ok)

    def _and(self, body: Any, depth: int) -> Found:
        left, right = self._truths(body, depth)
        return Found(Truth(conj((left.value, right.value))), conj((left.ok, disj((neg(left.value), right.ok)))))

    def _or(self, body: Any, depth: int) -> Found:
        left, right = self._truths(body, depth)
        return Found(Truth(disj((left.value, right.value))), conj((left.ok, disj((left.value, right.ok)))))

    def _truths(self, body: Any, depth: int) -> tuple[Found, Found]:
        pair = (self._of(body["left"], depth), self._of(body["right"], depth))
        left, right = (Found(_as(Truth, found.value).term, found.ok) for found in pair)
        return left, right

    def _pair(self, body: Any, depth: int) -> tuple[Value, Value, str]:
        left, right = self._of(body["left"], depth), self._of(body["right"], depth)
        return left.value, right.value, conj((left.ok, right.ok))

    def _equal(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        if type(left) is not type(right) or not isinstance(left, Text | Number | Truth):
            raise unknown("==")
        return Found(Truth(same(left.term, right.term)), ok)

    def _unequal(self, body: Any, depth: int) -> Found:
        found = self._equal(body, depth)
        return Found(Truth(neg(found.value.term)), found.ok)

    def _compare(self, operator: str, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        return Found(Truth(f"({operator} {_as(Number, left).term} {_as(Number, right).term})"), ok)

    def _compute(self, operator: str, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        term = f"({operator} {_as(Number, left).term} {_as(Number, right).term})"
        return Found(Number(term), conj((ok, f"(<= {number(_LEAST)} {term} {number(_MOST)})")))

    def _contains(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        return Found(Truth(_as(TextSet, left).holds(_as(Text, right).term)), ok)

    def _contains_all(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        return Found(Truth(self._symbols.subset(_as(TextSet, left), _as(TextSet, right))), ok)

    def _is_empty(self, body: Any, depth: int) -> Found:
        found = self._of(body["arg"], depth)
        return Found(Truth(self._symbols.empty(_as(TextSet, found.value))), found.ok)

    def _has_tag(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        return Found(Truth(_label(left).has_tag(_as(Text, right).term)), ok)

    def _get_tag(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        key = _as(Text, right).term
        return Found(Number(_label(left).tag(key)), conj((ok, _label(left).has_tag(key))))


def _typed(inner: Value, kind: Any) -> Value:
    wrap = {"Boolean": Truth, "Long": Number, "String": Text}.get(kind) if isinstance(kind, str) else None
    if wrap is not None:
        return wrap(inner)
    return inner if kind == "Set<String>" else (inner, kind)


def _as(kind: type, value: Value) -> Any:
    if not isinstance(value, kind):
        raise unknown(type(value).__name__)
    return value


def _label(value: Value) -> Label:
    if isinstance(value, tuple) and isinstance(value[0], Label):
        return value[0]
    raise unknown("tag")
