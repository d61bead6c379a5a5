"""Who is signed in: the person behind a session, re-read at each request."""

from __future__ import annotations

from django.http import HttpRequest

from relto.procedures.actors import Actor
from relto.services.actors import actor_of_person
from relto.store.models import Account, Person
from relto.store.scopes import act_for
from relto.web.surroundings import house


def actor_of(request: HttpRequest) -> Actor | None:
    """Who is signed in; None for nobody. Raises NotAuthenticated for a suspended person."""
    if not isinstance(request.user, Account):
        return None
    actor = actor_of_person(house(), request.user.person_id)
    act_for(actor)
    return actor


def is_suspended(request: HttpRequest) -> bool:
    """Whether the session is that of a person who is suspended now."""
    user = request.user
    return isinstance(user, Account) and Person.objects.filter(id=user.person_id).exclude(suspended_at=None).exists()
