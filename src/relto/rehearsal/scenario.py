"""A scenario: who takes part, what happens on which day of the exercise, what goes wrong, and what mends it.

Its people are roles: `IND.engineer` is the engineer of India's first company, `IND.engineer@bravo` that of the company
that the scenario calls bravo, `IND.release_officer` sits at the authority. `control` is whoever runs the exercise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

CONTROL: Final = "control"
NATIONS: Final = ("USA", "IND")
AT_COMPANY: Final[Mapping[str, str]] = {
    "engineer": "engineer",
    "colleague": "engineer",
    "security_officer": "security_officer",
}
"""Part -> role on the node, of people of a company."""
AT_AUTHORITY: Final[Mapping[str, str]] = {
    "registrar": "registrar",
    "second_registrar": "registrar",
    "release_officer": "release_officer",
    "second_officer": "release_officer",
    "co_chair": "co_chair",
    "inspector": "inspector",
    "representative": "government_representative",
}
"""Part -> role on the node, of people of a designated security authority."""
INJECTS: Final = (
    "lost_courier",
    "compromised_facility",
    "link_down",
    "foreign_ownership",
    "emergency_visit",
    "mistaken_release",
    "rotating_partners",
    "change_of_law",
    "dishonest_registrar",
    "late_receipt",
)
DONE: Final = "done"
REFUSED: Final = "refused"
UNREACHABLE: Final = "unreachable"
EXPECTED: Final = (DONE, REFUSED, UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Part:
    """A role of the cast. `company` "": the nation's first one, or none for a role at the authority."""

    nation: str
    part: str
    company: str = ""

    def __str__(self) -> str:
        return f"{self.nation}.{self.part}" + (f"@{self.company}" if self.company else "")

    @property
    def at_company(self) -> bool:
        """Whether it is a role at a company."""
        return self.part in AT_COMPANY


@dataclass(frozen=True, slots=True)
class CastCompany:
    """A generated company with one facility. `listed`: the programme of the agreement names it; `vouched`: for."""

    name: str
    nation: str
    level: str
    listed: bool
    vouched: bool


@dataclass(frozen=True, slots=True)
class CourseStep:
    """One step. `hour`: of the exercise, counted from its beginning; `given`: what its act is told.

    `inject` "" unless something goes wrong here; `mended_by`: the step that mends it. `says`: what it is about.
    """

    id: str
    hour: int
    who: Part | None
    act: str
    given: Mapping[str, Any]
    expect: str
    rule: str
    inject: str
    mended_by: str
    says: Mapping[str, str]

    @property
    def side(self) -> str:
        """The nation whose step it is; "" for the exercise control."""
        return self.who.nation if self.who is not None else ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario. `code`: its name; `digest`: SHA-256 of its file."""

    code: str
    digest: str
    title: Mapping[str, str]
    trains: Mapping[str, str]
    companies: Sequence[CastCompany]
    course: Sequence[CourseStep]
    parts: Sequence[Part] = field(default_factory=tuple)
    """Every part that takes part, in a fixed order."""

    @property
    def days(self) -> int:
        """How many days of exercise time its course takes."""
        return max(step.hour for step in self.course) // 24

    @property
    def injects(self) -> tuple[CourseStep, ...]:
        """The steps at which something goes wrong."""
        return tuple(step for step in self.course if step.inject)
