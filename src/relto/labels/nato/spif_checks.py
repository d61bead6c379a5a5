"""What must hold inside a SPIF: the identity constraints of the schema 2.1, and what the schema does not check.

Of the schema: names and object identifiers of policies, names, lacv and colours of levels, names and object identifiers
of tag sets are unique; every policy, level and tag set that is referred to is there.
Beyond it (labels.md section 4): hierarchies are unique; the tag sets inside a category's requirements are there; a
lacv that is referred to is there and means one value; in one tag set no name stands twice under one kind and no lacv
twice under one type; the informative tags of a set have one encoding; no minimum is above its maximum.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from relto.labels.nato.bounded_xml import malformed
from relto.labels.nato.spif import (
    CategoryReference,
    CategoryTag,
    CategoryTagSet,
    CategoryValue,
    RequiredCategory,
    Spif,
    TagType,
    lacv_key,
    referenced,
)
from relto.labels.nato.spif_parts import WHAT


def check_spif(spif: Spif, *, is_partial: bool = False) -> None:
    """Raise MalformedInput unless all of the above holds; `is_partial` lets a reference name a value left out."""
    _check_policies(spif)
    levels = spif.classifications
    if not levels:
        malformed(WHAT, "element", "securityClassification", "at least one securityClassification")
    _unique((level.name for level in levels), "securityClassification.name")
    _unique((level.lacv for level in levels), "securityClassification.lacv")
    _unique((level.hierarchy for level in levels), "securityClassification.hierarchy")
    _unique((level.color for level in levels if level.color is not None), "securityClassification.color")
    _unique((tag_set.name for tag_set in spif.tag_sets), "securityCategoryTagSet.name")
    _unique((tag_set.oid for tag_set in spif.tag_sets), "securityCategoryTagSet.id")
    for tag_set in spif.tag_sets:
        _check_tag_set(tag_set)
    if spif.privacy_marks is not None:
        _unique((mark.name for mark in spif.privacy_marks.marks), "privacyMark.name")
        _check_selection(spif.privacy_marks.min_selection, spif.privacy_marks.max_selection, "privacyMarks")
    _check_level_names(spif)
    for reference in _references(spif):
        _check_reference(spif, reference, is_partial=is_partial)


def _check_policies(spif: Spif) -> None:
    default = () if spif.default_policy is None else (spif.default_policy,)
    others = (*spif.equivalent_policies, *default)
    _unique((policy.name for policy in others), "equivalentPolicy.name")
    _unique((policy.oid for policy in others), "equivalentPolicy.id")
    known = {policy.name for policy in others}
    named = [equivalent.policy_name for level in spif.classifications for equivalent in level.equivalents]
    named += [equivalent.policy_name for _, _, value in _values(spif) for equivalent in value.equivalents]
    named += [equivalent.policy_name for tag_set in spif.tag_sets for equivalent in tag_set.equivalents]
    if set(named) - known:
        malformed(WHAT, "reference", "policyRef", "the name of an equivalentPolicy")


def _check_level_names(spif: Spif) -> None:
    known = {level.name for level in spif.classifications}
    for _, _, value in _values(spif):
        named = {*value.excluded_classes, *([] if value.required_class is None else [value.required_class])}
        if named - known:
            malformed(WHAT, "reference", "tagCategory", "the names of levels of this policy")


def _check_tag_set(tag_set: CategoryTagSet) -> None:
    field = "securityCategoryTag"
    names = [(tag.tag_type.kind, value.name) for tag in tag_set.tags for value in tag.values]
    _unique((name for name in names if name[0] is not None), "tagCategory.name")
    types = [(_type_key(tag.tag_type), lacv_key(value.lacv)) for tag in tag_set.tags for value in tag.values]
    _unique(types, "tagCategory.lacv")
    if len({tag.tag_type.tag7_encoding for tag in tag_set.tags if tag.tag_type.name == "tagType7"}) > 1:
        malformed(WHAT, "tag_type", f"{field}.tag7Encoding", "one encoding for all informative tags of a set")
    for tag in tag_set.tags:
        _check_selection(tag.min_selection, tag.max_selection, field)
        if tag.is_single_selection and (tag.min_selection or 0) > 1:
            malformed(WHAT, "selection", field, "a minimum of at most 1 beside singleSelection")


def _check_selection(minimum: int | None, maximum: int | None, field: str) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        malformed(WHAT, "selection", field, "minSelection not above maxSelection")


def _check_reference(spif: Spif, reference: CategoryReference, *, is_partial: bool) -> None:
    tag_set = next((known for known in spif.tag_sets if known.name == reference.tag_set), None)
    if tag_set is None:
        malformed(WHAT, "reference", "tagSetRef", "the name of a tag set of this policy")
    if reference.lacv is None:
        found = any(reference.tag_type.is_same_type(tag.tag_type) for tag in tag_set.tags)
        if not found and not is_partial:
            malformed(WHAT, "reference", "tagType", "a type that the tag set has")
        return
    means = len(list(referenced(tag_set, reference.tag_type, reference.lacv)))
    if means > 1 or (means == 0 and not is_partial):
        malformed(WHAT, "reference", "lacv", "the lacv of one value of that tag set and type")


def _references(spif: Spif) -> Iterator[CategoryReference]:
    """References into this policy's own tag sets; those under an equivalence speak about the other policy's."""
    for level in spif.classifications:
        yield from _required(level.required)
    for _, _, value in _values(spif):
        yield from _required(value.required)
        yield from value.excluded


def _required(requirements: Iterable[RequiredCategory]) -> Iterator[CategoryReference]:
    for requirement in requirements:
        yield from requirement.references


def _values(spif: Spif) -> Iterator[tuple[CategoryTagSet, CategoryTag, CategoryValue]]:
    for tag_set in spif.tag_sets:
        for tag in tag_set.tags:
            for value in tag.values:
                yield tag_set, tag, value


def _type_key(tag_type: TagType) -> tuple[str, str | None]:
    return tag_type.name, tag_type.enum_type


def _unique(values: Iterable[Hashable], field: str) -> None:
    seen: set[Hashable] = set()
    for value in values:
        if value in seen:
            malformed(WHAT, "duplicate", field, "each value once")
        seen.add(value)
