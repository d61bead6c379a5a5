"""Deciding access to a thing by its labels, its reader's clearance and the circumstances: permit, deny, or a person.

Rules enforced here (labels.md sections 5, 11; traps T1, T6, T16):
 1. Validity first: a binding that is not verified, or a label that its policy does not allow, denies everything.
 2. The label that applies is the originator's when it is of the clearance's policy, else the stored translation. Where
    there is none, nothing is compared across policies: `Undecided`.
 3. Everything that stands against access is named, not only the first thing found.
 4. ORCON needs the originator's grant to this reader; holding the caveat is not enough.
 5. A release that nobody stated is not consent and not refusal. When it alone stands against access, a person decides.
 6. Total: every input gives one of the three answers, and never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import MalformedInput
from relto.base.instants import Instant
from relto.labels.clearance import Clearance, Purpose, decide
from relto.labels.joining import Undecided
from relto.labels.label import Label, check_label
from relto.labels.label_set import LabelSet
from relto.labels.policy import PolicySet

ORIGINATOR_CONTROLLED = "ORCON"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides label and clearance, all established by the caller.

    `binding_verified`: label and thing belong together by a verified signature. `granted_subjects`: the pseudonymous
    ids to whom the originator granted access to originator-controlled information.
    """

    at: Instant
    binding_verified: bool
    policies: PolicySet
    granted_subjects: frozenset[str] = frozenset()
    purpose: Purpose = "release"


@dataclass(frozen=True, slots=True)
class Permitted:
    """Nothing stands against access. `label` is the one that was decided on."""

    label: Label


@dataclass(frozen=True, slots=True)
class Denied:
    """What stands against access, as codes.

    binding, label.not_valid, originator.grant, and those of `relto.labels.clearance.decide`.
    """

    reasons: tuple[str, ...]


def decide_access(
    labels: LabelSet, clearance: Clearance, circumstances: Circumstances
) -> Permitted | Denied | Undecided:
    """Whether this reader may have the thing that bears these labels.

    Until a person decides what is Undecided (no_alternative, release.unstated), there is no access.
    """
    if not circumstances.binding_verified:
        return Denied(("binding",))
    label = labels.label_for(clearance.policy)
    if not all(_is_valid(one, circumstances.policies) for one in (labels.originator, label) if one is not None):
        return Denied(("label.not_valid",))
    if label is None:
        return Undecided("no_alternative")
    against = decide(label, clearance, circumstances.at, circumstances.purpose)
    # The originator's word ORCON may have no word in the other policy; it stands all the same.
    originator_controlled = ORIGINATOR_CONTROLLED in labels.originator.caveats | label.caveats
    if originator_controlled and clearance.subject not in circumstances.granted_subjects:
        against = (*against, "originator.grant")
    if against == ("release.unstated",):
        return Undecided("release.unstated")
    return Denied(against) if against else Permitted(label)


def _is_valid(label: Label, policies: PolicySet) -> bool:
    try:
        check_label(label, policies)
    except MalformedInput:
        return False
    return True
