"""Who acts: the person behind a session or token, re-read from the store at each request.

A suspended or unknown person is nobody, whatever her session or token still says; what she may do follows from her
roles, company and programmes as they stand now.
"""

from __future__ import annotations

from relto.base.errors import NotAuthenticated
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.house import House
from relto.store.models import Person, RoleGrant
from relto.store.queries.organisation import current_memberships

_KNOWN = frozenset(Role)


def actor_of_person(house: House, person_id: str) -> Actor:
    """The actor with this pseudonym. Raises NotAuthenticated for an unknown or suspended person."""
    now = house.now()
    person = Person.objects.filter(id=person_id).first()
    if person is None or person.suspended_at is not None:
        raise NotAuthenticated("person")
    granted = RoleGrant.objects.filter(person=person).values_list("role", flat=True)
    memberships = current_memberships(person.id, now)
    return Actor(
        person=person.id,
        nation=Nation(house.nation),
        company=person.company_id,
        facility=person.facility_id,
        roles=frozenset(Role(role) for role in granted if role in _KNOWN),
        programmes=frozenset(memberships.values_list("programme_id", flat=True)),
    )
