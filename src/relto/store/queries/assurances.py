"""Who sees which assurances and authorisations."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Max, Q, QuerySet

from relto.procedures.actors import Actor, Role
from relto.store.models import Assurance, Authorisation, Facility, Person
from relto.store.queries.prepared import Prepared

_AUTHORITY = (Role.REGISTRAR, Role.RELEASE_OFFICER)
# The wire counts whole seconds: of two statuses of one second the one that was told later is the newer.
_NEWEST_FIRST = ("-status_at", "-position", "-id")
_KNOWN = Prepared(lambda assurance: Assurance.objects.filter(id=assurance).values_list("id")[:1], str)
_GIVEN = Prepared(
    lambda kind, subject, recipient: (
        Assurance.objects.filter(direction="given", subject_kind=kind, subject=subject, recipient=recipient)
        .order_by(*_NEWEST_FIRST)
        .defer("statement")[:1]
    ),
    *(str, str, str),
)
_RECEIVED = Prepared(
    lambda kind, subject, issuer: (
        Assurance.objects.filter(direction="received", subject_kind=kind, subject=subject, issuer=issuer)
        .order_by(*_NEWEST_FIRST)
        .defer("statement")[:1]
    ),
    *(str, str, str),
)


def visible_assurances(actor: Actor, partner_facilities: Collection[str] = ()) -> QuerySet[Assurance]:
    """Registrars and release officers: all; a security officer: those given on her company's facilities and people.

    `partner_facilities`: those on the agreed lists of programmes her company takes part in; she sees what was received
    on them, because she names readers there.
    """
    if actor.roles.intersection(_AUTHORITY):
        return Assurance.objects.all()
    if not actor.holds(Role.SECURITY_OFFICER) or actor.company is None:
        return Assurance.objects.none()
    facilities = Facility.objects.filter(company_id=actor.company).values("code")
    people = Person.objects.filter(company_id=actor.company).values("id")
    given = Q(direction="given") & (Q(subject__in=facilities) | Q(subject__in=people))
    return Assurance.objects.filter(given | Q(direction="received", facility__in=list(partner_facilities)))


def visible_authorisations(actor: Actor) -> QuerySet[Authorisation]:
    """Registrars and release officers: all; a security officer: her company's export authorisations."""
    if actor.roles.intersection(_AUTHORITY):
        return Authorisation.objects.all()
    if not actor.holds(Role.SECURITY_OFFICER) or actor.company is None:
        return Authorisation.objects.none()
    return Authorisation.objects.filter(company=actor.company)


def newest_given(kind: str, subject: str, recipient: str) -> Assurance | None:
    """The one assurance on an own subject that governs towards `recipient`; the node's own question, in a step."""
    return _GIVEN.first(kind, subject, recipient)


def newest_received(kind: str, subject: str, issuer: str) -> Assurance | None:
    """The one assurance on a partner's subject that governs here; the node's own question, in a step."""
    return _RECEIVED.first(kind, subject, issuer)


def is_known(assurance: str) -> bool:
    """True when this node holds the assurance, given or received."""
    return bool(_KNOWN.rows(assurance))


def next_position(row: Assurance) -> int:
    """The place of a status of this assurance that is told now, after all others on its subject and channel."""
    rows = Assurance.objects.filter(
        direction=row.direction,
        issuer=row.issuer,
        recipient=row.recipient,
        subject_kind=row.subject_kind,
        subject=row.subject,
    )
    return (rows.aggregate(last=Max("position"))["last"] or 0) + 1


def governing(rows: Iterable[Assurance]) -> list[Assurance]:
    """Of these, for each subject and channel the one whose status is the newest; the others are superseded."""
    kept: dict[tuple[str, str, str, str, str], Assurance] = {}
    for row in sorted(rows, key=lambda one: (one.status_at, one.position, one.id)):
        kept[row.direction, row.issuer, row.recipient, row.subject_kind, row.subject] = row
    return sorted(kept.values(), key=lambda one: (one.subject_kind, one.subject, one.recipient, one.issuer))
