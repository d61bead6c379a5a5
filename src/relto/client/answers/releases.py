"""Release cases at the originator's node, arrivals at the recipient's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.decisions import Gate
from relto.client.answers.items import Item
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Reader(Answer):
    """A named reader with the reason for her need-to-know."""

    pseudonym: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Happening(Answer):
    """Something that happened to a case or an arrival."""

    event: str
    at: datetime
    actor: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class ReleaseCase(Answer):
    """A request to release an item, and what came of it. `waits_on`: role codes, or node; `entries`: by event."""

    id: str
    number: str
    item: Item
    nation: str
    facility: str
    company: str
    purpose: str
    mode: str
    channel: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_at: datetime | None
    delivered_at: datetime | None
    custody_at: datetime | None
    control_number: str
    readers: tuple[Reader, ...]
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class ReleaseCaseDetail(ReleaseCase):
    """A case with its gates as they stand now, the reason of its decision and its history."""

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: tuple[Gate, ...]
    bundle_version: int
    history: tuple[Happening, ...]


@dataclass(frozen=True, kw_only=True)
class Arrival(Answer):
    """A release that arrived. `release` and `number` are the sender's; `control_number` is this nation's register's."""

    id: str
    release: str
    number: str
    sender: str
    item: Item
    facility: str
    purpose: str
    mode: str
    state: str
    arrived_at: datetime
    decided_at: datetime | None
    control_number: str
    readers: tuple[Reader, ...]
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class ArrivalDetail(Arrival):
    """An arrival with its gates as they stand now, the reason of its decision and its history."""

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: tuple[Gate, ...]
    bundle_version: int
    history: tuple[Happening, ...]
