"""What goes and comes by courier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class FileResult(Answer):
    """A file that was not taken as it came."""

    name: str
    code: str


@dataclass(frozen=True, kw_only=True)
class CourierBundle(Answer):
    """A courier bundle: made, held or taken. `missing`: the bundles that must come before a held one."""

    partner: str
    direction: str
    number: int
    digest: str
    state: str
    created_at: datetime
    expires_at: datetime
    received_at: datetime | None
    taken_at: datetime | None
    size: int
    messages: int
    answers: int
    payloads: int
    missing: tuple[int, ...]
    problem: str
    results: tuple[FileResult, ...]


@dataclass(frozen=True, kw_only=True)
class OverdueReceipt(Answer):
    """A message that went by courier and has no receipt. `due` and `late` are None when no rule is loaded."""

    partner: str
    message: str
    sequence: int
    bundle: int
    since: datetime
    due: datetime | None
    late: bool | None
    call: str


@dataclass(frozen=True, kw_only=True)
class MediumLine(Answer):
    """A line of the register of media. `performer`: role/id."""

    medium: str
    partner: str
    direction: str
    number: int
    step: str
    state: str
    performer: str
    seal: str
    certificate: str
    at: datetime
    recorded_by: str
    entry: str
