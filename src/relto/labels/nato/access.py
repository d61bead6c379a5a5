"""The access control decision function over any policy's label, clearance and SPIF (labels.md section 5).

Permit when all hold: the label is valid under the SPIF at that instant (validity first, trap T16); the clearance is for
the same policy; the label's level is in the clearance's SET of levels; ALL restrictive values are held; for EACH
permissive tag set of the label at least one value is held; informative values never decide.

Permissive values are grouped by the object identifier of their tag set, never by its name or its tag's: two sets with
one name cannot satisfy each other. An absent permissive category is no restriction, which is NATO's rule and not that
of the United States (trap T1): relto decides about its own labels by `relto.labels.clearance`, where absence is denial.
Only a `PolicyLabel` is decided on, so what only the lenient reader accepts never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relto.base.instants import Instant
from relto.labels.nato.clearances import PolicyClearance
from relto.labels.nato.policy_label import PolicyLabel
from relto.labels.nato.selection import Selection, policy_faults, select, select_values
from relto.labels.nato.spif import Spif
from relto.labels.nato.validity import selection_faults


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """Permit, or the codes of all that stands against it.

    Codes: label.not_strict, label.<code of a fault>, clearance.policy, level, restrictive, permissive.
    """

    reasons: tuple[str, ...]

    @property
    def is_permit(self) -> bool:
        """True when nothing stands against access."""
        return not self.reasons


def decide(label: PolicyLabel, clearance: PolicyClearance, spif: Spif, at: Instant) -> AccessDecision:
    """Whether the holder of the clearance may read what carries the label, at an instant. Total: it never raises."""
    if type(label) is not PolicyLabel:  # a lenient reading and a NATO dominant have information too, and no say
        return AccessDecision(("label.not_strict",))
    selection = select(label.information, spif)
    faults = selection_faults(selection, label.information.privacy_mark, at)
    if faults:
        return AccessDecision(tuple(dict.fromkeys(f"label.{fault.code}" for fault in faults)))
    if any(policy_faults(clearance.policy_name, clearance.policy_oid, spif)):
        return AccessDecision(("clearance.policy",))
    return AccessDecision(tuple(_against(selection, clearance)))


def _against(selection: Selection, clearance: PolicyClearance) -> list[str]:
    spif, level = selection.spif, selection.classification
    against = []
    if level is None or level.name not in {_level_name(name, spif) for name in clearance.levels}:
        against.append("level")
    # What the clearance names and the policy does not know is held by nobody, so the faults are of no interest here.
    held = {selected.identity for selected in select_values(clearance.categories, spif)[0]}
    if not {selected.identity for selected in selection.of_kind("RESTRICTIVE")} <= held:
        against.append("restrictive")
    groups: dict[str, set[tuple[str, str, str]]] = {}
    for selected in selection.of_kind("PERMISSIVE"):
        groups.setdefault(selected.tag_set.oid, set()).add(selected.identity)
    if any(held.isdisjoint(group) for group in groups.values()):
        against.append("permissive")
    return against


def _level_name(name: str, spif: Spif) -> str | None:
    level = spif.classification(name)
    return None if level is None else level.name


def label_in_policy(labels: Sequence[PolicyLabel], spif: Spif) -> PolicyLabel | None:
    """The label to decide on in this policy (ADatP-4774.1 section 4.2): the originator's, else the alternative in it.

    None when there is none, and when there are several: a choice between labels is a person's.
    """
    ours = [
        one for one in labels if not any(policy_faults(one.information.policy_name, one.information.policy_oid, spif))
    ]
    for role in ("originator", "alternative"):
        found = [one for one in ours if one.role == role]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def levels_up_to(ceiling: str, spif: Spif) -> tuple[str, ...]:
    """The levels that "cleared up to" means when a clearance is issued: by hierarchy, the ceiling included.

    Decisions never expand a ceiling. An unknown ceiling gives no level at all.
    """
    top = spif.classification(ceiling)
    if top is None:
        return ()
    ordered = sorted(spif.classifications, key=lambda level: level.hierarchy)
    return tuple(level.name for level in ordered if level.hierarchy <= top.hierarchy)
