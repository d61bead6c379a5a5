"""The columnar evaluator: Cedar's own syntax tree of a rule, walked once over whole columns. It is never an authority.

The tree is cedarpy's JSON form of the policy text, as in `relto.rules.proving.expressions`; each operator means what
Cedar says, with its short circuits and its errors. Any other operator, attribute or type is refused with
"impact.unknown". Nothing here knows a rule: what it answers is compared with Cedar (`relto.rules.impact.oracle`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from relto.base.errors import MalformedInput
from relto.rules.impact.holdings import Column

MAX_DEPTH = 200
_TRUE: Column = np.array(True)  # noqa: FBT003  NumPy takes the value so
_COMPARISONS: Mapping[str, Callable[[Column, Column], Column]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Truth:
    """Boolean values."""

    values: Column


@dataclass(frozen=True, slots=True)
class Number:
    """Longs."""

    values: Column


@dataclass(frozen=True, slots=True)
class Text:
    """Strings as the numbers that `Strings` gives them. `identity`: they say which person or item, not a word."""

    values: Column
    identity: bool = False


@dataclass(frozen=True, slots=True)
class TextSet:
    """Sets of strings: `rows` of `members`, whose columns are the strings numbered `words`."""

    rows: Column
    members: Column
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Labels: `rows` of `tags`, a number for each of the strings numbered `words`, `known` where there is a tag."""

    rows: Column
    tags: Column
    known: Column
    words: tuple[int, ...]


Value = Truth | Number | Text | TextSet | Label
Found = tuple[Value, Column]
"""A value, and where there is one: elsewhere Cedar errs."""


class Strings:
    """A number for each string; the empty one is 0."""

    def __init__(self) -> None:
        """None but the empty string is known at first."""
        self._numbers = {"": 0}

    def number(self, word: str) -> int:
        """The number of a string, always the same one."""
        return self._numbers.setdefault(word, len(self._numbers))

    def __len__(self) -> int:
        """Above every number given so far."""
        return len(self._numbers)


class Facts(Protocol):
    """Where the attributes come from."""

    @property
    def strings(self) -> Strings:
        """The numbers of the strings."""
        ...

    def value(self, path: str) -> Value:
        """The values of an attribute such as "principal.facility.rank". Raises MalformedInput when unknown."""
        ...


def unknown(what: str) -> MalformedInput:
    """The refusal of anything that the evaluator does not cover."""
    return MalformedInput("impact.unknown", field="policies.cedar", found=what[:60], expected="what can be weighed")


def path_of(tree: Any) -> str | None:
    """The dotted name of an attribute expression, None when it is none."""
    if isinstance(tree, dict) and len(tree) == 1:
        if "Var" in tree:
            return str(tree["Var"])
        if "." in tree:
            left = path_of(tree["."]["left"])
            return None if left is None else f"{left}.{tree['.']['attr']}"
    return None


def reads(tree: Any) -> Iterator[str]:
    """The attributes that an expression reads."""
    path = path_of(tree)
    if path is not None:
        yield path
    elif isinstance(tree, dict):
        for member in tree.values():
            yield from reads(member)
    elif isinstance(tree, list):
        for member in tree:
            yield from reads(member)


def permitted(tree: Any, facts: Facts) -> Column:
    """Where a condition is true and errs nowhere."""
    value, ok = _Walk(facts).of(tree, 0)
    return np.asarray(_as(Truth, value).values & ok)


class _Walk:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._handlers: Mapping[str, Callable[[Any, int], Found]] = {
            "Value": self._literal,
            "Set": self._members,
            "!": self._not,
            "&&": self._and,
            "||": self._or,
            "==": self._equal,
            "!=": self._unequal,
            "+": self._add,
            "-": self._subtract,
            "contains": self._contains,
            "containsAll": self._contains_all,
            "isEmpty": self._is_empty,
            "hasTag": self._has_tag,
            "getTag": self._get_tag,
        }

    def of(self, tree: Any, depth: int) -> Found:
        if depth > MAX_DEPTH or not isinstance(tree, dict) or len(tree) != 1:
            raise unknown("expression")
        path = path_of(tree)
        if path is not None:
            return self._facts.value(path), _TRUE
        ((operator, body),) = tree.items()
        if operator in _COMPARISONS:
            left, right, ok = self._pair(body, depth + 1)
            return Truth(_COMPARISONS[operator](_as(Number, left).values, _as(Number, right).values)), ok
        handler = self._handlers.get(operator)
        if handler is None:
            raise unknown(str(operator))
        return handler(body, depth + 1)

    def _pair(self, body: Any, depth: int) -> tuple[Value, Value, Column]:
        (left, first), (right, second) = self.of(body["left"], depth), self.of(body["right"], depth)
        return left, right, first & second

    def _literal(self, body: Any, _: int) -> Found:
        if isinstance(body, bool):
            return Truth(np.array(body)), _TRUE
        if isinstance(body, int):
            return Number(np.array(body, dtype=np.int64)), _TRUE
        if isinstance(body, str):
            return Text(np.array(self._facts.strings.number(body))), _TRUE
        raise unknown("literal")

    def _members(self, body: Any, depth: int) -> Found:
        found = [_as(Text, self.of(member, depth)[0]) for member in body]
        if any(member.values.ndim or member.identity for member in found):
            raise unknown("set")
        words = tuple(int(member.values) for member in found)
        return TextSet(np.array(0), np.ones((1, len(words)), dtype=bool), words), _TRUE

    def _not(self, body: Any, depth: int) -> Found:
        value, ok = self.of(body["arg"], depth)
        return Truth(~_as(Truth, value).values), ok

    def _and(self, body: Any, depth: int) -> Found:
        (left, first), (right, second) = self._truths(body, depth)
        return Truth(left & right), first & (second | ~left)

    def _or(self, body: Any, depth: int) -> Found:
        (left, first), (right, second) = self._truths(body, depth)
        return Truth(left | right), first & (second | left)

    def _truths(self, body: Any, depth: int) -> tuple[tuple[Column, Column], tuple[Column, Column]]:
        (left, first), (right, second) = self.of(body["left"], depth), self.of(body["right"], depth)
        return (_as(Truth, left).values, first), (_as(Truth, right).values, second)

    def _equal(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        if type(left) is not type(right) or not isinstance(left, Text | Number | Truth):
            raise unknown("==")
        if isinstance(left, Text) and isinstance(right, Text) and left.identity != right.identity:
            plain = right if left.identity else left
            if plain.values.ndim or int(plain.values):
                raise unknown("an identity compared with a word")
        return Truth(left.values == _as(type(left), right).values), ok

    def _unequal(self, body: Any, depth: int) -> Found:
        value, ok = self._equal(body, depth)
        return Truth(~_as(Truth, value).values), ok

    def _add(self, body: Any, depth: int) -> Found:
        left, right, ok = self._numbers(body, depth)
        total = np.add(left, right)
        return Number(total), ok & ~(((left ^ total) & (right ^ total)) < 0)

    def _subtract(self, body: Any, depth: int) -> Found:
        left, right, ok = self._numbers(body, depth)
        rest = np.subtract(left, right)
        return Number(rest), ok & ~(((left ^ right) & (left ^ rest)) < 0)

    def _numbers(self, body: Any, depth: int) -> tuple[Column, Column, Column]:
        left, right, ok = self._pair(body, depth)
        return np.atleast_1d(_as(Number, left).values), np.atleast_1d(_as(Number, right).values), ok

    def _contains(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        held, text = _as(TextSet, left), _plain(right)
        members = np.concatenate([held.members, np.zeros((len(held.members), 1), dtype=bool)], axis=1)
        return Truth(members[held.rows, self._places(held.words)[text.values]]), ok

    def _places(self, words: tuple[int, ...]) -> Column:
        """String number -> column; the column behind the last one where the string is none of them."""
        places = np.full(len(self._facts.strings), len(words), dtype=np.int64)
        places[list(words)] = np.arange(len(words))
        return places

    def _contains_all(self, body: Any, depth: int) -> Found:
        left, right, ok = self._pair(body, depth)
        held, asked = _as(TextSet, left), _as(TextSet, right)
        members = np.concatenate([held.members, np.zeros((len(held.members), 1), dtype=bool)], axis=1)
        missing = ~members[:, self._places(held.words)[list(asked.words)]]
        table = (missing.astype(np.float32) @ asked.members.T.astype(np.float32)) == 0
        return Truth(table[held.rows, asked.rows]), ok

    def _is_empty(self, body: Any, depth: int) -> Found:
        value, ok = self.of(body["arg"], depth)
        held = _as(TextSet, value)
        return Truth(~held.members.any(axis=1)[held.rows]), ok

    def _tag(self, body: Any, depth: int) -> tuple[Label, Column, Column, Column]:
        left, right, ok = self._pair(body, depth)
        label = _as(Label, left)
        places = self._places(label.words)[_plain(right).values]
        known = np.concatenate([label.known, np.zeros((len(label.known), 1), dtype=bool)], axis=1)
        return label, places, known[label.rows, places], ok

    def _has_tag(self, body: Any, depth: int) -> Found:
        _, _, known, ok = self._tag(body, depth)
        return Truth(known), ok

    def _get_tag(self, body: Any, depth: int) -> Found:
        label, places, known, ok = self._tag(body, depth)
        tags = np.concatenate([label.tags, np.zeros((len(label.tags), 1), dtype=label.tags.dtype)], axis=1)
        return Number(tags[label.rows, places]), ok & known


def _plain(value: Value) -> Text:
    text: Text = _as(Text, value)
    if text.identity:
        raise unknown("an identity among words")
    return text


def _as(kind: type, value: Value) -> Any:
    if not isinstance(value, kind):
        raise unknown(type(value).__name__)
    return value
