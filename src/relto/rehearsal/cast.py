"""Who plays: two nations' authorities and companies, by role.

No person has a name, only a role (no real person's data).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from relto.base.instants import Instant
from relto.client import NodeClient
from relto.rehearsal.documents import DemoDocument

PROGRAMME = "MONSOON-LARK"
PROGRAMME_TITLE = "Joint hull vibration training programme"
CREDENTIAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class Credential:
    """A client credential."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """One nation's node as the story reaches it.

    Its address and the credential its set-up printed for the registrar.
    """

    nation: str
    country: str
    portal_url: str
    registrar: Credential


@dataclass(frozen=True, slots=True)
class Custodians:
    """A nation's custodians: their key files by number, and the passphrase of these."""

    key_files: Sequence[Path]
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a story needs from outside the doors."""

    usa: Place
    ind: Place
    draft_bundle: Callable[[int, Sequence[str], Sequence[str], Sequence[str]], bytes]
    sign_bundle: Mapping[str, Callable[[bytes], bytes]]
    custodians: Mapping[str, Custodians]
    trust_file: Path
    folder: Path
    scene_document: DemoDocument


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the cast at her own node."""

    person: str
    who: str
    node: NodeClient
    credential: Credential


@dataclass(frozen=True, slots=True)
class Company:
    """Codes of a nation's company and facility in the story."""

    company: str
    facility: str
    level: str


COMPANIES = {
    "USA": Company("USA-C014", "USA-F014", "SECRET"),
    "IND": Company("IND-C007", "IND-F007", "SECRET"),
}
# role of the story -> (words, roles on the node, at the company?)
_PARTS: Mapping[str, tuple[str, list[str], bool]] = {
    "engineer": ("engineer", ["engineer"], True),
    "colleague": ("second engineer", ["engineer"], True),
    "security_officer": ("security officer", ["security_officer"], True),
    "release_officer": ("release officer", ["release_officer"], False),
    "co_chair": ("co-chair", ["co_chair"], False),
    "inspector": ("inspector", ["inspector"], False),
}


class Nation:
    """One nation's cast, engaged through its registrar."""

    def __init__(self, place: Place) -> None:
        """Nobody is engaged yet but the registrar."""
        self.place = place
        self.company = COMPANIES[place.nation]
        registrar = NodeClient(place.portal_url, place.registrar.client_id, place.registrar.client_secret)
        self.registrar = Member("", f"registrar, {place.nation}", registrar, place.registrar)
        self.members: dict[str, Member] = {}

    def __getitem__(self, part: str) -> Member:
        """The member who plays a part."""
        return self.members[part]

    def close(self) -> None:
        """Close every member's connection."""
        for member in (self.registrar, *self.members.values()):
            member.node.close()

    def engage(self) -> str:
        """Register company, facility, people, programme and the engineer's assignment; the last ledger entry's id."""
        node = self.registrar.node
        now = datetime.now(UTC)
        dates = now - timedelta(days=1), now + timedelta(days=365)
        node.register_company(self.company.company, f"Training company, {self.place.country}", "private")
        node.register_facility(
            self.company.facility,
            company=self.company.company,
            level=self.company.level,
            safeguarding_level=self.company.level,
            valid_from=dates[0],
            valid_until=dates[1],
        )
        node.register_programme(PROGRAMME, PROGRAMME_TITLE)
        for part, (words, roles, at_company) in _PARTS.items():
            self.members[part] = self._add(part, words, roles, dates, at_company=at_company)
        entry = ""
        for part in ("engineer", "security_officer"):
            answer = node.assign_member(PROGRAMME, self[part].person, "assigned to the joint training programme")
            entry = answer.entry
        return entry

    def _add(
        self, part: str, words: str, roles: list[str], dates: tuple[Instant, Instant], *, at_company: bool
    ) -> Member:
        who = f"{words}, {self.place.nation}"
        added = self.registrar.node.add_person(
            f"Training {words}, {self.place.country} ({part})",
            company=self.company.company if at_company else None,
            facility=self.company.facility if at_company else None,
            clearance_level=self.company.level,
            roles=roles,
            valid_from=dates[0],
            valid_until=dates[1],
        )
        issued = self.registrar.node.issue_credential(added.person, CREDENTIAL_DAYS)
        credential = Credential(issued.client_id, issued.client_secret)
        node = NodeClient(self.place.portal_url, credential.client_id, credential.client_secret)
        return Member(added.person, who, node, credential)
