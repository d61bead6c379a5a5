"""The node itself, and what its registrar keeps: companies, facilities, people, what lets them in, programmes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Node(Answer):
    """What the node says of itself to anybody. `kind`: live or training.

    `standing`: ready, not_compared (it waits to compare itself with its witness and partner) or quarantined.
    """

    nation: str
    kind: str
    version: str
    ledger_origin: str
    portal_url: str
    key_service_url: str
    relay_url: str
    standing: str = "ready"


@dataclass(frozen=True, kw_only=True)
class Me(Answer):
    """Who I am at this node."""

    person: str
    nation: str
    company: str | None
    facility: str | None
    roles: tuple[str, ...]
    programmes: tuple[str, ...]
    clearance_level: str
    caveats: tuple[str, ...]
    valid_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Company(Answer):
    """An own company. `kind`: government, dpsu or private."""

    code: str
    title: str = field(repr=False)
    kind: str
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Facility(Answer):
    """An own facility; clearance (`level`) and safeguarding are two facts."""

    code: str
    company: str
    level: str
    safeguarding_level: str
    valid_from: datetime
    valid_until: datetime
    suspended_at: datetime | None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Person(Answer):
    """A person of the own nation. `person`: her pseudonym; `name`: only in lists, for those who may see her."""

    person: str
    name: str = field(default="", repr=False)
    company: str | None
    facility: str | None
    clearance_level: str
    caveats: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    suspended_at: datetime | None
    roles: tuple[str, ...]
    programmes: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Credential(Answer):
    """A new client credential; its secret is shown this once."""

    client_id: str
    client_secret: str = field(repr=False)
    person: str
    expires_at: datetime
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class HeldCredential(Answer):
    """A client credential that a person holds or held; its secret is told to nobody."""

    client_id: str
    person: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenedAccount(Answer):
    """A portal account's login code and its first password, which is shown this once and ends `until`."""

    username: str
    first_password: str = field(repr=False)
    person: str
    until: datetime | None = None
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInLink(Answer):
    """A single-use sign-in link of a training node; `path` is below the portal's address."""

    path: str = field(repr=False)
    person: str
    expires_at: datetime
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Programme(Answer):
    """A joint programme; `members` are pseudonyms that the caller may see."""

    code: str
    title: str = field(repr=False)
    started_at: datetime
    members: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Member(Answer):
    """An assignment to a programme; of an ended one, `until`."""

    programme: str
    person: str
    since: datetime
    until: datetime | None = None
    entry: str = ""
