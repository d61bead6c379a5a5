"""What is known, for tests of checks and guards: an agreement in force, the shipped provisions, their levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from relto.base.instants import Period
from relto.base.nations import Nation
from relto.procedures.known import DossierKnown, FacilityKnown, Known, PersonKnown
from relto.procedures.limits import ProcedureLimits
from relto.rules.provisions import Provision, read_provisions
from relto.rules.training import seed_provisions

NOW: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday that is a working day in both nations."""
USA: Final = Nation("USA")
IND: Final = Nation("IND")
PROGRAMME: Final = "MONSOON-LARK"
FACILITY: Final = {USA: "USA-F014", IND: "IND-F007"}
COMPANY: Final = {USA: "USA-C014", IND: "IND-C007"}
YEAR: Final = timedelta(days=365)
HELD: Final = Period(NOW - YEAR, NOW + 2 * YEAR)
"""When the clearances and assurances of the usual facilities and people hold."""
_ORDER: Final = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP SECRET")
_NO_EQUIVALENT: Final = "RESTRICTED"


@dataclass(frozen=True, slots=True)
class SimpleLevels:
    """Levels as the training bundle orders them: by name; RESTRICTED is India's alone and has no equivalent."""

    def covers(self, held: str, needed: str) -> bool | None:
        """Whether `held` is at least `needed`; None where a level is unknown or has no equivalent."""
        if not (self.known(held) and self.known(needed)):
            return None
        own, level = held.split(":")
        other, asked = needed.split(":")
        if own != other and _NO_EQUIVALENT in {level, asked}:
            return None
        return _ORDER.index(level) >= _ORDER.index(asked)

    def known(self, level: str) -> bool:
        """Whether the nation's policy has this level."""
        nation, _, name = level.partition(":")
        return name in _ORDER and (nation == "IND" or (nation == "USA" and name != _NO_EQUIVALENT))


def pseudonym(number: int) -> str:
    """A person's pseudonym, always the same for the same number (below 1000)."""
    letters = "abcdefghij"
    return "prs_" + "".join(letters[int(digit)] for digit in f"{number:03d}").rjust(24, "a")


@lru_cache(maxsize=1)
def shipped_provisions() -> dict[str, Provision]:
    """Every provision of the rule book that ships with the package."""
    return read_provisions(seed_provisions())


@lru_cache(maxsize=1)
def shipped_limits() -> ProcedureLimits:
    """The limits that those provisions set."""
    return ProcedureLimits(shipped_provisions())


def facility(nation: Nation = USA, level: str = "SECRET", **changes: Any) -> FacilityKnown:
    """The usual facility of a nation: cleared and able to store at `level`, and listed in the usual programme."""
    usual: dict[str, Any] = {
        "code": FACILITY[nation],
        "nation": nation,
        "company": COMPANY[nation],
        "level": f"{nation}:{level}",
        "safeguarding": f"{nation}:{level}",
        "valid": HELD,
        "state": "valid",
        "listed_in": frozenset({PROGRAMME}),
    }
    return FacilityKnown(**(usual | changes))


def person(number: int, nation: Nation = USA, level: str = "SECRET", **changes: Any) -> PersonKnown:
    """A cleared person of the usual facility of a nation."""
    usual: dict[str, Any] = {
        "pseudonym": pseudonym(number),
        "nation": nation,
        "company": COMPANY[nation],
        "facility": FACILITY[nation],
        "level": f"{nation}:{level}",
        "valid": HELD,
        "suspended": False,
    }
    return PersonKnown(**(usual | changes))


def dossier_known(number: str, procedure: str, state: str, **changes: Any) -> DossierKnown:
    """Another dossier that a form names."""
    usual: dict[str, Any] = {
        "number": number,
        "procedure": procedure,
        "state": state,
        "side": "asking",
        "opened": NOW - timedelta(days=30),
        "data": {},
    }
    return DossierKnown(**(usual | changes))


def known(nation: Nation | str = USA, **changes: Any) -> Known:
    """What the node of `nation` knows: both usual facilities, and the first three people of each nation.

    People 1 to 3 are American (at home on the node USA they are on the roster as "Person 1" ...), 11 to 13 Indian.
    `changes`: members of `Known` that replace the usual ones.
    """
    own = Nation(str(nation))
    numbers = {USA: (1, 2, 3), IND: (11, 12, 13)}
    usual: dict[str, Any] = {
        "nation": own,
        "at": NOW,
        "limits": shipped_limits(),
        "provisions": shipped_provisions(),
        "levels": SimpleLevels(),
        "parties": frozenset({USA, IND}),
        "side": "asking",
        "partner": IND if own == USA else USA,
        "facilities": {FACILITY[one]: facility(one) for one in (USA, IND)},
        "people": {pseudonym(n): person(n, one) for one, every in numbers.items() for n in every},
        "programmes": {PROGRAMME: frozenset({USA, IND})},
        "enforced": {PROGRAMME: frozenset(FACILITY.values())},
        "companies": {COMPANY[own]: "private"},
        "roster": {pseudonym(n): f"Person {n}" for n in numbers[own]},
    }
    return Known(**(usual | changes))
