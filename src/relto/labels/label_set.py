"""The labels of one thing: the originator's, never overwritten, and what was derived from it.

Rules enforced here (labels.md sections 6, 9, 11; ADatP-4774.1 section 4.2; trap T11):
 1. The originator's label stays as it is; a translation is added beside it, never in its place, one for a policy.
 2. A translation starts from the originator's label only. Coming home gives back the originator's label itself.
 3. What applies in a policy is the originator's label when it is of that policy, else the translation into it.
 4. Each change leaves an entry in the history; an alternative may be taken away, its entry stays.
 5. A successor label applies only when the originator's authority for it is established and its time has come by a
    trusted clock. A review date that has passed changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from relto.base.errors import Conflict, MalformedInput
from relto.base.instants import Instant
from relto.labels.label import Label
from relto.labels.levels import PolicyId
from relto.labels.mapping import EquivalenceTable, Mapped, NeedsPerson, NoEquivalent, map_label
from relto.labels.policy import ClassificationPolicy

Event = Literal["bound", "translated", "withdrawn"]
MAX_ALTERNATIVES = 64
MAX_HISTORY = 1024


@dataclass(frozen=True, slots=True)
class Alternative:
    """The originator's label in another policy, and the id of the signed equivalence table that says so."""

    label: Label
    mapping_id: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What happened to the set of labels: when, what, and which policy it concerns."""

    at: Instant
    event: Event
    policy: PolicyId


@dataclass(frozen=True, slots=True)
class HomeComing:
    """The policy asked for is the originator's own: its label, as it was bound."""

    label: Label


@dataclass(frozen=True)
class LabelSet:
    """`metadata_label` protects the label set itself where that differs from what the label protects."""

    originator: Label
    alternatives: tuple[Alternative, ...] = ()
    metadata_label: Label | None = None
    history: tuple[HistoryEntry, ...] = ()

    def __post_init__(self) -> None:
        """Raises MalformedInput for two labels of one policy, or an alternative that lets more nations in."""
        policies = [self.originator.policy, *(one.label.policy for one in self.alternatives)]
        if len(set(policies)) != len(policies) or len(self.alternatives) > MAX_ALTERNATIVES:
            raise MalformedInput("label_set", field="alternatives", expected="one label for a policy")
        if any(not _keeps(one.label, self.originator) for one in self.alternatives):
            raise MalformedInput("label_set.widens", field="alternatives", expected="the originator's owner, release")
        if len(self.history) > MAX_HISTORY:
            raise MalformedInput("label_set", field="history", expected=f"at most {MAX_HISTORY} entries")

    def label_for(self, policy: PolicyId) -> Label | None:
        """The label that applies in `policy`; None when there is none, which a person has to resolve."""
        labels = (self.originator, *(one.label for one in self.alternatives))
        return next((label for label in labels if label.policy == policy), None)

    def translated(
        self, table: EquivalenceTable, to_policy: ClassificationPolicy, at: Instant
    ) -> Mapped | NoEquivalent | NeedsPerson | HomeComing:
        """The originator's label in `to_policy` by the table. Total: it never raises."""
        if to_policy.identity == self.originator.policy:
            return HomeComing(self.originator)
        return map_label(self.originator, table, to_policy, at)

    def with_alternative(self, alternative: Alternative, at: Instant) -> LabelSet:
        """This set with one more alternative. Raises Conflict when that policy has a label already."""
        if self.label_for(alternative.label.policy) is not None:
            raise Conflict("label_set.alternative", field="alternatives", expected="a policy without a label yet")
        entry = HistoryEntry(at, "translated", alternative.label.policy)
        return replace(self, alternatives=(*self.alternatives, alternative), history=(*self.history, entry))

    def without_alternative(self, policy: PolicyId, at: Instant) -> LabelSet:
        """This set without that policy's alternative, as when the thing leaves. Raises Conflict when there is none."""
        kept = tuple(one for one in self.alternatives if one.label.policy != policy)
        if len(kept) == len(self.alternatives):
            raise Conflict("label_set.alternative", field="alternatives", expected="an alternative of that policy")
        return replace(self, alternatives=kept, history=(*self.history, HistoryEntry(at, "withdrawn", policy)))


def label_set(originator: Label, at: Instant, metadata_label: Label | None = None) -> LabelSet:
    """The set as it begins: the originator's label, bound at `at`."""
    return LabelSet(originator, metadata_label=metadata_label, history=(HistoryEntry(at, "bound", originator.policy),))


def label_at(label: Label, at: Instant, *, by_originator: bool) -> Label:
    """The label that stands at a trusted instant: its successor only by the originator's word (rule 5)."""
    succession = label.particulars.succession
    return succession.successor if by_originator and succession is not None and at >= succession.at else label


def _keeps(alternative: Label, originator: Label) -> bool:
    """True when nobody is let in whom the originator did not let in, and it is the same owner's thing."""
    return (
        alternative.owner == originator.owner
        and alternative.release.is_subset(originator.release)
        and alternative.display.is_subset(originator.display)
    )
