"""Who calls: the key, the credential and the person behind a token, as they stand now. Read for each request anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import FilteredRelation, Q, Subquery

from relto.base.instants import Instant
from relto.store.models import ApiClient, Person, ServiceKey
from relto.store.queries.prepared import Prepared

TOKEN_KEY = Prepared(
    lambda kid: ServiceKey.objects.filter(kid=kid, purpose="token", state__in=("active", "retired")).values_list(
        "public_pem"
    )[:1],
    str,
)
"""By kid: the public half that verifies a token."""

_PERSON = Prepared(
    lambda person, at: (
        Person.objects.annotate(
            current=FilteredRelation("memberships", condition=Q(memberships__since__lte=at, memberships__until=None)),
            held=FilteredRelation("role_grants", condition=Q(role_grants__until=None) | Q(role_grants__until__gt=at)),
        )
        .filter(id=person)
        .values_list("company_id", "facility_id", "suspended_at", "held__role", "current__programme_id")
    ),
    *(str, Instant),
)


@dataclass(frozen=True, slots=True)
class CallerFact:
    """A person of this nation with her roles and present programmes."""

    company: str | None
    facility: str | None
    suspended: bool
    roles: Collection[str]
    programmes: frozenset[str]


def caller(person: str, at: Instant) -> CallerFact | None:
    """What the store says of a person now; None for an unknown one."""
    rows = _PERSON.rows(person, at)
    return _caller(rows) if rows else None


def _caller(rows: Sequence[tuple[Any, ...]]) -> CallerFact:
    company, facility, suspended_at, _, _ = rows[0]
    return CallerFact(
        company,
        facility,
        suspended_at is not None,
        {role for *_, role, _ in rows if role is not None},
        frozenset(programme for *_, programme in rows if programme is not None),
    )


@dataclass(frozen=True, slots=True)
class Credential:
    """From when to when a credential serves, unless it was revoked."""

    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None

    @classmethod
    def of(cls, client: ApiClient) -> Credential:
        """That of a stored client."""
        return cls(client.created_at, client.expires_at, client.revoked_at)

    def usable(self, now: Instant) -> bool:
        """True while it serves."""
        return self.revoked_at is None and self.created_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class Calling:
    """What stands behind a token: the key that signed it, if it still counts, the credential, and the person."""

    public_pem: str | None
    credential: Credential
    person: CallerFact


_CALLING = Prepared(
    lambda kid, client, person, at: (
        ApiClient.objects.annotate(
            current=FilteredRelation(
                "person__memberships",
                condition=Q(person__memberships__since__lte=at, person__memberships__until=None),
            ),
            held=FilteredRelation(
                "person__role_grants",
                condition=Q(person__role_grants__until=None) | Q(person__role_grants__until__gt=at),
            ),
        )
        .filter(client_id=client, person_id=person)
        .values_list(
            Subquery(
                ServiceKey.objects.filter(kid=kid, purpose="token", state__in=("active", "retired")).values(
                    "public_pem"
                )[:1]
            ),
            *("created_at", "expires_at", "revoked_at"),
            *("person__company_id", "person__facility_id", "person__suspended_at"),
            *("held__role", "current__programme_id"),
        )
    ),
    *(str, str, str, Instant),
)


def calling(kid: str, client: str, person: str, at: Instant) -> Calling | None:
    """All of it by one read; None when the person has no such credential."""
    rows = _CALLING.rows(kid, client, person, at)
    if not rows:
        return None
    public_pem, created_at, expires_at, revoked_at, *_ = rows[0]
    return Calling(public_pem, Credential(created_at, expires_at, revoked_at), _caller([row[4:] for row in rows]))
