"""Changes of law as a node answers them; days are texts such as 2027-07-03."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class LawText(Answer):
    """A text that the own nation's provisions rest on."""

    text: str
    provisions: int


@dataclass(frozen=True, kw_only=True)
class LawChange(Answer):
    """A notice; `open`: words of the partner still count."""

    entry: str
    nation: str
    source: str
    edition: str
    replaces: str
    in_force_from: str
    consultation_until: str
    state: str
    open: bool
    opened: datetime
    changed: datetime
    days: int
    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TouchedProvision(Answer):
    """A provision that it touches."""

    provision: str
    word: str
    topic: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TouchedRule(Answer):
    """A member of the bundle in force that it touches."""

    kind: str
    code: str
    provisions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TouchedProcedure(Answer):
    """What of a procedure it touches."""

    procedure: str
    kind: str
    code: str
    provisions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ConsultationDay(Answer):
    """The end of the consultation on one nation's calendar."""

    nation: str
    ends: datetime
    local_day: str
    working_days: int | None
    closed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ConsultationWord(Answer):
    """A comment or a position."""

    nation: str
    at: datetime
    text: str
    position: str
    late: bool


@dataclass(frozen=True, kw_only=True)
class OpenWork(Answer):
    """How many of the own dossiers or cases are open."""

    kind: str
    procedure: str
    state: str
    count: int


@dataclass(frozen=True, kw_only=True)
class LawChangeDetail(LawChange):
    """A notice whole, with what it touches."""

    published: str
    citation: str
    evidence: str
    confirmed: bool
    versions: int
    digest: str
    provisions: tuple[TouchedProvision, ...]
    changing: tuple[str, ...]
    topics_touched: tuple[str, ...]
    relations: tuple[str, ...]
    divergences: tuple[str, ...]
    proposals: tuple[str, ...]
    rules: tuple[TouchedRule, ...]
    procedures: tuple[TouchedProcedure, ...]
    calendars: tuple[ConsultationDay, ...]
    words: tuple[ConsultationWord, ...]
    open_work: tuple[OpenWork, ...]
