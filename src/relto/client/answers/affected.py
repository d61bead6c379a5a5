"""What a suspension, a revocation or a withdrawn authorisation cuts. Codes, numbers, markings; no title, no name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class AffectedPerson(Answer):
    """A person whose openings are cut."""

    pseudonym: str
    facility: str


@dataclass(frozen=True, kw_only=True)
class AffectedAssurance(Answer):
    """An assurance that no longer holds."""

    id: str
    recipient: str
    subject_kind: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class AffectedRelease(Answer):
    """An arrival or a case that opens no more. `nation`: the other side's; `facility`: where the release goes."""

    id: str
    number: str
    item: str
    banner: str
    nation: str
    facility: str


@dataclass(frozen=True, kw_only=True)
class Affected(Answer):
    """What is cut. `own_items`: how many own national items it concerns."""

    people: tuple[AffectedPerson, ...]
    assurances: tuple[AffectedAssurance, ...]
    arrivals: tuple[AffectedRelease, ...]
    cases: tuple[AffectedRelease, ...]
    own_items: int


@dataclass(frozen=True, kw_only=True)
class Suspension(Answer):
    """A facility's or person's standing; `suspended_at` is None when the suspension is lifted."""

    kind: str
    subject: str
    suspended_at: datetime | None
    affected: Affected
    entry: str = ""
