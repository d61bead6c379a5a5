"""The books: the control register and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class RegisterLine(Answer):
    """One line of the control register. `counterpart`: the other side's facility."""

    number: str
    item: str
    uuid: str
    direction: str
    counterpart: str
    company: str
    at: datetime
    banner: str
    state: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class Ledger(Answer):
    """How the ledger stands, in entries; `checkpoint` is the newest signed one."""

    origin: str
    sequenced: int
    waiting: int
    checkpoint: str
    checkpoint_size: int
    signed_at: datetime | None
    witnessed_size: int
    agreed_size: int


@dataclass(frozen=True, kw_only=True)
class Entry(Answer):
    """Where an entry stands: recorded, sequenced, witnessed or agreed; `index` once it is sequenced."""

    entry: str
    origin: str
    index: int | None
    event: str
    at: datetime
    state: str
