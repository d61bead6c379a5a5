"""Joint programmes and who is assigned to them: need-to-know is a reasoned decision, never a rank (GSO-20, USR-36).

A security officer assigns her own company's people, and only to programmes in which her company takes part: one that a
registrar assigned somebody of it to, or whose agreed list of cleared facilities names one of its facilities.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.ids import read_code
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.membership import MEMBER, MEMBERSHIP, OUTSIDE
from relto.procedures.table import advance
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.store.models import Membership, Programme
from relto.store.queries.narrowing import narrow
from relto.store.queries.organisation import visible_people, visible_programmes


@dataclass(frozen=True, slots=True)
class ProgrammeView:
    """A joint programme under the code that both nations use; `members` are pseudonyms the actor may see."""

    code: str
    title: str
    started_at: Instant
    members: tuple[str, ...]
    entry: str = ""


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One person's assignment, with its reason; of an ended one `until` and the reason why it ended."""

    programme: str
    person: str
    reason: str
    since: Instant
    entry: str = ""
    until: Instant | None = None


def register_programme(house: House, actor: Actor, *, code: str, title: str) -> ProgrammeView:
    """Register a programme here. Raises Refused("role"), Conflict("programme"), MalformedInput."""
    actor.require(Role.REGISTRAR)
    code, title = read_code(code), read_text(title, field="title")
    now = house.now()

    def step() -> str:
        if Programme.objects.filter(code=code).exists():
            raise Conflict("programme", field="code", found=code, expected="a code that is not registered")
        Programme.objects.create(code=code, title=title, started_at=now)
        return enter(house, LeafEvent.PROGRAMME_REGISTERED, actor=actor.person, subject=code, at=now)

    return ProgrammeView(code, title, now, (), house.commit(step))


def assign_member(house: House, actor: Actor, *, programme: str, person: str, reason: str) -> MembershipView:
    """Assign a person to a programme, with a reason. Its effect is immediate at every gate.

    Raises Refused("role"), NotAvailable("programme"/"person"), Conflict("state") when she is assigned, MalformedInput.
    """
    actor.require(Role.REGISTRAR, Role.SECURITY_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    agreed = active_bundle.company_programmes(house, actor.company)

    def step() -> str:
        if not visible_programmes(actor, agreed).filter(code=programme).exists():
            raise NotAvailable("programme", field="programme")
        member = visible_people(actor).filter(id=person).first()
        if member is None:
            raise NotAvailable("person", field="person")
        if not actor.holds(Role.REGISTRAR) and member.company_id != actor.company:
            raise Refused("role", field="person", expected="a person of the own company")
        row = Membership.objects.filter(programme_id=programme, person=member).first()
        ended = row is None or row.until is not None
        advance(MEMBERSHIP, OUTSIDE if ended else MEMBER, "assign", actor=actor, held={"reason_given"})
        Membership.objects.update_or_create(
            programme_id=programme, person=member, defaults={"reason": reason, "since": now, "until": None}
        )
        return enter(
            house,
            LeafEvent.MEMBERSHIP_GRANTED,
            actor=actor.person,
            subject=member.id,
            company=member.company_id,
            details={"programme": programme},
            at=now,
        )

    try:
        entry = house.commit(step)
    except Conflict as error:
        raise Conflict("member", field="person", expected="a person not yet assigned to the programme") from error
    return MembershipView(programme, person, reason, now, entry)


def end_membership(house: House, actor: Actor, *, programme: str, person: str, reason: str) -> MembershipView:
    """End a person's assignment to a programme: nothing of it opens for her once this returned.

    A security officer ends those of her own company's people. Raises Refused("role"), NotAvailable("person"),
    Conflict("not_member"), MalformedInput.
    """
    actor.require(Role.REGISTRAR, Role.SECURITY_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()

    def step() -> tuple[Instant, str]:
        narrow()
        member = visible_people(actor).filter(id=person).first()
        if member is None:
            raise NotAvailable("person", field="person")
        if not actor.holds(Role.REGISTRAR) and member.company_id != actor.company:
            raise Refused("role", field="person", expected="a person of the own company")
        row = Membership.objects.select_for_update().filter(programme_id=programme, person=member, until=None).first()
        if row is None:
            raise Conflict("not_member", field="person", expected="a person who is assigned to the programme")
        advance(MEMBERSHIP, MEMBER, "end", actor=actor)
        row.reason, row.until = reason, now
        row.save(update_fields=["reason", "until"])
        entry = enter(
            house,
            LeafEvent.MEMBERSHIP_ENDED,
            actor=actor.person,
            subject=member.id,
            company=member.company_id,
            details={"programme": programme},
            at=now,
        )
        return row.since, entry

    since, entry = house.commit(step)
    return MembershipView(programme, person, reason, since, entry, until=now)


def programmes(house: House, actor: Actor) -> list[ProgrammeView]:
    """The programmes that the actor may see, each with those of its members she may see."""
    rows = visible_programmes(actor, active_bundle.company_programmes(house, actor.company)).order_by("code")
    people = visible_people(actor)
    return [
        ProgrammeView(
            row.code,
            row.title,
            row.started_at,
            tuple(_members(row).filter(person__in=people).values_list("person_id", flat=True)),
        )
        for row in rows
    ]


def _members(row: Programme) -> QuerySet[Membership]:
    return row.memberships.filter(until=None).order_by("person_id")
