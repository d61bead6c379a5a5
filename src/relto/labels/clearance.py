"""The access control decision function over a label and a clearance (labels.md section 5).

Nothing stands against access when all hold: one policy; the label's level is in the clearance's SET of levels (never
"up to"); all caveats are held; the release covers the person's nation; the clearance is valid at that instant. The
label has been checked against its policy before (`check_label`): validity first, access second.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.errors import MalformedInput
from relto.base.instants import Instant, Period
from relto.base.nations import Nation, read_nation
from relto.labels.label import Label
from relto.labels.levels import Level, PolicyId


@dataclass(frozen=True)
class Clearance:
    """What a person's own authority vouches for: levels and caveats of one policy, one nation, one period.

    `subject` is a pseudonymous id, never a name.
    """

    subject: str
    policy: PolicyId
    levels: frozenset[Level]
    caveats: frozenset[str]
    nation: Nation
    valid: Period

    def __post_init__(self) -> None:
        """Raises MalformedInput for a malformed nation or a level of another policy."""
        read_nation(self.nation, field="clearance.nation")
        if any(level.policy_oid != self.policy.oid for level in self.levels):
            raise MalformedInput("clearance.levels", field="clearance.levels", expected="levels of its own policy")


def decide(label: Label, clearance: Clearance, at: Instant) -> tuple[str, ...]:
    """The codes of all that stands against access; an empty tuple when nothing does. Total: it never raises.

    Codes: clearance.not_valid, policy, level, caveat, release, release.unstated.
    """
    against = []
    if not clearance.valid.holds_at(at):
        against.append("clearance.not_valid")
    if label.policy != clearance.policy:
        against.append("policy")
    elif label.level not in clearance.levels:
        against.append("level")
    # A caveat's word means what its policy says, so one held under another policy is not held here.
    if not (label.caveats <= clearance.caveats) or (label.caveats and label.policy != clearance.policy):
        against.append("caveat")
    if not label.release.covers(clearance.nation):
        against.append("release" if label.release_stated else "release.unstated")
    return tuple(against)
