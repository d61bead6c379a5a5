"""NATO's dominant label (ADatP-4774.1 section 4.4, rules R1 to R9): for interoperability and display only.

R1 all labels in one policy. R2 what cannot be mapped is for a person. R3 the level is the highest. R4 permissive values
are intersected; R5 an empty intersection and R6 a category that one label lacks are DROPPED. R7 restrictive values are
united; R8 so are informative ones. R9 the result is validated; an invalid one is for a person.

R5 and R6 let the joined label be read more widely than a part of it (labels.md section 6), so this result is a type of
its own that no decision takes. relto's own join keeps "nobody" and never drops it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relto.base.instants import Instant
from relto.labels.nato.policy_label import Category, ConfidentialityInformation
from relto.labels.nato.selection import Selected, Selection, select
from relto.labels.nato.spif import CategoryKind, Spif
from relto.labels.nato.validity import faults_of

_Group = tuple[str, CategoryKind]


@dataclass(frozen=True, slots=True)
class DominantForDisplay:
    """What the NATO rules show for several labels. `dropped`: tag sets that R5 or R6 took away, which adds readers."""

    information: ConfidentialityInformation
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedsPolicyDecision:
    """The rules give no label. Codes: none, policy (R1, R2), label.<fault>, result.<fault> (R9)."""

    reason: str


def nato_dominant(
    labels: Sequence[ConfidentialityInformation], spif: Spif, at: Instant
) -> DominantForDisplay | NeedsPolicyDecision:
    """The dominant of labels of one policy at an instant. Total: it never raises. Never an input to a decision."""
    if not labels:
        return NeedsPolicyDecision("none")
    selections = [select(label, spif) for label in labels]
    for label, selection in zip(labels, selections, strict=True):
        if any(fault.code.startswith("policy.") for fault in selection.faults):
            return NeedsPolicyDecision("policy")
        faults = faults_of(label, spif, at)
        if faults:
            return NeedsPolicyDecision(f"label.{faults[0].code}")
    levels = [selection.classification for selection in selections if selection.classification is not None]
    highest = max(levels, key=lambda level: level.hierarchy)
    kept: list[Category] = []
    dropped: list[str] = []
    for group, name in _groups(selections).items():
        parts = [_of_group(selection, group) for selection in selections]
        values = _intersection(parts) if group[1] == "PERMISSIVE" else set().union(*parts)
        if values:
            kept.append(Category(group[1], name, tuple(sorted(values)), group[0]))
        else:
            dropped.append(name)
    marks = {label.privacy_mark for label in labels}
    information = ConfidentialityInformation(
        policy_name=spif.policy.name,
        classification=highest.name,
        categories=tuple(kept),
        policy_oid=spif.policy.oid,
        privacy_mark=marks.pop() if len(marks) == 1 else None,
    )
    faults = faults_of(information, spif, at)
    if faults:
        return NeedsPolicyDecision(f"result.{faults[0].code}")
    return DominantForDisplay(information, tuple(dropped))


def _groups(selections: Sequence[Selection]) -> dict[_Group, str]:
    return {_group(selected): selected.tag_set.name for selection in selections for selected in selection.values}


def _group(selected: Selected) -> _Group:
    return selected.tag_set.oid, selected.kind


def _of_group(selection: Selection, group: _Group) -> set[str]:
    return {selected.value.name for selected in selection.values if _group(selected) == group}


def _intersection(parts: Sequence[set[str]]) -> set[str]:
    common = set(parts[0])
    for part in parts[1:]:
        common &= part
    return common
