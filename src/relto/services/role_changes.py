"""Roles of the authority, given and taken by two people: one asks, another confirms (design.md section 5).

Rules: a registrar asks; a different person confirms, another registrar or a co-chair, and she is not the person whose
role it is. Only while nobody else is there who could, as on a new node, an operator confirms. What was asked is
checked again when it is confirmed; an asking that nobody confirmed within a fortnight is over. Each act is an entry.
Company roles need one registrar, see `organisation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet

from relto.base.errors import Conflict, MalformedInput, NotAvailable, Refused
from relto.base.ids import read_id
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.services.book import enter
from relto.services.house import House
from relto.services.organisation import check_apart
from relto.services.texts import read_choice, read_choices
from relto.store.models import Person, RoleChange, RoleGrant
from relto.store.queries.narrowing import narrow

DOES: Final = ("grant", "remove")
WAITS, DONE, DECLINED = "waits", "done", "declined"
LASTS: Final = timedelta(days=14)
READERS: Final = (Role.REGISTRAR, Role.CO_CHAIR, Role.INSPECTOR, Role.OPERATOR)
_SECOND: Final = (Role.REGISTRAR, Role.CO_CHAIR)


@dataclass(frozen=True, slots=True)
class RoleChangeView:
    """An asked change of an authority's role. `does`: grant or remove; `state`: waits, done or declined.

    `mine`: whether the reader may confirm it now.
    """

    change: str
    person: str
    role: str
    does: str
    state: str
    asked_by: str
    asked_at: Instant
    decided_by: str
    decided_at: Instant | None
    mine: bool = False
    entry: str = ""


def ask_change(house: House, actor: Actor, *, person: str, role: str, does: str) -> RoleChangeView:
    """Ask for a role of the authority to be given to a person, or taken from her; nothing changes yet.

    Raises Refused("role"), Refused("own_role"), NotAvailable("person"), Conflict("role") or Conflict("role_not_held"),
    Conflict("role_change") when the same is asked already, MalformedInput, UnknownValue.
    """
    actor.require(Role.REGISTRAR)
    pseudonym, does = read_id(person, "prs", field="person"), read_choice(does, DOES, field="does")
    if pseudonym == actor.person:
        raise Refused("own_role", field="person", expected="another person: nobody grants herself a role")
    (wanted,) = read_choices([role], Role, field="role")
    now = house.now()

    def step() -> RoleChangeView:
        row = Person.objects.filter(id=pseudonym).first()
        if row is None:
            raise NotAvailable("person", field="person")
        _check(row, wanted, does)
        if _waiting(now).filter(person=row, role=wanted, does=does).exists():
            raise Conflict("role_change", field="role", found=wanted, expected="a change that is not asked already")
        made = RoleChange.objects.create(
            id=house.new_id("rch"), person=row, role=wanted, does=does, asked_by=actor.person, asked_at=now
        )
        return _view(made, actor, _enter(house, LeafEvent.ROLE_ASKED, actor, made, now))

    return house.commit(step)


def confirm_change(house: House, actor: Actor, *, change: str) -> RoleChangeView:
    """The second person's yes: the role is given or taken from this step's commit on.

    Raises NotAvailable("role_change") for what does not wait or is not the actor's to confirm, Refused("same_person")
    for the one who asked and for the one whom it is about, Conflict("role"), MalformedInput.
    """
    now = house.now()

    def step() -> RoleChangeView:
        narrow()
        row = _locked(actor, change, now)
        if actor.person in {row.asked_by, row.person_id}:
            raise Refused("same_person", field="change", expected="another person than who asked, and than it is about")
        _check(row.person, Role(row.role), row.does)
        if row.does == "grant":
            RoleGrant.objects.update_or_create(
                person=row.person, role=row.role, defaults={"granted_at": now, "until": None}
            )
        else:
            RoleGrant.objects.filter(person=row.person, role=row.role, until=None).delete()
        return _decide(house, actor, row, DONE, now)

    return house.commit(step)


def decline_change(house: House, actor: Actor, *, change: str) -> RoleChangeView:
    """A no, or the asker's own second thought. Raises NotAvailable("role_change")."""
    now = house.now()

    def step() -> RoleChangeView:
        return _decide(house, actor, _locked(actor, change, now), DECLINED, now)

    return house.commit(step)


def changes(house: House, actor: Actor) -> list[RoleChangeView]:
    """What waits for a second person, then what was decided, newest first, 100 at most. Raises Refused("role")."""
    actor.require(*READERS)
    now = house.now()
    waiting = list(_waiting(now).order_by("-asked_at", "id"))
    decided = RoleChange.objects.exclude(state=WAITS).order_by("-decided_at", "id")[:100]
    return [_view(row, actor) for row in [*waiting, *decided]]


def _locked(actor: Actor, change: str, now: Instant) -> RoleChange:
    """A change that waits, when the actor is one who may decide it. Raises NotAvailable("role_change")."""
    row = _waiting(now).select_for_update(of=("self",)).select_related("person").filter(id=change).first()
    if row is None or not _may_decide(actor, row):
        raise NotAvailable("role_change", field="change")
    return row


def _may_decide(actor: Actor, row: RoleChange) -> bool:
    if actor.roles.intersection(_SECOND):
        return True
    others = RoleGrant.objects.filter(role__in=_SECOND, until=None, person__suspended_at=None)
    return actor.holds(Role.OPERATOR) and not others.exclude(person_id__in=(row.asked_by, row.person_id)).exists()


def _check(person: Person, role: Role, does: str) -> None:
    """That the change is one of the authority's, keeps apart what must be, and changes something."""
    if role in COMPANY_ROLES or person.company_id is not None:
        raise MalformedInput("roles.authority", field="role", expected="a role of the authority, for its own people")
    held = {Role(one) for one in person.role_grants.filter(until=None).values_list("role", flat=True)}
    if does == "grant" and role in held:
        raise Conflict("role", field="role", found=role, expected="a role the person does not hold")
    if does == "remove" and role not in held:
        raise Conflict("role_not_held", field="role", found=role, expected="a role the person holds")
    if does == "grant":
        check_apart({role, *held})


def _decide(house: House, actor: Actor, row: RoleChange, state: str, now: Instant) -> RoleChangeView:
    done = LeafEvent.ROLE_GRANTED if row.does == "grant" else LeafEvent.ROLE_REMOVED
    event = done if state == DONE else LeafEvent.ROLE_DECLINED
    row.state, row.decided_by, row.decided_at = state, actor.person, now
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return _view(row, actor, _enter(house, event, actor, row, now))


def _waiting(now: Instant) -> QuerySet[RoleChange]:
    return RoleChange.objects.filter(state=WAITS, asked_at__gt=now - LASTS)


def _enter(house: House, event: LeafEvent, actor: Actor, row: RoleChange, now: Instant) -> str:
    details = {"role": row.role, "does": row.does, "asked_by": row.asked_by, "change": row.id}
    return enter(house, event, actor=actor.person, subject=row.person_id, details={**details}, at=now)


def _view(row: RoleChange, actor: Actor, entry: str = "") -> RoleChangeView:
    own = actor.person in {row.asked_by, row.person_id}
    return RoleChangeView(
        change=row.id,
        person=row.person_id,
        role=row.role,
        does=row.does,
        state=row.state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        mine=row.state == WAITS and not own and _may_decide(actor, row),
        entry=entry,
    )
