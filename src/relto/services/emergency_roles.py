"""An authority's role for a named person and some hours, when nobody who holds it can act: two people, in the open.

Rules: an operator asks, with a reason; another person of the authority confirms, and neither is the one it is for. It
is refused while somebody who holds the role is signed in. It lasts for hours that the node bounds and then ends by
itself; a co-chair, an inspector, a registrar or an operator ends it before. While it lasts every page of the node
says so, and each act is an entry. It is a role of the authority, never a company's: no role opens content.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q, QuerySet

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.services.book import enter
from relto.services.house import House
from relto.services.organisation import check_apart
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.store.models import EmergencyRole, Person, PortalSession, RoleGrant
from relto.store.queries.narrowing import narrow

LONGEST_HOURS: Final = 8
READERS: Final = (*sorted(AUTHORITY_ROLES), Role.OPERATOR)
_ENDS: Final = (Role.CO_CHAIR, Role.INSPECTOR, Role.REGISTRAR, Role.OPERATOR)
_CAN_ACT: Final = timedelta(hours=1)
_ASKED_LASTS: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """A role in an emergency. `state`: waits (for a second person), stands or over; `until` None while it waits."""

    emergency: str
    person: str
    role: str
    reason: str
    hours: int
    state: str
    asked_by: str
    asked_at: Instant
    confirmed_by: str
    until: Instant | None
    ended_by: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What every page says while it lasts."""

    role: str
    until: Instant


def ask(
    house: House, actor: Actor, *, person: str, role: str, reason: str, hours: int, longest: int = LONGEST_HOURS
) -> EmergencyView:
    """Ask for a role for a person for `hours`; nothing changes until another person confirms.

    Raises Refused("role"), Refused("same_person") for herself, Refused("somebody_can_act"), NotAvailable("person"),
    Conflict("role"), MalformedInput, UnknownValue.
    """
    actor.require(Role.OPERATOR)
    pseudonym = read_id(person, "prs", field="person")
    wanted = Role(read_choice(role, AUTHORITY_ROLES, field="role"))
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    if isinstance(hours, bool) or not 1 <= hours <= longest:
        raise MalformedInput("hours", field="hours", found=hours, expected=f"1 to {longest} hours")
    if pseudonym == actor.person:
        raise Refused("same_person", field="person", expected="another person than who asks")
    now = house.now()

    def step() -> EmergencyView:
        row = Person.objects.filter(id=pseudonym, suspended_at=None).first()
        if row is None:
            raise NotAvailable("person", field="person")
        _check(row, wanted, now)
        made = EmergencyRole.objects.create(
            id=house.new_id("emr"),
            person=row,
            role=wanted.value,
            reason=reason,
            hours=hours,
            asked_by=actor.person,
            asked_at=now,
        )
        return _view(made, now, _enter(house, LeafEvent.EMERGENCY_ASKED, actor, made, now))

    return house.commit(step)


def confirm(house: House, actor: Actor, *, emergency: str) -> EmergencyView:
    """The second person's yes: the role stands from this step's commit on, for its hours.

    Raises Refused("role"), Refused("same_person"), Refused("somebody_can_act"), NotAvailable("emergency"), Conflict.
    """
    actor.require(*READERS)
    now = house.now()

    def step() -> EmergencyView:
        narrow()
        row = _asked(now).select_for_update(of=("self",)).select_related("person").filter(id=emergency).first()
        if row is None or row.person.suspended_at is not None:
            raise NotAvailable("emergency", field="emergency")
        if actor.person in {row.asked_by, row.person_id}:
            raise Refused(
                "same_person", field="emergency", expected="another person than who asked, and than it is for"
            )
        _check(row.person, Role(row.role), now)
        row.confirmed_by, row.until = actor.person, now + timedelta(hours=row.hours)
        row.save(update_fields=["confirmed_by", "until"])
        RoleGrant.objects.filter(person=row.person, role=row.role, until__lte=now).delete()
        RoleGrant.objects.create(person=row.person, role=row.role, granted_at=now, until=row.until)
        return _view(row, now, _enter(house, LeafEvent.EMERGENCY_BEGUN, actor, row, now))

    return house.commit(step)


def end(house: House, actor: Actor, *, emergency: str) -> EmergencyView:
    """End it before its time, or say no to what was asked. Raises Refused("role"), NotAvailable("emergency")."""
    actor.require(*_ENDS)
    now = house.now()

    def step() -> EmergencyView:
        narrow()
        rows = EmergencyRole.objects.filter(ended_at=None).filter(Q(until=None) | Q(until__gt=now))
        row = rows.select_for_update().filter(id=emergency).first()
        if row is None:
            raise NotAvailable("emergency", field="emergency")
        row.ended_at, row.ended_by = now, actor.person
        row.save(update_fields=["ended_at", "ended_by"])
        RoleGrant.objects.filter(person_id=row.person_id, role=row.role).exclude(until=None).delete()
        return _view(row, now, _enter(house, LeafEvent.EMERGENCY_ENDED, actor, row, now))

    return house.commit(step)


def emergencies(house: House, actor: Actor) -> list[EmergencyView]:
    """Every emergency of the node, newest first, 100 at most. Raises Refused("role")."""
    actor.require(*READERS)
    now = house.now()
    return [_view(row, now) for row in EmergencyRole.objects.order_by("-asked_at", "id")[:100]]


def standing_now(house: House) -> list[Standing]:
    """The roles that stand in an emergency now: what every page says, to everybody."""
    rows = EmergencyRole.objects.filter(ended_at=None, until__gt=house.now()).order_by("until", "id")
    return [Standing(role, until) for role, until in rows.values_list("role", "until") if until is not None]


def _check(person: Person, role: Role, now: Instant) -> None:
    if person.company_id is not None:
        raise MalformedInput("roles.authority", field="person", expected="a person of the authority")
    grants = RoleGrant.objects.filter(Q(until=None) | Q(until__gt=now))
    held = {Role(one) for one in grants.filter(person=person).values_list("role", flat=True)}
    if role in held:
        raise Conflict("role", field="role", found=role, expected="a role the person does not hold")
    check_apart({role, *held})
    holders = grants.filter(role=role, person__suspended_at=None).values("person_id")
    present = PortalSession.objects.filter(ended_at=None, last_used__gt=now - _CAN_ACT)
    if present.filter(account__person_id__in=holders).exists():
        raise Refused("somebody_can_act", field="role", expected="nobody with that role who is signed in")


def _asked(now: Instant) -> QuerySet[EmergencyRole]:
    return EmergencyRole.objects.filter(until=None, ended_at=None, asked_at__gt=now - _ASKED_LASTS)


def _enter(house: House, event: LeafEvent, actor: Actor, row: EmergencyRole, now: Instant) -> str:
    details: dict[str, Json] = {"role": row.role, "hours": row.hours, "asked_by": row.asked_by, "emergency": row.id}
    return enter(house, event, actor=actor.person, subject=row.person_id, details=details, at=now)


def _view(row: EmergencyRole, now: Instant, entry: str = "") -> EmergencyView:
    waits = row.until is None and row.asked_at > now - _ASKED_LASTS
    stands = row.until is not None and row.until > now
    state = "over" if row.ended_at is not None else "waits" if waits else "stands" if stands else "over"
    return EmergencyView(
        emergency=row.id,
        person=row.person_id,
        role=row.role,
        reason=row.reason,
        hours=row.hours,
        state=state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        confirmed_by=row.confirmed_by,
        until=row.until,
        ended_by=row.ended_by,
        entry=entry,
    )
