"""Client credentials of people, for relto's client and any OpenTDF client (RFC 6749 section 2.3.1).

Rules: the registrar gives them, each to one person of the own nation; the secret is 256 random bits, shown once and
stored only as a digest; a credential expires and can be revoked at any time, by the registrar and by its holder, with
effect on tokens already issued.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta

from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.services.book import enter
from relto.services.house import House
from relto.services.tokens import secret_digest
from relto.store.models import ApiClient, Person
from relto.store.queries.narrowing import narrow

LONGEST_DAYS = 366
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class IssuedCredential:
    """A new credential; this is the only time the secret is seen."""

    client_id: str
    client_secret: str
    person: str
    expires_at: Instant
    entry: str


@dataclass(frozen=True, slots=True)
class CredentialView:
    """A credential without its secret."""

    client_id: str
    person: str
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    entry: str = ""


def issue_credential(house: House, actor: Actor, *, person: str, days: int) -> IssuedCredential:
    """Give a person a credential for `days` days (1 to 366).

    Raises Refused unless the actor is a registrar, NotAvailable("person"), Conflict("person_suspended"), or
    MalformedInput.
    """
    actor.require(Role.REGISTRAR)
    return _issue(house, person=read_id(person, "prs", field="person"), days=days, by=actor.person)


def bootstrap_credential(house: House, *, person: str, days: int) -> IssuedCredential:
    """The same for the first people of a node, at set-up only: no actor exists yet, the node itself is named."""
    return _issue(house, person=person, days=days, by=house.nation)


def credentials_of(house: House, actor: Actor, *, person: str) -> list[CredentialView]:
    """A person's credentials, newest first, also those that ended.

    Raises Refused unless the actor is a registrar, NotAvailable("person").
    """
    del house
    actor.require(Role.REGISTRAR)
    holder = Person.objects.filter(id=person).first()
    if holder is None:
        raise NotAvailable("person", field="person")
    return [_view(row) for row in ApiClient.objects.filter(person=holder).order_by("-created_at", "-client_id")]


def revoke_credential(house: House, actor: Actor, *, client_id: str, person: str | None = None) -> CredentialView:
    """Revoke a credential: tokens issued under it are refused from this step's commit on.

    `person`: whose it must be, when the caller named her. Raises Refused unless the actor is a registrar,
    NotAvailable("credential"), Conflict("revoked").
    """
    actor.require(Role.REGISTRAR)
    return _revoke(house, actor, client_id, person)


def own_credentials(actor: Actor) -> list[CredentialView]:
    """The actor's own credentials, newest first, also those that ended."""
    return [
        _view(row) for row in ApiClient.objects.filter(person_id=actor.person).order_by("-created_at", "-client_id")
    ]


def revoke_own_credential(house: House, actor: Actor, *, client_id: str) -> CredentialView:
    """End one of the actor's own credentials, as its registrar would. Raises NotAvailable("credential"), Conflict."""
    return _revoke(house, actor, client_id, actor.person)


def _revoke(house: House, actor: Actor, client_id: str, person: str | None) -> CredentialView:
    identity = read_id(client_id, "cli", field="client_id")
    now = house.now()

    def step() -> CredentialView:
        narrow()
        rows = ApiClient.objects.select_for_update(of=("self",)).select_related("person")
        row = rows.filter(client_id=identity).first()
        if row is None or (person is not None and row.person_id != person):
            raise NotAvailable("credential", field="client_id")
        if row.revoked_at is not None:
            raise Conflict("revoked", field="client_id", found=identity, expected="a credential that is not revoked")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        entry = enter(
            house,
            LeafEvent.CREDENTIAL_REVOKED,
            actor=actor.person,
            subject=identity,
            company=row.person.company_id,
            details={"person": row.person_id},
            at=now,
        )
        return _view(row, entry)

    return house.commit(step)


def _view(row: ApiClient, entry: str = "") -> CredentialView:
    return CredentialView(row.client_id, row.person_id, row.created_at, row.expires_at, row.revoked_at, entry)


def _issue(house: House, *, person: str, days: int, by: str) -> IssuedCredential:
    if isinstance(days, bool) or not 1 <= days <= LONGEST_DAYS:
        raise MalformedInput("days", field="days", found=days, expected=f"1 to {LONGEST_DAYS} days")
    now = house.now()
    expires_at = now + timedelta(days=days)
    client_id = house.new_id("cli")
    random = house.entropy.random_bytes(_SECRET_BYTES)
    secret = base64.urlsafe_b64encode(random).rstrip(b"=").decode("ascii")

    def step() -> str:
        holder = Person.objects.filter(id=person).first()
        if holder is None:
            raise NotAvailable("person", field="person")
        if holder.suspended_at is not None and holder.suspended_at <= now:
            raise Conflict("person_suspended", field="person", found=person)
        ApiClient.objects.create(
            client_id=client_id,
            secret_hash=secret_digest(secret),
            person=holder,
            created_at=now,
            expires_at=expires_at,
        )
        return enter(
            house,
            LeafEvent.CREDENTIAL_ISSUED,
            actor=by,
            subject=client_id,
            company=holder.company_id,
            details={"purpose": "client", "person": person, "days": days},
            at=now,
        )

    return IssuedCredential(client_id, secret, person, expires_at, house.commit(step))
