"""The further controls of a relto policy as tag sets of its SPIF, in the values that relto's own 4774 label carries.

1. One restrictive tag set holds every control that the policy names: dissemination words, compartments with their
   paths, RELIDO, foreign information, and lists for display for the nations of the file (`relto.labels.controls_text`).
2. A control excludes the levels at which it may not stand, and the words that it does not stand beside.
3. Compartments and category values whose register is not public are in no file: a label that has one is not valid in
   it, so who knows the policy by this file alone denies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from relto.base.nations import Nation
from relto.labels.control_rules import ControlRules, LevelRange
from relto.labels.nato.spif import (
    CategoryReference,
    CategoryTag,
    CategoryTagSet,
    CategoryValue,
    Marking,
    MarkingData,
    MarkingQualifier,
    Qualifier,
    TagType,
)
from relto.labels.policy import ClassificationPolicy

_TYPES = {
    "RESTRICTIVE": TagType("restrictive"),
    "PERMISSIVE": TagType("permissive"),
    "INFORMATIVE": TagType("tagType7", tag7_encoding="securityAttributes"),
}
_PLACES = ("pageTopBottom", "documentStart", "documentEnd", "portionMarking")
_SLASH = MarkingQualifier(None, (Qualifier("separator", "/"),))


def control_tag_sets(policy: ClassificationPolicy, nations: Sequence[Nation]) -> Iterator[CategoryTagSet]:
    """The tag sets of the policy's controls and of its named categories whose values are known."""
    rules = policy.control_rules
    if rules.tag_set is not None:
        oid, name = rules.tag_set
        values = tuple(_controls(policy, rules, nations, name))
        if values:
            tag = CategoryTag(_TYPES["RESTRICTIVE"], values, name=name, qualifiers=(_SLASH,))
            yield CategoryTagSet(name, oid, (tag,))
    for rule in rules.categories:
        if rule.values:
            found = tuple(CategoryValue(value, value) for value in sorted(rule.values))
            yield CategoryTagSet(rule.name, rule.oid, (CategoryTag(_TYPES[rule.kind], found, name=rule.name),))


def _controls(
    policy: ClassificationPolicy, rules: ControlRules, nations: Sequence[Nation], tag_set: str
) -> Iterable[CategoryValue]:
    words = {rule.name for rule in rules.dissem}
    for compartment in rules.compartments:
        if compartment.path:
            shown = "-".join(compartment.path)
            phrase = f"SAR-{shown}" if compartment.kind == "sap" else shown
            value = f"{compartment.kind.upper()} {'/'.join(compartment.path)}"
            yield _value(value, phrase, _outside(policy, compartment.levels))
    for rule in rules.dissem:
        excluded = tuple(
            CategoryReference(tag_set, _TYPES["RESTRICTIVE"], f"DISSEM {word}")
            for word in sorted(rule.excludes & words)
        )
        yield _value(f"DISSEM {rule.name}", rule.name, _outside(policy, rule.levels), excluded)
    if rules.foreign_information:
        yield _value("FGI", "FGI")
        for nation in nations:
            if nation != policy.nation:
                yield _value(f"FGI {nation}", f"FGI {nation}")
    if rules.relido:
        yield _value("RELIDO", "RELIDO")
    if rules.display_only:
        for nation in nations:
            yield _value(f"DISPLAY ONLY {nation}", f"DISPLAY ONLY {nation}")


def _value(
    name: str, phrase: str, excluded_classes: tuple[str, ...] = (), excluded: tuple[CategoryReference, ...] = ()
) -> CategoryValue:
    marking = Marking((MarkingData(phrase, _PLACES),))
    return CategoryValue(name, name, marking=marking, excluded_classes=excluded_classes, excluded=excluded)


def _outside(policy: ClassificationPolicy, levels: LevelRange) -> tuple[str, ...]:
    """The names of the levels at which the control may not stand."""
    lowest = None if levels.lowest is None else policy.level(levels.lowest)
    highest = None if levels.highest is None else policy.level(levels.highest)
    return tuple(
        level.name
        for level in policy.levels
        if (lowest is not None and level < lowest) or (highest is not None and highest < level)
    )
