"""Who acts: the person behind a session or token, re-read from the store at each request.

A suspended or unknown person is nobody, whatever her session or token still says; what she may do follows from her
roles, company and programmes as they stand now.
"""

from __future__ import annotations

from relto.base.errors import NotAuthenticated
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.house import House
from relto.store.queries.callers import CallerFact, caller

_KNOWN = frozenset(Role)


def actor_of_person(house: House, person_id: str) -> Actor:
    """The actor with this pseudonym. Raises NotAuthenticated for an unknown or suspended person."""
    return actor_of(house, person_id, caller(person_id, house.now()))


def actor_of(house: House, person_id: str, found: CallerFact | None) -> Actor:
    """The same, of what was read of her already."""
    if found is None or found.suspended:
        raise NotAuthenticated("person")
    return Actor(
        person=person_id,
        nation=Nation(house.nation),
        company=found.company,
        facility=found.facility,
        roles=frozenset(Role(role) for role in found.roles if role in _KNOWN),
        programmes=found.programmes,
    )
