"""The access control decision function over a label and a clearance (labels.md section 5).

Nothing stands against access when all hold: one policy; the label's level is in the clearance's SET of levels (never
"up to"); all caveats, dissemination words, restrictive categories and compartments are held; of each permissive
category at least one value is held; the release covers every nation of the person; the clearance is valid at that
instant. Informative categories never count. The label has been checked against its policy before (`check_label`):
validity first, access second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from relto.base.errors import MalformedInput
from relto.base.instants import Instant, Period
from relto.base.nations import Nation, read_nation
from relto.labels.controls import COMPARTMENT_KINDS, Controls, Path
from relto.labels.label import Label
from relto.labels.levels import Level, PolicyId

Purpose = Literal["release", "display"]
CategoryValue = tuple[str, str]
"""A tag set's object identifier, and one value of it."""


@dataclass(frozen=True)
class Held:
    """What is held beyond levels and caveats. Who holds a compartment holds its parents, and not what is below it."""

    restrictive: frozenset[CategoryValue] = frozenset()
    permissive: frozenset[CategoryValue] = frozenset()
    dissem: frozenset[str] = frozenset()
    sci: frozenset[Path] = frozenset()
    sap: frozenset[Path] = frozenset()
    aea: frozenset[Path] = frozenset()

    def covers(self, controls: Controls) -> tuple[str, ...]:
        """The codes of the controls that are not held: category, dissem, sci, sap, aea."""
        against = []
        restrictive = ((oid, value) for oid, values in controls.of_kind("RESTRICTIVE").items() for value in values)
        permissive = controls.of_kind("PERMISSIVE").items()
        if not (
            self.restrictive.issuperset(restrictive)
            and all(any((oid, value) in self.permissive for value in values) for oid, values in permissive)
        ):
            against.append("category")
        if not controls.dissem <= self.dissem:
            against.append("dissem")
        for kind in COMPARTMENT_KINDS:
            held: frozenset[Path] = getattr(self, kind)
            if not all(any(one[: len(path)] == path for one in held) for path in controls.paths(kind)):
                against.append(kind)
        return tuple(against)


NOTHING_HELD: Final = Held()


@dataclass(frozen=True)
class Clearance:
    """What a person's own authority vouches for: levels and caveats of one policy, one nation, one period.

    `subject` is a pseudonymous id, never a name. `nation` is the nation that vouches; Citizenships and the employer's
    nation, when they are others, are in `further_nations`: a release has to cover all of them.
    """

    subject: str
    policy: PolicyId
    levels: frozenset[Level]
    caveats: frozenset[str]
    nation: Nation
    valid: Period
    held: Held = NOTHING_HELD
    further_nations: frozenset[Nation] = frozenset()

    def __post_init__(self) -> None:
        """Raises MalformedInput for a malformed nation or a level of another policy."""
        for nation in self.nations:
            read_nation(nation, field="clearance.nation")
        if any(level.policy_oid != self.policy.oid for level in self.levels):
            raise MalformedInput("clearance.levels", field="clearance.levels", expected="levels of its own policy")

    @property
    def nations(self) -> frozenset[Nation]:
        """All nations of the person."""
        return self.further_nations | {self.nation}


def decide(label: Label, clearance: Clearance, at: Instant, purpose: Purpose = "release") -> tuple[str, ...]:
    """The codes of all that stands against access; an empty tuple when nothing does. Total: it never raises.

    `purpose` display: to be shown it without receiving it. Codes: clearance.not_valid, policy, level, caveat, category,
    dissem, sci, sap, aea, release, release.unstated.
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
    held = clearance.held if label.policy == clearance.policy else NOTHING_HELD
    against.extend(held.covers(label.controls))
    audience = label.display if purpose == "display" else label.release
    if not all(audience.covers(nation) for nation in clearance.nations):
        against.append("release" if label.release_stated else "release.unstated")
    return tuple(against)
