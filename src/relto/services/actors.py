"""Who acts: the person behind a session or token, re-read from the store at each request.

A suspended or unknown person is nobody, whatever her session or token still says; what she may do follows from her
roles, company and programmes as they stand now.
"""

from __future__ import annotations

from relto.base.errors import NotAuthenticated
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.house import House
from relto.store.queries.organisation import CURRENT, PERSON, ROLES

_KNOWN = frozenset(Role)


def actor_of_person(house: House, person_id: str) -> Actor:
    """The actor with this pseudonym. Raises NotAuthenticated for an unknown or suspended person."""
    now = house.now()
    person = PERSON.first(person_id)
    if person is None or person.suspended_at is not None:
        raise NotAuthenticated("person")
    granted = [role for (role,) in ROLES.rows(person.id)]
    return Actor(
        person=person.id,
        nation=Nation(house.nation),
        company=person.company_id,
        facility=person.facility_id,
        roles=frozenset(Role(role) for role in granted if role in _KNOWN),
        programmes=frozenset(row.programme_id for row in CURRENT.rows(person.id, now)),
    )
