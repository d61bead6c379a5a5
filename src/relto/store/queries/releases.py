"""Who sees which release cases, arrivals and decisions."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from relto.procedures.actors import Actor, Role
from relto.store.models import Arrival, DecisionRecord, ReleaseCase


def visible_cases(actor: Actor) -> QuerySet[ReleaseCase]:
    """A release officer: all of the nation; a security officer: her company's."""
    if actor.holds(Role.RELEASE_OFFICER):
        return ReleaseCase.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return ReleaseCase.objects.filter(company=actor.company)
    return ReleaseCase.objects.none()


def visible_arrivals(actor: Actor) -> QuerySet[Arrival]:
    """Release officers only: until it is accepted, what arrived is the authority's matter."""
    return Arrival.objects.all() if actor.holds(Role.RELEASE_OFFICER) else Arrival.objects.none()


def visible_decisions(actor: Actor) -> QuerySet[DecisionRecord]:
    """The asker: her own; a security officer: those about her company's people."""
    seen = Q(actor=actor.person)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        seen |= Q(company=actor.company)
    return DecisionRecord.objects.filter(seen)
