"""How a row of an equivalence table carries caveats and categories into the other policy, without loss or widening.

Optional members of a row: `adds_caveats` (words of the other policy to be added), `caveat_equivalents` ({word: word}),
`category_equivalents` ([{from_oid, from_kind, from_value, to_oid, to_kind, to_value}], the last three null to discard).

Refused when loaded, even if a policy file asks for it (labels.md sections 4, 11; traps T8, T9):
 1. What discards a value that is not informative.
 2. What changes the kind of a value: a control that all must hold never becomes one of which any is enough.
 3. What makes two values one (a reader who holds one would pass for the other) or one value two.
 4. A word, tag set or value that its policy does not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from relto.base.errors import MalformedInput, UnknownValue
from relto.labels.controls import NO_CONTROLS, Category, CategoryKind, Controls
from relto.labels.policy import ClassificationPolicy

CARRYING_MEMBERS: Final = frozenset({"adds_caveats", "caveat_equivalents", "category_equivalents"})
MAX_CARRIED = 1024
_CATEGORY = frozenset({"from_oid", "from_kind", "from_value", "to_oid", "to_kind", "to_value"})
Value = tuple[str, CategoryKind, str]
"""Tag set, kind and value."""


@dataclass(frozen=True)
class Carrying:
    """What one row carries over. A category value mapped to None is informative and may be left behind."""

    adds_caveats: frozenset[str]
    caveats: Mapping[str, str]
    categories: Mapping[Value, Value | None]

    def caveats_of(self, caveats: frozenset[str]) -> frozenset[str] | None:
        """The other policy's caveats, or None when one of these has no equivalent."""
        if not caveats <= set(self.caveats):
            return None
        return frozenset(self.caveats[name] for name in caveats) | self.adds_caveats

    def controls_of(self, controls: Controls) -> Controls | None:
        """The controls in the other policy, or None when one that decides has no equivalent.

        A list of nations for display means the same in every policy; all else but categories needs a person.
        """
        if replace(controls, categories=(), display_to=frozenset()).decides:
            return None
        found: dict[tuple[str, CategoryKind], set[str]] = {}
        for category in controls.categories:
            for value in category.values:
                target = self.categories.get((category.tag_set_oid, category.kind, value))
                if target is not None:
                    found.setdefault(target[:2], set()).add(target[2])
                elif category.kind != "INFORMATIVE":
                    return None
        carried = tuple(Category(oid, kind, frozenset(values)) for (oid, kind), values in found.items())
        return replace(NO_CONTROLS, categories=carried, display_to=controls.display_to)


CARRIES_NOTHING: Final = Carrying(frozenset(), {}, {})


def read_carrying(row: Mapping[str, object], origin: ClassificationPolicy, target: ClassificationPolicy) -> Carrying:
    """The optional members of a row. Raises MalformedInput or UnknownValue naming the member."""
    adds, words = row.get("adds_caveats", []), row.get("caveat_equivalents", {})
    categories = row.get("category_equivalents", [])
    if not isinstance(adds, list) or not isinstance(words, Mapping) or not isinstance(categories, list):
        raise MalformedInput("equivalence", field="equivalence", expected="lists, and words by words")
    if max(len(adds), len(words), len(categories)) > MAX_CARRIED:
        raise MalformedInput("equivalence", field="equivalence", expected=f"at most {MAX_CARRIED}")
    caveats = {
        origin.caveat(_text(word, "caveat_equivalents")).name: target.caveat(_text(to, "caveat_equivalents")).name
        for word, to in words.items()
    }
    _one_to_one(list(caveats.values()), "caveat_equivalents")
    return Carrying(
        adds_caveats=frozenset(target.caveat(_text(word, "adds_caveats")).name for word in adds),
        caveats=caveats,
        categories=_categories(categories, origin, target),
    )


def _categories(
    items: list[object], origin: ClassificationPolicy, target: ClassificationPolicy
) -> dict[Value, Value | None]:
    field = "category_equivalents"
    pairs: list[tuple[Value, Value | None]] = []
    for item in items:
        if not isinstance(item, Mapping) or set(item) != _CATEGORY:
            raise MalformedInput("equivalence", field=f"equivalence.{field}", expected=", ".join(sorted(_CATEGORY)))
        start = _value(item, "from", origin)
        if all(item[f"to_{part}"] is None for part in ("oid", "kind", "value")):
            if start[1] != "INFORMATIVE":
                raise _refused("discards", field, "every control that is not informative kept")
            pairs.append((start, None))
            continue
        end = _value(item, "to", target)
        if end[1] != start[1]:
            raise _refused("widens", field, "the same kind")
        pairs.append((start, end))
    _one_to_one([start for start, _ in pairs], field)
    _one_to_one([end for _, end in pairs if end is not None], field)
    return dict(pairs)


def _value(item: Mapping[str, object], side: str, policy: ClassificationPolicy) -> Value:
    oid, kind, value = (_text(item[f"{side}_{part}"], "category_equivalents") for part in ("oid", "kind", "value"))
    for rule in policy.control_rules.categories:
        if (rule.oid, rule.kind) == (oid, kind) and (rule.values is None or value in rule.values):
            return oid, cast("CategoryKind", kind), value
    raise UnknownValue(
        "equivalence.category", field="equivalence.category_equivalents", expected=f"a category of {policy.name}"
    )


def _one_to_one(values: Sequence[object], field: str) -> None:
    if len(set(values)) != len(values):
        raise _refused("widens", field, "one value for one value")


def _refused(how: str, field: str, expected: str) -> MalformedInput:
    return MalformedInput(f"equivalence.{how}", field=f"equivalence.{field}", expected=expected)


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise MalformedInput("equivalence", field=f"equivalence.{field}", expected="text")
    return value
