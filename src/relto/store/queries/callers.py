"""Who calls: the key, the credential and the person behind a token, as they stand now. Read for each request anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import FilteredRelation, Q

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

CLIENT = Prepared(lambda client, person: ApiClient.objects.filter(client_id=client, person_id=person)[:1], *(str, str))
"""By client and person: the credential that a token was issued for."""

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
    if not rows:
        return None
    company, facility, suspended_at, _, _ = rows[0]
    return CallerFact(
        company,
        facility,
        suspended_at is not None,
        {role for *_, role, _ in rows if role is not None},
        frozenset(programme for *_, programme in rows if programme is not None),
    )
