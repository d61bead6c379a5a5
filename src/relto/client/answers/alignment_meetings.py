"""Meetings, actions and the roadmap of the working group as a node answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Meeting(Answer):
    """A meeting as last said by either nation; `state` and the rest as the API says."""

    entry: str
    number: str
    state: str
    host: str
    place: str
    starts: datetime
    ends: datetime
    zone: str
    form: str
    said_by: str
    waits_for: tuple[str, ...]
    rivals: int
    same_number: tuple[str, ...]
    items: int
    decisions: int


@dataclass(frozen=True, kw_only=True)
class AgendaItem(Answer):
    """An item of the agenda."""

    entry: str
    title: str
    owner: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ItemText(Answer):
    """What was said under an item, by language."""

    entry: str
    text: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class MeetingDecision(Answer):
    """A decision in minutes; it counts when both nations signed them."""

    code: str
    entry: str
    text: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Action(Answer):
    """Who owes what by when; `due` and `agreed_due` are days, the second empty while nothing is agreed."""

    entry: str
    digest: str
    about: str
    about_kind: str
    about_title: str
    state: str
    says: str
    what: Mapping[str, str]
    owner: str
    role: str
    due: str
    done: Mapping[str, str]
    is_agreed: bool
    agreed_due: str
    waits_for: tuple[str, ...]
    rivals: int
    opened_by: str
    opened: datetime
    changed: datetime
    days: int
    late: int


@dataclass(frozen=True, kw_only=True)
class MeetingDetail(Meeting):
    """A meeting whole. `agreed`: the body that both nations signed last, None while they did not."""

    digest: str
    per_year: int
    reason: str
    agenda: tuple[AgendaItem, ...]
    minutes: tuple[ItemText, ...]
    decided: tuple[MeetingDecision, ...]
    agreed: Mapping[str, Any] | None
    agreed_digest: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, kw_only=True)
class Offer(Answer):
    """What could be talked about, and why."""

    entry: str
    kind: str
    title: str
    why: str
    owner: str
    days: int


@dataclass(frozen=True, kw_only=True)
class Next(Answer):
    """What is proposed for the next meeting. `not_after`: an RFC 3339 text, empty when no meeting was held."""

    number: str
    host: str
    after: str
    not_after: str
    per_year: int
    per_year_agreed: bool
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Decided(Answer):
    """A joint decision that counts."""

    meeting: str
    number: str
    code: str
    entry: str
    text: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RoadmapStep(Answer):
    """A step of a topic: `done` of `of` in `unit`s."""

    code: str
    done: int
    of: int
    unit: str
    word: str
    entries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RoadmapTopic(Answer):
    """A topic and its steps."""

    topic: str
    steps: tuple[RoadmapStep, ...]


@dataclass(frozen=True, kw_only=True)
class Roadmap(Answer):
    """The topics between two nations, what is owed and what comes."""

    one: str
    other: str
    bundle: int
    topics: tuple[RoadmapTopic, ...]
    reached: Mapping[str, int]
    owed: tuple[Action, ...]
    coming: Meeting | None
    proposed: Next
