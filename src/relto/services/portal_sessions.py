"""Sessions of the portal: a person sees hers and ends them; the registrar ends somebody's.

Rules: an ended session is over at its next request. Suspending a person ends all of hers, so that lifting the
suspension revives none. Ending somebody's sessions is an entry of the ledger; going out oneself is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.authentication import Method
from relto.services.book import enter
from relto.services.house import House
from relto.store.models import Account, Person, PortalSession

_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its holder sees it. `how`: a code of relto.procedures.authentication; `mine`: this very one."""

    session: str
    since: Instant
    last_used: Instant
    how: str
    mine: bool = False


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """How many of a person's sessions a verb ended."""

    person: str
    ended: int
    entry: str = ""


def begin_session(house: House, account: Account, how: Method, *, in_new_browser: bool = False) -> str:
    """Note a sign-in, and whether in a browser new to her; returns its id. What ended a month ago is forgotten."""
    now = house.now()
    PortalSession.objects.filter(account=account, since__lt=now - _KEPT).delete()
    return PortalSession.objects.create(
        id=house.new_id("ses"), account=account, how=how.value, since=now, last_used=now, in_new_browser=in_new_browser
    ).id


def stands(session: str, account: Account) -> bool:
    """Whether this session of the account was not ended."""
    return PortalSession.objects.filter(id=session, account=account, ended_at=None).exists()


def touch(house: House, session: str) -> None:
    """Note that a session is used."""
    PortalSession.objects.filter(id=session).update(last_used=house.now())


def leave(house: House, session: str) -> None:
    """The holder signed out of it."""
    PortalSession.objects.filter(id=session, ended_at=None).update(ended_at=house.now())


def own_sessions(
    house: House, actor: Actor, *, longest: timedelta, idle: timedelta, present: str = ""
) -> list[SessionView]:
    """The actor's sessions that may still be used, newest first. `present`: the one that asks."""
    return _standing(house, actor.person, longest, idle, present)


def sessions_of(house: House, actor: Actor, *, person: str, longest: timedelta, idle: timedelta) -> list[SessionView]:
    """A person's sessions, for the registrar. Raises Refused("role"), NotAvailable("person")."""
    actor.require(Role.REGISTRAR)
    if not Person.objects.filter(id=person).exists():
        raise NotAvailable("person", field="person")
    return _standing(house, person, longest, idle, "")


def end_own(house: House, actor: Actor, *, session: str) -> SessionsEnded:
    """End one of the actor's own sessions. Raises NotAvailable("session")."""
    return _end(house, actor, actor.person, only=session)


def end_others(house: House, actor: Actor, *, present: str) -> SessionsEnded:
    """End all of the actor's sessions but the present one."""
    return _end(house, actor, actor.person, but=present)


def end_all(house: House, actor: Actor, *, person: str) -> SessionsEnded:
    """End every session of a person. Raises Refused("role"), NotAvailable("person")."""
    actor.require(Role.REGISTRAR)
    if not Person.objects.filter(id=person).exists():
        raise NotAvailable("person", field="person")
    return _end(house, actor, person)


def end_now(person: str, now: Instant) -> int:
    """End every session of a person inside a step; returns how many."""
    return PortalSession.objects.filter(account__person_id=person, ended_at=None).update(ended_at=now)


def _end(house: House, actor: Actor, person: str, *, only: str = "", but: str = "") -> SessionsEnded:
    now = house.now()

    def step() -> SessionsEnded:
        rows = PortalSession.objects.filter(account__person_id=person, ended_at=None).exclude(id=but)
        ended = (rows.filter(id=only) if only else rows).update(ended_at=now)
        if only and not ended:
            raise NotAvailable("session", field="session")
        holder = Person.objects.get(id=person)
        entry = enter(
            house,
            LeafEvent.SESSION_ENDED,
            actor=actor.person,
            subject=person,
            company=holder.company_id,
            details={"sessions": ended},
            at=now,
        )
        return SessionsEnded(person, ended, entry)

    return house.commit(step)


def _standing(house: House, person: str, longest: timedelta, idle: timedelta, present: str) -> list[SessionView]:
    now = house.now()
    rows = PortalSession.objects.filter(
        account__person_id=person, ended_at=None, since__gt=now - longest, last_used__gt=now - idle
    ).order_by("-since", "id")
    return [SessionView(row.id, row.since, row.last_used, row.how, row.id == present) for row in rows]
