"""Translating a label by the equivalences of its own policy file: only what is safe.

The safe map (labels.md section 11, traps T8 and T9) starts from an originator's label that its policy allows and looks
in the file of the label's OWN policy, for the time that is asked: nothing is inverted, nothing composed. It refuses

 1. a level without exactly one equivalent, or whose equivalent lies below its namesake or below where a lower level
    leads: protection would sink;
 2. a restrictive or permissive value that has no equivalent, several, one of another kind, or that the file would
    discard; two such values that become one; an informative value may be lost, and is named;
 3. a permissive value that becomes another name: nobody can see from the file whether that adds a nation;
 4. values that the file adds by itself, for the same reason.

The result is an alternative label; the originator's label stays and goes home. A file's equivalences are the file's
word: whether a translation may be acted on is the agreement's, through `relto.labels.mapping`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from relto.base.instants import Instant
from relto.labels.nato.policy_label import Category, PolicyLabel
from relto.labels.nato.selection import Selected, Selection, select
from relto.labels.nato.spif import CategoryKind, Classification, EquivalentClassification, Spif
from relto.labels.nato.validity import faults_of, selection_faults

When = Literal["encrypt", "decrypt"]


@dataclass(frozen=True, slots=True)
class ProposedEquivalent:
    """The label in the other policy, as an alternative; `lost`: informative values that have no equivalent there."""

    label: PolicyLabel
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoSafeEquivalent:
    """Why the file gives none that is safe.

    Codes: not_originator, succession, label.<fault>, policy, level, level.ambiguous, level.lowers, value,
    value.ambiguous, value.discard, value.kind, value.name, value.merged, adds, result.<fault>.
    """

    reasons: tuple[str, ...]


def equivalent_under(
    label: PolicyLabel, spif: Spif, target: Spif, at: Instant, *, when: When = "encrypt"
) -> ProposedEquivalent | NoSafeEquivalent:
    """The label in the target policy at an instant, applied by the originator or by the recipient. It never raises."""
    selection = select(label.information, spif)
    level = selection.classification
    obstacles = _obstacles(label, selection, target, at)
    if obstacles or level is None:
        return NoSafeEquivalent(obstacles)
    found, reason = _level(level, spif, target, when)
    values = _Values(target, when)
    for selected in selection.values:
        values.add(selected)
    if values.obstacles or found is None or _adds(selection, level, target):
        reasons = [reason, *values.obstacles, "adds" if _adds(selection, level, target) else ""]
        return NoSafeEquivalent(tuple(dict.fromkeys(one for one in reasons if one)))
    information = replace(
        label.information,
        policy_name=target.policy.name,
        policy_oid=target.policy.oid,
        classification=found.name,
        categories=values.categories(),
        privacy_mark=None,
    )
    faults = faults_of(information, target, at, is_new=True)
    if faults:
        return NoSafeEquivalent(tuple(dict.fromkeys(f"result.{fault.code}" for fault in faults)))
    return ProposedEquivalent(replace(label, information=information, role="alternative"), tuple(values.lost))


def _obstacles(label: PolicyLabel, selection: Selection, target: Spif, at: Instant) -> tuple[str, ...]:
    if label.role != "originator":
        return ("not_originator",)
    if label.succession is not None:  # its successor would need a translation of its own
        return ("succession",)
    faults = selection_faults(selection, label.information.privacy_mark, at)
    named = {(policy.name, policy.oid) for policy in selection.spif.equivalent_policies}
    if not faults and (target.policy.name, target.policy.oid) not in named:
        return ("policy",)
    return tuple(dict.fromkeys(f"label.{fault.code}" for fault in faults))


def _level(level: Classification, spif: Spif, target: Spif, when: When) -> tuple[Classification | None, str]:
    """The one level that this one leads to, or why there is none."""
    by_lacv = {one.lacv: one for one in target.classifications}
    leads = {
        own.name: [by_lacv[row.lacv] for row in _rows(own, target, when) if row.lacv in by_lacv]
        for own in spif.classifications
    }
    found = leads[level.name]
    if len(found) != 1:
        return None, "level.ambiguous" if found else "level"
    below = [other for own in spif.classifications if own.hierarchy < level.hierarchy for other in leads[own.name]]
    namesakes = [other for other in target.classifications if other.name.casefold() == level.name.casefold()]
    if any(other.hierarchy > found[0].hierarchy for other in (*below, *namesakes)):
        return None, "level.lowers"
    return found[0], ""


def _rows(level: Classification, target: Spif, when: When) -> list[EquivalentClassification]:
    return [row for row in level.equivalents if row.policy_name == target.policy.name and row.applied in {when, "both"}]


def _adds(selection: Selection, level: Classification, target: Spif) -> bool:
    """True when the file adds values to the translated label: to every one, to this level, or beside a tag set."""
    name = target.policy.name
    sets = {selected.tag_set.oid: selected.tag_set for selected in selection.values}.values()
    return any(
        (
            *(one.required for one in selection.spif.equivalent_policies if one.name == name),
            *(one.required for one in level.equivalents if one.policy_name == name),
            *(one.required for tag_set in sets for one in tag_set.equivalents if one.policy_name == name),
        )
    )


@dataclass(slots=True)
class _Values:
    """The values of the translated label as they are found."""

    target: Spif
    when: When
    found: dict[tuple[str, str, CategoryKind], dict[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)

    def add(self, selected: Selected) -> None:
        like, obstacle = self._like(selected)
        if like is not None:
            values = self.found.setdefault((like.tag_set.oid, like.tag_set.name, like.kind), {})
            if selected.kind != "INFORMATIVE" and (like.value.name in values or self._is_other_set(selected, values)):
                obstacle = "value.merged"
            values[like.value.name] = selected.tag_set.oid
        elif selected.kind == "INFORMATIVE":
            self.lost.append(selected.value.name)
            return
        if obstacle:
            self.obstacles.append(obstacle)

    def categories(self) -> tuple[Category, ...]:
        return tuple(Category(kind, name, tuple(values), oid) for (oid, name, kind), values in self.found.items())

    def _is_other_set(self, selected: Selected, values: dict[str, str]) -> bool:
        """Two permissive sets that both had to be met may not become one set that is met once."""
        return selected.kind == "PERMISSIVE" and any(oid != selected.tag_set.oid for oid in values.values())

    def _like(self, selected: Selected) -> tuple[Selected | None, str]:
        """The value that a value becomes, or why none is safe."""
        name = self.target.policy.name
        rows = [
            row for row in selected.value.equivalents if row.policy_name == name and row.applied in {self.when, "both"}
        ]
        if len(rows) != 1 or rows[0].discard:
            if any(row.discard for row in rows):
                return None, "value.discard"
            return None, "value.ambiguous" if rows else "value"
        tag_set = self.target.tag_set_by_oid(rows[0].tag_set_oid)
        value = self.target.value_by_lacv(rows[0].tag_set_oid, rows[0].tag_type, rows[0].lacv)
        if tag_set is None or value is None:
            return None, "value"
        if value[0].tag_type.kind != selected.kind:
            return None, "value.kind"
        if selected.kind == "PERMISSIVE" and value[1].name.casefold() != selected.value.name.casefold():
            return None, "value.name"
        return Selected(tag_set, *value), ""
