"""Who sees which release cases, arrivals and decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from relto.procedures import acceptance, release
from relto.procedures.actors import Actor, Role
from relto.rules.facts import Action
from relto.store.models import Arrival, DecisionRecord, Facility, ReleaseCase

Row = TypeVar("Row", bound=Model)
_STATES: Mapping[type[Model], Collection[str]] = {
    ReleaseCase: release.RELEASE.states,
    Arrival: acceptance.ACCEPTANCE.states,
}
_OF_THE_AUTHORITY = (Action.RELEASE, Action.ACCEPT, Action.RETRANSFER, Action.SUPPLY_SHARE)


def with_newest_ended(rows: QuerySet[Row], final: Collection[str], by: str, ended: int | None) -> list[Row]:
    """What has not ended, and the newest that have, so many by this column; all of them for None. In no order."""
    if ended is None:
        return list(rows)
    goes_on = frozenset(_STATES[rows.model]) - frozenset(final)
    # State by state: an index of state and instant gives the newest of one; of several at once all would be sorted.
    over = [row for state in sorted(final) for row in rows.filter(state=state).order_by(f"-{by}", "-id")[:ended]]
    over.sort(key=lambda row: (getattr(row, by), row.pk), reverse=True)
    return list(rows.filter(state__in=sorted(goes_on))) + over[:ended]


def visible_cases(actor: Actor) -> QuerySet[ReleaseCase]:
    """A release officer: all of the nation; a security officer: her company's."""
    if actor.holds(Role.RELEASE_OFFICER):
        return ReleaseCase.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return ReleaseCase.objects.filter(company=actor.company)
    return ReleaseCase.objects.none()


def visible_arrivals(actor: Actor) -> QuerySet[Arrival]:
    """A release officer: all; a security officer: what was accepted at her company's facilities.

    Also what she is asked to destroy or return. Until it is accepted, what arrived is the authority's matter.
    """
    if actor.holds(Role.RELEASE_OFFICER):
        return Arrival.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        own = Facility.objects.filter(company_id=actor.company).values("code")
        asked = Q(state=acceptance.WITHDRAWN) & ~Q(disposition="")
        return Arrival.objects.filter(once_accepted() | asked, facility__in=own)
    return Arrival.objects.none()


def once_accepted() -> Q:
    """Arrivals that were accepted here, withdrawn since or not: their people know of them."""
    return Q(state=acceptance.ACCEPTED) | (Q(state=acceptance.WITHDRAWN) & ~Q(control_number=""))


def visible_decisions(actor: Actor) -> QuerySet[DecisionRecord]:
    """The asker: her own; a security officer: those about her company's people."""
    seen = Q(actor=actor.person)
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        seen |= Q(company=actor.company)
    return DecisionRecord.objects.filter(seen)


def readable_decisions(actor: Actor) -> QuerySet[DecisionRecord]:
    """Decisions on record: an inspector all, a release officer those that are her authority's, and as above."""
    if actor.holds(Role.INSPECTOR):
        return DecisionRecord.objects.all()
    if actor.holds(Role.RELEASE_OFFICER):
        own = visible_decisions(actor).values("id")
        return DecisionRecord.objects.filter(Q(action__in=_OF_THE_AUTHORITY) | Q(id__in=own))
    return visible_decisions(actor)
