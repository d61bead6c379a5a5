"""What checks and guards may know: values, gathered by the services before they ask.

A check never looks anything up itself: it is a function of the form and of what is known. What a nation's own register
says is one source and what the partner's authority assured is another; both are facts here, with whose word it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.procedures.limits import ProcedureLimits
from relto.rules.provisions import Provision


class LevelOrder(Protocol):
    """Compares levels written as "NATION:LEVEL" ("USA:SECRET"), across policies by the bundle's equivalences only."""

    def covers(self, held: str, needed: str) -> bool | None:
        """Whether `held` is at least `needed`; None when no equivalent is known (labels.md T10): then it is not."""

    def known(self, level: str) -> bool:
        """Whether the bundle's policy of that nation has such a level."""


@dataclass(frozen=True, slots=True)
class FacilityKnown:
    """A facility, own (by the register) or a partner's (by its authority's newest assurance).

    `level`, `safeguarding`: "NATION:LEVEL"; "" for none. `state`: the newest state of its clearance dossier, or
    "valid", "suspended", "revoked", "expired" by assurance; "" when nothing is known. `valid`: when it holds.
    """

    code: str
    nation: Nation
    company: str
    level: str
    safeguarding: str
    valid: Period | None
    state: str
    listed_in: frozenset[str] = frozenset()
    """The programmes whose cleared-facility list names it."""


@dataclass(frozen=True, slots=True)
class PersonKnown:
    """A person, own or assured: her clearance "NATION:LEVEL" ("" for none), facility, roles at home, nation."""

    pseudonym: str
    nation: Nation
    company: str
    facility: str
    level: str
    valid: Period | None
    suspended: bool
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DossierKnown:
    """Another dossier that this one names or that concerns the same subject."""

    number: str
    procedure: str
    state: str
    side: str
    opened: Instant
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemCover:
    """What lets one registered item go to the partner. `level`: of its label, "NATION:LEVEL".

    `exact`: a release of this very item to the partner is in force, or authorisations that name this very item hold.
    `by_class`: only authorisations hold that name its programme: they say nothing of this item.
    """

    item: str
    level: str
    exact: bool
    by_class: bool


@dataclass(frozen=True, slots=True)
class AuthorisationKnown:
    """An own disclosure or export authorisation: it names one programme or one item, never both."""

    id: str
    kind: str
    nation: Nation
    programme: str
    item: str
    valid: Period
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a check or guard may use. What is not in a mapping is not known: deny, never guess.

    `dossiers`: by number, those that the form names; `related`: procedure code -> those that concern the same
    subjects. `roster` and `names` never leave the node.
    """

    nation: Nation
    at: Instant
    limits: ProcedureLimits
    levels: LevelOrder
    parties: frozenset[Nation]
    side: str = ""
    partner: Nation | None = None
    agreement_in_force: bool = True
    industrial_annex_in_force: bool = True
    facilities: Mapping[str, FacilityKnown] = field(default_factory=dict)
    people: Mapping[str, PersonKnown] = field(default_factory=dict)
    programmes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Programme code -> the nations in it."""
    enforced: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Programme code -> the cleared facilities that the agreement bundle lists, and so lets anything be sent to."""
    companies: Mapping[str, str] = field(default_factory=dict)
    """Own company code -> government, dpsu or private (GSO-03)."""
    roster: Mapping[str, str] = field(default_factory=dict)
    """Pseudonym -> name as the register has it, of own people named in the form: what a company may compare."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The same of everybody at home whom the form names: what no text for the partner may contain."""
    dossiers: Mapping[str, DossierKnown] = field(default_factory=dict)
    related: Mapping[str, Sequence[DossierKnown]] = field(default_factory=dict)
    covers: Mapping[str, ItemCover] = field(default_factory=dict)
    """By item id: what lets the own items that the form names go to the partner."""
    authorisations: Mapping[str, AuthorisationKnown] = field(default_factory=dict)
    """By id: the own authorisations that the form names."""
    provisions: Mapping[str, Provision] = field(default_factory=dict)
    """Every provision of the bundle by id: what checklists are made from."""

    def today(self, nation: Nation | str) -> date:
        """The nation's date now. Raises UnknownValue without its calendar."""
        from relto.base.calendars import local_date  # noqa: PLC0415  the holiday tables are large: only who asks loads them

        return local_date(self.at, Nation(str(nation)))
