"""Requests to pass a received item on to a third party: asked at the holder's node, answered by the originator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from relto.client.answers.decisions import Gate
from relto.client.answers.reading import Answer
from relto.client.answers.releases import Happening


@dataclass(frozen=True, kw_only=True)
class ThirdPartyItem(Answer):
    """The item that is asked about. `title` is empty for those who may not see it."""

    id: str
    uuid: str
    banner: str
    title: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ThirdPartyRequest(Answer):
    """A request. `direction`: made or received; `request`, `number`: the holder's, the same on both nodes.

    `recipient`: the third party's facility, by code; `granted_*`: the period that was consented to.
    """

    id: str
    request: str
    number: str
    direction: str
    holder: str
    originator: str
    item: ThirdPartyItem
    nation: str
    recipient: str
    purpose: str
    valid_from: datetime
    valid_until: datetime
    state: str
    company: str
    asked_by: str
    asked_at: datetime
    forwarded_at: datetime | None
    decided_at: datetime | None
    granted_from: datetime | None
    granted_until: datetime | None
    retransferred_at: datetime | None
    reason: str
    waits_on: tuple[str, ...]
    entries: Mapping[str, str]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class ThirdPartyRequestDetail(ThirdPartyRequest):
    """A request with its history; at the holder's node also with the gates of passing on as they stand now."""

    purpose_sha256: str
    forwarded_by: str
    decided_by: str
    permitted_now: bool
    gates: tuple[Gate, ...]
    bundle_version: int
    history: tuple[Happening, ...]


@dataclass(frozen=True, kw_only=True)
class MayRetransfer(Answer):
    """Whether an item may be passed on now: `gates` stand against it, `reference` leads to the recorded decision."""

    permitted: bool
    bundle_version: int
    sentence: str = ""
    gates: tuple[Gate, ...]
    reference: str
    entry: str
