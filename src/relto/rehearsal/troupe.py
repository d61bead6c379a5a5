"""The cast of a rehearsal on two running nodes: generated companies, people by role, what stands before day 0.

Codes of companies and the programme's name come from the seed, so that a rehearsal can be made again; nobody has a
name. Before the course: every company and person is registered, the programme has its members, each authority vouched
for the other's sake, disclosure and export are authorised, and both nodes follow the agreement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from relto.base.instants import Instant
from relto.client import NodeClient
from relto.rehearsal.cast import Credential, Member, Place
from relto.rehearsal.scenario import AT_AUTHORITY, AT_COMPANY, NATIONS, CastCompany, Part, Scenario

YEAR = timedelta(days=365)
_FIRST_WORDS = ("MONSOON", "GRANITE", "CEDAR", "COPPER", "HARBOUR", "LANTERN", "MEADOW", "TIDEWAY")
_SECOND_WORDS = ("LARK", "FINCH", "HERON", "PLOVER", "STORK", "SWIFT", "TERN", "WREN")
_CODES = range(100, 900)
_CREDENTIAL_DAYS = 366
_ALWAYS = ("co_chair", "release_officer", "inspector")
_REASON = "assigned to the joint training programme"


@dataclass(frozen=True, slots=True)
class ExerciseStage:
    """All that a rehearsal needs from outside the doors.

    `now`: the present instant of the exercise; `ahead`: by how many seconds that is ahead of this machine's clock;
    `pass_to`: have the clocks of all stand at this instant;
    `link`: have the link between the nodes work, or not; `draft(version, programme, facilities, limits)`: the next
    agreement bundle, unsigned; `sign`: with both authorities' signatures; `folder`: for files on their way.
    """

    places: Mapping[str, Place]
    now: Callable[[], datetime]
    ahead: Callable[[], float]
    pass_to: Callable[[datetime], None]
    link: Callable[[bool], None]
    draft: Callable[[int, str, Sequence[str], Sequence[str]], bytes]
    sign: Callable[[bytes], bytes]
    folder: Path


@dataclass(frozen=True, slots=True)
class EngagedCompany:
    """A company of the cast under its generated codes."""

    cast: CastCompany
    company: str
    facility: str


class Troupe:
    """Everybody who takes part, each with a connection to her own node."""

    def __init__(self, scenario: Scenario, stage: ExerciseStage, seed: int) -> None:
        """Nobody is engaged yet."""
        drawn = Random(seed)  # noqa: S311  made-up codes, no secret
        self.stage = stage
        self.programme = f"{drawn.choice(_FIRST_WORDS)}-{drawn.choice(_SECOND_WORDS)}"
        numbers = drawn.sample(_CODES, len(scenario.companies))
        self.companies = {
            one.name: EngagedCompany(one, f"{one.nation}-C{number}", f"{one.nation}-F{number}")
            for one, number in zip(scenario.companies, numbers, strict=True)
        }
        wanted = {self.full(part) for part in scenario.parts}
        wanted |= {Part(nation, part) for nation in NATIONS for part in _ALWAYS}
        wanted |= {Part(one.nation, "security_officer", one.name) for one in scenario.companies}
        self.parts = tuple(sorted(wanted, key=str))
        self.members: dict[Part, Member] = {}
        self.bundle = 0

    def full(self, part: Part) -> Part:
        """The part with its company's name, where it is at one: the nation's first when none is named."""
        if not part.at_company or part.company:
            return part
        first = next(one.cast.name for one in self.companies.values() if one.cast.nation == part.nation)
        return Part(part.nation, part.part, first)

    def __getitem__(self, part: Part) -> Member:
        """Who plays a part."""
        return self.members[self.full(part)]

    def of(self, nation: str, part: str) -> Member:
        """Who plays a part at a nation's authority."""
        return self.members[Part(nation, part)]

    def close(self) -> None:
        """Close every connection."""
        for member in self.members.values():
            member.node.close()

    def engage(self) -> None:
        """Both nations side by side: registration, people, programme; then the agreement and what rests on it.

        A troupe that is engaged already stays as it is: it may go through one course after another.
        """
        if self.members:
            return
        self._both(self._engage)
        self.agree(())
        self._both(self._vouch)

    def agree(self, limits: Sequence[str]) -> bytes:
        """Both authorities sign the next bundle, with these limits changed; both nodes prove and activate it."""
        listed = [f"{one.cast.nation}:{one.facility}" for one in self.companies.values() if one.cast.listed]
        file = self.stage.sign(self.stage.draft(self.bundle + 1, self.programme, listed, limits))
        self._both(lambda nation: self.of(nation, "co_chair").node.submit_bundle(file))
        self.bundle += 1
        return file

    @staticmethod
    def _both(act: Callable[[str], Any]) -> None:
        with ThreadPoolExecutor(len(NATIONS)) as both:
            list(both.map(act, NATIONS))

    def _engage(self, nation: str) -> None:
        place = self.stage.places[nation]
        first = self._member("", f"registrar, {nation}", place, place.registrar)
        registrar = self._credited(first, first.node.me().person, first.who, place)
        first.node.close()
        self.members[Part(nation, "registrar")] = registrar
        dates = self.stage.now() - timedelta(days=1), self.stage.now() + 2 * YEAR
        for one in self._companies(nation):
            registrar.node.register_company(one.company, f"Training company {one.cast.name}", "private")
            registrar.node.register_facility(
                one.facility,
                company=one.company,
                level=one.cast.level,
                safeguarding_level=one.cast.level,
                valid_from=dates[0],
                valid_until=dates[1],
            )
        registrar.node.register_programme(self.programme, "Joint training programme")
        for part in self.parts:
            if part.nation == nation and part not in self.members:
                self.members[part] = self._add(registrar, part, dates)
        for part in self._at_companies(nation):
            if part.part != "colleague":
                registrar.node.assign_member(self.programme, self.members[part].person, _REASON)

    def _add(self, registrar: Member, part: Part, dates: tuple[Instant, Instant]) -> Member:
        at = self.companies[part.company] if part.company else None
        role = AT_COMPANY.get(part.part) or AT_AUTHORITY[part.part]
        words = part.part.replace("_", " ")
        added = registrar.node.add_person(
            f"Training {words}" + (f" of {part.company}" if part.company else ""),
            company=at.company if at else None,
            facility=at.facility if at else None,
            clearance_level=at.cast.level if at else "SECRET",
            roles=[role],
            valid_from=dates[0],
            valid_until=dates[1],
        )
        return self._credited(registrar, added.person, str(part), self.stage.places[part.nation])

    def _credited(self, registrar: Member, person: str, who: str, place: Place) -> Member:
        """A person with a credential that outlasts the course."""
        issued = registrar.node.issue_credential(person, _CREDENTIAL_DAYS)
        return self._member(person, who, place, Credential(issued.client_id, issued.client_secret))

    def _member(self, person: str, who: str, place: Place, credential: Credential) -> Member:
        node = NodeClient(place.portal_url, credential.client_id, credential.client_secret, self.stage.ahead)
        return Member(person, who, node, credential)

    def _vouch(self, nation: str) -> None:
        """Assurances to the partner on every vouched company and its people; both authorisations for the programme."""
        other = next(one for one in NATIONS if one != nation)
        registrar, until = self.of(nation, "registrar").node, self.stage.now() + YEAR
        for one in self._companies(nation):
            if one.cast.vouched:
                registrar.give_assurance("facility", one.facility, other, until)
        for part in self._at_companies(nation):
            if self.companies[part.company].cast.vouched:
                registrar.give_assurance("person", self.members[part].person, other, until)
        self.authorise(self.of(nation, "registrar"), nation, "disclosure", "0001")
        for part in self._at_companies(nation):
            if part.part == "security_officer":
                self.authorise(self.members[part], nation, "export", "0001")

    def authorise(self, member: Member, nation: str, kind: str, number: str, item: str = "") -> str:
        """A member's authorisation to the other nation, for the programme or for one item; the ledger entry's id."""
        recorded = member.node.record_authorisation(
            kind,
            f"TRAINING-{kind.upper()}-{nation}-{number}",
            next(one for one in NATIONS if one != nation),
            programme=None if item else self.programme,
            item=item or None,
            valid_from=self.stage.now() - timedelta(days=1),
            valid_until=self.stage.now() + 2 * YEAR,
        )
        return recorded.entry

    def _companies(self, nation: str) -> list[EngagedCompany]:
        return [one for one in self.companies.values() if one.cast.nation == nation]

    def _at_companies(self, nation: str) -> list[Part]:
        return [part for part in self.parts if part.nation == nation and part.at_company]
