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
    """Something that happened to a case, an arrival or a request."""

    event: str
    at: datetime
    actor: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class Release(Answer):
    """A release of an item to a facility, as either side keeps it. `waits_on`: roles, or node; `entries`: by event.

    `mode`: live (both nations' services at each opening) or transferred (the recipient's alone). Of a `joint` item,
    `home_facility` and `home_readers` are those of the sealing nation. `disposition`, of a withdrawn one: asked,
    destroyed, returned, or "" when nothing was asked for.
    """

    id: str
    number: str
    item: Item
    facility: str
    purpose: str
    mode: str
    joint: bool = False
    state: str
    decided_at: datetime | None
    control_number: str
    readers: tuple[Reader, ...]
    home_facility: str = ""
    home_readers: tuple[Reader, ...] = ()
    withdrawn_at: datetime | None = None
    withdrawal_reason: str = ""
    disposition: str = ""
    disposition_at: datetime | None = None
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class ReleaseCase(Release):
    """A request to release an item, and what came of it."""

    nation: str
    company: str
    channel: str
    asked_by: str
    asked_at: datetime
    delivered_at: datetime | None
    custody_at: datetime | None


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
class Arrival(Release):
    """A release that arrived. `release` and `number` are the sender's; `control_number` is this nation's register's."""

    release: str
    sender: str
    arrived_at: datetime


@dataclass(frozen=True, kw_only=True)
class ArrivalDetail(Arrival):
    """An arrival with its gates as they stand now, the reason of its decision and its history.

    Accepting a joint item also releases it to the sender's readers: `co_release_gates` are those of that release.
    """

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: tuple[Gate, ...]
    bundle_version: int
    history: tuple[Happening, ...]
    co_decision: str = ""
    co_permitted_now: bool = False
    co_release_gates: tuple[Gate, ...] = ()
