"""What a proposed rule set is weighed on: the whole nation's people, items, papers and open cases.

A release officer, an inspector and a co-chair weigh for the authority, so all of them are asked of the whole nation;
nobody else is given a row. What of the answer each of them may read is said by `relto.services.rule_impact`.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from relto.procedures import acceptance, release
from relto.procedures.actors import Actor, Role
from relto.store.models import Arrival, Assurance, Facility, Item, Membership, Person, ReleaseCase

WEIGHERS = (Role.RELEASE_OFFICER, Role.INSPECTOR, Role.CO_CHAIR)
Row = TypeVar("Row", bound=Model)


def _all(actor: Actor, kind: type[Row]) -> QuerySet[Row]:
    rows: QuerySet[Row] = kind._default_manager.all()  # noqa: SLF001  Django's public name of it
    return rows if actor.roles.intersection(WEIGHERS) else rows.none()


def weighed_people(actor: Actor) -> QuerySet[Person]:
    """Own people at a facility; without their names."""
    return _all(actor, Person).exclude(facility=None).defer("name", "suspension_reason").order_by("id")


def weighed_facilities(actor: Actor) -> QuerySet[Facility]:
    """Own facilities."""
    return _all(actor, Facility).defer("suspension_reason").order_by("code")


def weighed_memberships(actor: Actor) -> QuerySet[Membership]:
    """Assignments that nobody ended."""
    return _all(actor, Membership).filter(until=None).order_by("id")


def weighed_items(actor: Actor) -> QuerySet[Item]:
    """Items whose container is here; without their titles."""
    rows = _all(actor, Item).exclude(payload_sha256="", held_as="own")
    return rows.defer("title", "file_name", "check_reason").order_by("id")


def weighed_arrivals(actor: Actor) -> QuerySet[Arrival]:
    """Arrivals that were accepted here."""
    rows = _all(actor, Arrival).filter(state=acceptance.ACCEPTED)
    return rows.select_related("manifest").prefetch_related("readers").order_by("id")


def given_assurances(actor: Actor) -> QuerySet[Assurance]:
    """What this authority told its partners, the newest of a subject last."""
    rows = _all(actor, Assurance).filter(direction="given")
    return rows.defer("statement").order_by("status_at", "position", "id")


def open_cases(actor: Actor) -> QuerySet[ReleaseCase]:
    """Releases that wait for a decision."""
    return _all(actor, ReleaseCase).filter(state=release.ASKED).select_related("item").order_by("asked_at", "number")


def open_arrivals(actor: Actor) -> QuerySet[Arrival]:
    """Arrivals that wait for a decision."""
    rows = _all(actor, Arrival).filter(state=acceptance.ARRIVED)
    return rows.select_related("item", "manifest").order_by("arrived_at", "id")
