"""How people sign in: sessions, what is bound to a person, one's own tokens; and roles that need two people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Session(Answer):
    """A session of the portal. `how`: such as passkey, totp or oidc."""

    session: str
    since: datetime
    last_used: datetime
    how: str


@dataclass(frozen=True, kw_only=True)
class SessionsEnded(Answer):
    """How many sessions were ended."""

    person: str
    ended: int
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Binding(Answer):
    """Something that a person signs in by. `kind`: oidc or certificate."""

    binding: str
    person: str
    kind: str
    bound_at: datetime
    ended_at: datetime | None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonalToken(Answer):
    """A personal token without its secret."""

    token: str
    label: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class RoleChange(Answer):
    """An asked change of an authority's role. `state`: waits, done or declined; `mine`: whether I may confirm it."""

    change: str
    person: str
    role: str
    does: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    mine: bool
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Emergency(Answer):
    """A role for some hours. `state`: waits, stands or over; `until` None while it waits."""

    emergency: str
    person: str
    role: str
    reason: str = field(repr=False)
    hours: int
    state: str
    asked_by: str
    asked_at: datetime
    confirmed_by: str
    until: datetime | None
    ended_by: str
    entry: str = ""
