"""Is a label one that its policy allows? Validity comes before access (trap T16).

A label is valid when all hold (labels.md section 4; the prose of the SPIF schema 2.1 and ADatP-4774.1 section 3):
 1. its policy is the SPIF's; its level is known; each value is known for its tag set and kind;
 2. what the level requires, and what each value requires, stands beside it;
 3. no value excludes the level or another value, and each value's required level is the label's;
 4. the number of values of each tag is within its bounds;
 5. the SPIF and each value are within their dates.
Obsolete levels and values are valid in a label that is read, and not in one that is written.

Readings that the prose leaves open: a requirement with `all="true"` is met by any value of that set and type; onlyOne
counts the values chosen among all it names; `excludedCategory` with `all="true"` on a value of the same set means the
other values; a minimum of selections holds for a label without that tag too, so minSelection 1 makes it mandatory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relto.base.instants import Instant
from relto.labels.nato.policy_label import ConfidentialityInformation
from relto.labels.nato.selection import Fault, Selected, Selection, select
from relto.labels.nato.spif import (
    CategoryReference,
    CategoryTag,
    CategoryTagSet,
    RequiredCategory,
    Spif,
    lacv_key,
)


def faults_of(
    information: ConfidentialityInformation, spif: Spif, at: Instant, *, is_new: bool = False
) -> tuple[Fault, ...]:
    """All that the policy has against the label at an instant; empty when it is valid. Total: it never raises.

    `is_new`: the label is about to be written, so obsolete levels and values count as faults.
    """
    return selection_faults(select(information, spif), information.privacy_mark, at, is_new=is_new)


def selection_faults(
    selection: Selection, privacy_mark: str | None, at: Instant, *, is_new: bool = False
) -> tuple[Fault, ...]:
    """The same for a selection that is already made."""
    if selection.classification is None:
        return selection.faults
    faults = [*selection.faults, *_date_faults(selection, at), *_level_faults(selection, is_new=is_new)]
    for selected in selection.values:
        faults.extend(_value_faults(selected, selection, is_new=is_new))
    for tag_set in selection.spif.tag_sets:
        for tag in tag_set.tags:
            faults.extend(_count_faults(tag_set, tag, selection))
    faults.extend(_privacy_mark_faults(privacy_mark, selection.spif, is_new=is_new))
    return tuple(faults)


def _date_faults(selection: Selection, at: Instant) -> Iterator[Fault]:
    issue = selection.spif.issue
    if issue.not_before is not None and at < issue.not_before:
        yield Fault("policy.not_before", "PolicyIdentifier")
    if issue.not_after is not None and at > issue.not_after:
        yield Fault("policy.not_after", "PolicyIdentifier")
    for selected in selection.values:
        value = selected.value
        if value.not_before is not None and at < value.not_before:
            yield Fault("value.not_before", selected.tag_set.name, value.name)
        if value.not_after is not None and at > value.not_after:
            yield Fault("value.not_after", selected.tag_set.name, value.name)


def _level_faults(selection: Selection, *, is_new: bool) -> Iterator[Fault]:
    level = selection.classification
    if level is None:
        return
    if is_new and level.is_obsolete:
        yield Fault("level.obsolete", "Classification", level.name)
    if not all(_is_met(required, selection.values) for required in level.required):
        yield Fault("level.required_category", "Classification", level.name)


def _value_faults(selected: Selected, selection: Selection, *, is_new: bool) -> Iterator[Fault]:
    value, element, level = selected.value, selected.tag_set.name, selection.classification
    if level is None:
        return
    if is_new and value.is_obsolete:
        yield Fault("value.obsolete", element, value.name)
    if level.name in value.excluded_classes:
        yield Fault("value.excluded_class", element, value.name)
    if value.required_class not in {None, level.name}:
        yield Fault("value.required_class", element, value.name)
    if not all(_is_met(required, selection.values) for required in value.required):
        yield Fault("value.required_category", element, value.name)
    others = [other for other in selection.values if other is not selected]
    if any(_means(reference, other) for reference in value.excluded for other in others):
        yield Fault("value.excluded_category", element, value.name)


def _is_met(required: RequiredCategory, values: Iterable[Selected]) -> bool:
    chosen = list(values)
    if required.operation == "all":
        return all(any(_means(reference, one) for one in chosen) for reference in required.references)
    count = sum(any(_means(reference, one) for reference in required.references) for one in chosen)
    return count == 1 if required.operation == "onlyOne" else count >= 1


def _means(reference: CategoryReference, selected: Selected) -> bool:
    if reference.tag_set != selected.tag_set.name or not reference.tag_type.is_same_type(selected.tag.tag_type):
        return False
    return reference.lacv is None or lacv_key(reference.lacv) == lacv_key(selected.value.lacv)


def _count_faults(tag_set: CategoryTagSet, tag: CategoryTag, selection: Selection) -> Iterator[Fault]:
    count = sum(selected.tag is tag for selected in selection.values)
    if (tag.is_single_selection and count > 1) or (tag.max_selection is not None and count > tag.max_selection):
        yield Fault("selection.too_many", tag_set.name)
    if tag.min_selection is not None and count < tag.min_selection:
        yield Fault("selection.too_few", tag_set.name)


def _privacy_mark_faults(privacy_mark: str | None, spif: Spif, *, is_new: bool) -> Iterator[Fault]:
    """A policy that lists privacy marks knows no other; one that lists none leaves them free."""
    if spif.privacy_marks is None:
        return
    if privacy_mark is None:
        if spif.privacy_marks.min_selection:
            yield Fault("privacy_mark.missing", "PrivacyMark")
        return
    known = next((mark for mark in spif.privacy_marks.marks if spif.is_same(mark.name, privacy_mark)), None)
    if known is None or spif.privacy_marks.max_selection == 0:
        yield Fault("privacy_mark.unknown", "PrivacyMark", privacy_mark)
    elif is_new and known.is_obsolete:
        yield Fault("privacy_mark.obsolete", "PrivacyMark", privacy_mark)
