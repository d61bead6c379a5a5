"""What a label or a clearance names, found in its policy: identities instead of words.

Names are compared as the policy says (`Spif.is_same`). A tag set is found by its object identifier when the label gives
one, and then its name must agree; else by its name. Nothing is guessed: what is not found is a fault, and the rest of
the selection is still made, so that a caller can show all faults at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.spif import CategoryKind, CategoryTag, CategoryTagSet, CategoryValue, Classification, Spif


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the policy does not allow. `code` is stable; `element` and `name` say where, in the label."""

    code: str
    element: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Selected:
    """One value of the policy that was chosen."""

    tag_set: CategoryTagSet
    tag: CategoryTag
    value: CategoryValue

    @property
    def kind(self) -> CategoryKind:
        """The value's kind; only values that a label can carry are ever selected."""
        kind = self.tag.tag_type.kind
        if kind is None:
            raise TypeError("a value of a type that no label can carry")
        return kind

    @property
    def identity(self) -> tuple[str, CategoryKind, str]:
        """Object identifier of the set, kind and name: what makes two values the same (never the tag's name)."""
        return self.tag_set.oid, self.kind, self.value.name


@dataclass(frozen=True, slots=True)
class Selection:
    """A level and values of one policy, in the policy's order, and what could not be found."""

    spif: Spif
    classification: Classification | None
    values: tuple[Selected, ...]
    faults: tuple[Fault, ...]

    def of_kind(self, kind: CategoryKind) -> tuple[Selected, ...]:
        """The values of one kind."""
        return tuple(selected for selected in self.values if selected.kind == kind)


def select(information: ConfidentialityInformation, spif: Spif) -> Selection:
    """Find what the label names. Total: it never raises."""
    faults = list(policy_faults(information.policy_name, information.policy_oid, spif))
    classification = None if faults else spif.classification(information.classification)
    if classification is None and not faults:
        faults.append(Fault("level.unknown", "Classification", information.classification))
    values, value_faults = ((), ()) if faults else select_values(information.categories, spif)
    return Selection(spif, classification, tuple(values), (*faults, *value_faults))


def policy_faults(name: str, oid: str | None, spif: Spif) -> Iterable[Fault]:
    """The policy is the SPIF's own, by name (letter case does not count) and, where it is given, by identifier."""
    if name.casefold() != spif.policy.name.casefold():
        yield Fault("policy.name", "PolicyIdentifier", name)
    if oid is not None and oid != spif.policy.oid:
        yield Fault("policy.oid", "PolicyIdentifier", oid)


def select_values(categories: Iterable[Category], spif: Spif) -> tuple[tuple[Selected, ...], tuple[Fault, ...]]:
    """The values that the categories name, in the policy's order, and what could not be found."""
    found: dict[tuple[str, CategoryKind, str], Selected] = {}
    faults: list[Fault] = []
    for category in categories:
        by_oid = None if category.oid is None else spif.tag_set_by_oid(category.oid)
        tag_set = by_oid if category.oid is not None else spif.tag_set(category.tag_name)
        if tag_set is None or not spif.is_same(tag_set.name, category.tag_name):
            faults.append(Fault("tag_set.unknown", "Category", category.tag_name))
            continue
        for name in category.values:
            value = spif.value(tag_set, category.kind, name)
            if value is None:
                faults.append(Fault("value.unknown", category.tag_name, name))
                continue
            selected = Selected(tag_set, *value)
            if selected.identity in found:
                faults.append(Fault("value.duplicate", category.tag_name, name))
            found[selected.identity] = selected
    return tuple(_in_policy_order(found.values(), spif)), tuple(faults)


def _in_policy_order(values: Iterable[Selected], spif: Spif) -> list[Selected]:
    known = [
        (tag_set.oid, tag.tag_type.kind, value.name)
        for tag_set in spif.tag_sets
        for tag in tag_set.tags
        for value in tag.values
    ]
    place = {identity: index for index, identity in enumerate(known)}
    return sorted(values, key=lambda selected: place[selected.identity])
