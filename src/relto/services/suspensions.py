"""Suspending a facility or a person: at once, alone, and with a list of what it cuts; lifting it again (USR-40).

From the step's commit no opening that depends on the subject is permitted here, and no share leaves under an earlier
decision. The assurances given on it (on a facility: also on its people) are suspended in the same step, and the
partner is told. Lifting restores only what no other suspension still holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.instants import Instant
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import SUSPENDED, VALID
from relto.services.affected import Affected, affected_by_subject
from relto.services.assurance_statement import KINDS
from relto.services.assurances import change_status, is_as_registered
from relto.services.book import enter
from relto.services.house import House
from relto.services.portal_sessions import end_now
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.store.models import Assurance, Facility, Person
from relto.store.queries.affected import given_on_facility, given_on_person
from relto.store.queries.narrowing import narrow

_EVENTS = {
    ("facility", True): LeafEvent.FACILITY_SUSPENDED,
    ("facility", False): LeafEvent.FACILITY_REINSTATED,
    ("person", True): LeafEvent.PERSON_SUSPENDED,
    ("person", False): LeafEvent.PERSON_REINSTATED,
}


@dataclass(frozen=True, slots=True)
class Suspension:
    """A subject's standing after the verb: `suspended_at` None when it is lifted.

    `affected`: what the suspension cut; of a lifted one the assurances that are valid again.
    """

    kind: str
    subject: str
    suspended_at: Instant | None
    affected: Affected
    entry: str = ""


def consequences(house: House, actor: Actor, *, kind: str, subject: str) -> Affected:
    """What suspending this facility or person would cut now; nothing is changed.

    Raises Refused("role"), UnknownValue("kind"), NotAvailable("subject").
    """
    actor.require(Role.REGISTRAR)
    kind = read_choice(kind, KINDS, field="kind")
    if not _rows(kind, subject).exists():
        raise NotAvailable("subject", field="subject")
    return affected_by_subject(house, kind, subject)


def suspend(house: House, actor: Actor, *, kind: str, subject: str, reason: str) -> Suspension:
    """Suspend an own facility or person: nothing that depends on it opens once this returned.

    Raises Refused("role"), Refused("own_suspension") for the registrar herself, NotAvailable("subject"),
    Conflict("suspended"), UnknownValue("kind"), MalformedInput.
    """
    actor.require(Role.REGISTRAR)
    kind = read_choice(kind, KINDS, field="kind")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    if subject == actor.person:
        raise Refused("own_suspension", field="subject", expected="another person: another registrar suspends her")
    now = house.now()
    return house.commit(lambda: suspend_now(house, actor, kind=kind, subject=subject, reason=reason, now=now))


def suspend_now(house: House, actor: Actor, *, kind: str, subject: str, reason: str, now: Instant) -> Suspension:
    """Suspend inside a step: of `suspend`, or of a dossier whose step ends a clearance.

    Raises NotAvailable("subject"), Conflict("suspended").
    """
    narrow()
    row = _locked(kind, subject)
    if row.suspended_at is not None:
        raise Conflict("suspended", field="subject", expected="a subject that is not suspended")
    affected = affected_by_subject(house, kind, subject)
    row.suspended_at, row.suspension_reason = now, reason
    row.save(update_fields=["suspended_at", "suspension_reason"])
    if kind == "person":
        end_now(subject, now)
    entry = _enter(house, actor, kind, row, suspended=True, affected=affected, now=now)
    for assurance in _given(kind, subject):
        if assurance.status == VALID:
            change_status(house, actor, assurance, "suspend", now)
    return Suspension(kind, subject, now, affected, entry)


def reinstate(house: House, actor: Actor, *, kind: str, subject: str, reason: str) -> Suspension:
    """Lift the suspension of an own facility or person; suspended assurances on it become valid again and are sent.

    Those stay suspended whose subject is suspended on her own or by her facility, or is no longer as the assurance
    says. Raises Refused("role"), NotAvailable("subject"), Conflict("not_suspended"), UnknownValue, MalformedInput.
    """
    actor.require(Role.REGISTRAR)
    kind = read_choice(kind, KINDS, field="kind")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    return house.commit(lambda: reinstate_now(house, actor, kind=kind, subject=subject, reason=reason, now=now))


def reinstate_now(
    house: House, actor: Actor, *, kind: str, subject: str, reason: str, now: Instant, abroad: bool = True
) -> Suspension:
    """Lift a suspension inside a step. `abroad` False: only at home, the assurances given stay suspended.

    Raises NotAvailable("subject"), Conflict("not_suspended").
    """
    row = _locked(kind, subject)
    if row.suspended_at is None:
        raise Conflict("not_suspended", field="subject", expected="a subject that is suspended")
    row.suspended_at, row.suspension_reason = None, reason
    row.save(update_fields=["suspended_at", "suspension_reason"])
    suspended = _given(kind, subject) if abroad else []
    again = [one for one in suspended if one.status == SUSPENDED and _holds(one, now)]
    before = affected_by_subject(house, kind, subject)
    for assurance in again:
        change_status(house, actor, assurance, "reinstate", now)
    after = affected_by_subject(house, kind, subject)
    restored = tuple(one for one in after.assurances if one not in before.assurances)
    affected = Affected(after.people, restored, after.arrivals, after.cases, after.own_items)
    entry = _enter(house, actor, kind, row, suspended=False, affected=affected, now=now)
    return Suspension(kind, subject, None, affected, entry)


def _holds(assurance: Assurance, now: Instant) -> bool:
    """Whether an assurance may be valid again: the register says so, and no other suspension stands against it."""
    try:
        return is_as_registered(assurance, now)
    except (Conflict, NotAvailable):
        return False


def _given(kind: str, subject: str) -> list[Assurance]:
    return given_on_facility(subject) if kind == "facility" else given_on_person(subject)


def _rows(kind: str, subject: str) -> QuerySet[Facility] | QuerySet[Person]:
    return Facility.objects.filter(code=subject) if kind == "facility" else Person.objects.filter(id=subject)


def _locked(kind: str, subject: str) -> Facility | Person:
    row = _rows(kind, subject).select_for_update().first()
    if row is None:
        raise NotAvailable("subject", field="subject")
    return row


def _enter(
    house: House, actor: Actor, kind: str, row: Facility | Person, *, suspended: bool, affected: Affected, now: Instant
) -> str:
    details: dict[str, Json] = {
        "people": len(affected.people),
        "assurances": [one.id for one in affected.assurances],
        "arrivals": [one.id for one in affected.arrivals],
        "cases": [one.id for one in affected.cases],
    }
    return enter(
        house,
        _EVENTS[kind, suspended],
        actor=actor.person,
        subject=row.pk,
        company=row.company_id,
        details=details,
        at=now,
    )
