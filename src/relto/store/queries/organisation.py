"""Who sees which companies, facilities, people and programmes of her own nation.

A registrar sees all of the nation; a security officer her own company; everybody else herself and her own programmes.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.store.models import Company, Facility, Membership, Person, Programme
from relto.store.queries.prepared import Prepared


def visible_companies(actor: Actor) -> QuerySet[Company]:
    """A registrar: all; others: their own."""
    if actor.holds(Role.REGISTRAR):
        return Company.objects.all()
    return Company.objects.filter(code=actor.company) if actor.company else Company.objects.none()


def visible_facilities(actor: Actor) -> QuerySet[Facility]:
    """A registrar: all; people of a company: its facilities."""
    if actor.holds(Role.REGISTRAR):
        return Facility.objects.all()
    return Facility.objects.filter(company_id=actor.company) if actor.company else Facility.objects.none()


def visible_people(actor: Actor) -> QuerySet[Person]:
    """A registrar: all; a security officer: her company's; everybody else: herself."""
    if actor.holds(Role.REGISTRAR):
        return Person.objects.all()
    own = Q(id=actor.person)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        own |= Q(company_id=actor.company)
    return Person.objects.filter(own)


def visible_programmes(actor: Actor, agreed: Collection[str] = ()) -> QuerySet[Programme]:
    """A registrar: all; others: their own; a security officer also those in which her company takes part.

    `agreed`: programmes whose agreed list of cleared facilities names a facility of her company.
    """
    if actor.holds(Role.REGISTRAR):
        return Programme.objects.all()
    own = Q(code__in=actor.programmes)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        own |= Q(memberships__person__company_id=actor.company) | Q(code__in=list(agreed))
    return Programme.objects.filter(own).distinct()


def current_memberships(person: str, at: Instant) -> QuerySet[Membership]:
    """A person's assignments that nobody ended; one that was ended while a decision is made counts as ended."""
    return Membership.objects.filter(person_id=person, since__lte=at, until=None)


CURRENT = Prepared(current_memberships, str, Instant)
"""The same, for those who decide."""

PERSON = Prepared(lambda code: Person.objects.filter(id=code).defer("name", "suspension_reason")[:1], str)
FACILITY = Prepared(lambda code: Facility.objects.filter(code=code).defer("suspension_reason")[:1], str)
