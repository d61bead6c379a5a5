"""Who sees which requests to pass an item on to a third party, and under which arrival a company holds an item."""

from __future__ import annotations

from django.db.models import Case, IntegerField, QuerySet, Value, When

from relto.procedures import acceptance
from relto.procedures.actors import Actor, Role
from relto.store.models import Arrival, Facility, Item, ThirdPartyRequest

MADE, RECEIVED = "made", "received"


def visible_requests(actor: Actor) -> QuerySet[ThirdPartyRequest]:
    """A release officer: all of the nation; a security officer: her company's, asked for or about its own items."""
    if actor.holds(Role.RELEASE_OFFICER):
        return ThirdPartyRequest.objects.all()
    if actor.holds(Role.SECURITY_OFFICER) and actor.company:
        return ThirdPartyRequest.objects.filter(company=actor.company)
    return ThirdPartyRequest.objects.none()


def holdings(item: Item, company: str | None) -> QuerySet[Arrival]:
    """The arrivals by which `company` (None: anybody of the nation) has the item: accepted ones first, then newest."""
    rows = Arrival.objects.filter(item=item).select_related("manifest")
    if company is not None:
        rows = rows.filter(facility__in=Facility.objects.filter(company_id=company).values("code"))
    rank = Case(When(state=acceptance.ACCEPTED, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.order_by(rank, "-arrived_at", "id")
