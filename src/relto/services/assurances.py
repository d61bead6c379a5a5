"""Assurances: one authority vouches to the other for a facility or person, signed, minimal, expiring (ISA-12, USR-36).

What crosses the border is a pseudonym or a facility code, levels, caveats, dates and a status; never a name. What is
received is the partner's word about its own: kept only when its node key signed it, for its own subjects, addressed
here. A newer status of the same assurance replaces the older one; a revoked one stays revoked. Of several on one
subject the newest governs, at home and at the partner; of two of the same second the one that was told later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import ASSURANCE, REVOKED, SUSPENDED, UNGIVEN, VALID
from relto.procedures.table import advance
from relto.services import active_bundle
from relto.services.assurance_statement import KINDS, STATEMENT, read_assurance, write_assurance
from relto.services.book import enter
from relto.services.facility_notices import mark_naming, unmark_naming
from relto.services.house import House
from relto.services.sending import queue_message
from relto.services.texts import read_choice, read_period
from relto.signing.statements import read_statement
from relto.store.models import Assurance, Facility, Person
from relto.store.queries.assurances import (
    governing,
    newest_given,
    newest_received,
    next_position,
    visible_assurances,
)
from relto.store.queries.narrowing import narrow

NOT_VALID = "not_valid"
_SECOND = timedelta(seconds=1)
_BLOCK = 500  # of so many subjects what else was said of them is read at once
_EVENTS: Mapping[str, LeafEvent] = {
    "renew": LeafEvent.ASSURANCE_GIVEN,
    "reinstate": LeafEvent.ASSURANCE_GIVEN,
    "suspend": LeafEvent.ASSURANCE_SUSPENDED,
    "revoke": LeafEvent.ASSURANCE_REVOKED,
}
_RECEIVED: Mapping[str, str] = {
    VALID: "receive",
    SUSPENDED: "receive_suspension",
    REVOKED: "receive_revocation",
}


@dataclass(frozen=True, slots=True)
class AssuranceView:
    """One assurance.

    `direction`: given or received; levels are the issuer's policy's; `status`: valid, suspended, revoked.
    `governs`: False when a newer one on the same subject superseded it.
    """

    id: str
    direction: str
    issuer: str
    recipient: str
    subject_kind: str
    subject: str
    facility: str
    level: str
    safeguarding_level: str
    caveats: tuple[str, ...]
    valid_from: Instant
    valid_until: Instant
    status: str
    status_at: Instant
    entry: str = ""
    governs: bool = True


def give_assurance(
    house: House, actor: Actor, *, subject_kind: str, subject: str, recipient: str, valid_until: Instant
) -> AssuranceView:
    """Vouch to `recipient` for an own facility or person, as the register has her, until `valid_until` at the latest.

    It supersedes what was given on her before: the newest status governs on both nodes. Raises Refused("role"),
    NotAvailable("subject"), Conflict("not_cleared" or "suspended"), UnknownValue for a nation that is no party.
    """
    actor.require(Role.REGISTRAR)
    kind = read_choice(subject_kind, KINDS, field="subject_kind")
    nation = _partner(house, recipient)
    now = house.now()
    return house.commit(
        lambda: vouch(house, actor, subject_kind=kind, subject=subject, recipient=nation, until=valid_until, now=now)
    )


def vouch(
    house: House, actor: Actor, *, subject_kind: str, subject: str, recipient: Nation, until: Instant, now: Instant
) -> AssuranceView:
    """Give an assurance inside a step: of the caller's, or of the dossier in which two people signed the answer.

    Raises what `give_assurance` raises, but for the reading of its arguments.
    """
    before = newest_given(subject_kind, subject, recipient)
    if before is not None:
        narrow()
    row = as_registered(subject_kind, subject)
    row.id = house.new_id("asr")
    row.direction, row.issuer, row.recipient = "given", house.nation, recipient
    if not row.level or row.valid_until <= now:
        raise Conflict("not_cleared", field="subject", expected="a subject that is cleared today")
    row.valid_from, row.valid_until = read_period(row.valid_from, min(row.valid_until, until))
    row.status = advance(ASSURANCE, UNGIVEN, "give", actor=actor, held={"subject_cleared"})
    # The wire counts whole seconds: one more, so that the partner sees which of the two is the newer.
    row.status_at = max(now, before.status_at.replace(microsecond=0) + _SECOND) if before is not None else now
    return _send(house, actor, row, event=LeafEvent.ASSURANCE_GIVEN, now=now)


def renew_assurance(house: House, actor: Actor, *, assurance: str) -> AssuranceView:
    """Confirm the status of a given assurance as of now, as long as its subject is still cleared; the partner is told.

    Raises Refused("role"), NotAvailable("assurance"), Conflict("state", "superseded", "suspended" or "not_cleared").
    """
    actor.require(Role.REGISTRAR)
    now = house.now()

    def step() -> AssuranceView:
        row = _given(actor, assurance)
        if not is_as_registered(row, now):
            raise Conflict("not_cleared", field="assurance", expected="a subject that is still as the assurance says")
        return change_status(house, actor, row, "renew", now)

    return house.commit(step)


def revoke_assurance(house: House, actor: Actor, *, assurance: str) -> AssuranceView:
    """Revoke a given assurance; it is refused at home from now on, and at the partner from the notice's arrival.

    Raises Refused("role"), NotAvailable("assurance"), Conflict("state" or "superseded").
    """
    actor.require(Role.REGISTRAR)
    now = house.now()

    def step() -> AssuranceView:
        narrow()
        return change_status(house, actor, _given(actor, assurance), "revoke", now)

    return house.commit(step)


def change_status(house: House, actor: Actor, row: Assurance, step: str, now: Instant) -> AssuranceView:
    """Renew, suspend, reinstate or revoke the given assurance, sign it anew and tell the partner. Inside a step.

    Who suspends or revokes calls `narrow` before. Raises Conflict("state").
    """
    row.status = advance(ASSURANCE, row.status, step, actor=actor, held={"subject_cleared"})
    row.status_at = max(now, row.status_at)
    return _send(house, actor, row, event=_EVENTS[step], now=now)


def as_registered(kind: str, subject: str) -> Assurance:
    """An unsaved assurance that says of an own subject what the register says now; her row is locked. Inside a step.

    Raises NotAvailable("subject"), Conflict("suspended") for one who is suspended or whose facility is,
    Conflict("not_cleared").
    """
    return _registered_facility(subject) if kind == "facility" else _registered_person(subject)


def is_as_registered(row: Assurance, now: Instant) -> bool:
    """Whether the register still says of the subject what the assurance says of it, and it is in date.

    Raises what `as_registered` raises.
    """
    present = as_registered(row.subject_kind, row.subject)
    return (
        (present.level, present.safeguarding_level, present.facility)
        == (row.level, row.safeguarding_level, row.facility)
        and set(present.caveats) == set(row.caveats)
        and min(present.valid_until, row.valid_until) > now
    )


def list_assurances(  # noqa: PLR0917  which ones, and which lines of them
    house: House, actor: Actor, direction: str = "", status: str = "", first: int = 0, most: int | None = None
) -> list[AssuranceView]:
    """The assurances that the actor may see, newest status first: from a number on, `most` at most.

    `direction`: given or received alone; `status`: those of this one alone, or with "not_valid" those that do not hold.
    """
    seen = _seen(house, actor, direction, status).defer("statement").order_by("-status_at", "-position", "-id")
    return _views(list(seen[first : None if most is None else first + most]))


def assurance_count(house: House, actor: Actor, direction: str) -> int:
    """How many of a direction the actor may see."""
    return _seen(house, actor, direction).count()


def one_assurance(house: House, actor: Actor, assurance: str) -> AssuranceView:
    """One that the actor may see. Raises NotAvailable("assurance")."""
    for found in _views(list(_seen(house, actor).filter(id=assurance))):
        return found
    raise NotAvailable("assurance", field="assurance")


def _seen(house: House, actor: Actor, direction: str = "", status: str = "") -> QuerySet[Assurance]:
    seen = visible_assurances(actor, active_bundle.partner_facilities(house, actor.company))
    seen = seen.filter(direction=direction) if direction else seen
    if status == NOT_VALID:
        return seen.exclude(status=VALID)
    return seen.filter(status=status) if status else seen


def _views(rows: list[Assurance]) -> list[AssuranceView]:
    subjects = sorted({row.subject for row in rows})
    governs: set[str] = set()
    for start in range(0, len(subjects), _BLOCK):
        peers = Assurance.objects.filter(subject__in=subjects[start : start + _BLOCK]).defer("statement")
        governs |= {row.id for row in governing(peers)}
    return [_view(row, governs=row.id in governs) for row in rows]


def receive_assurance(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a partner's assurance (message kind "assurance"), inside the receiving step. Raises to refuse it."""
    if payload is not None:
        raise MalformedInput("assurance.payload", field="payload", expected="no payload")
    row = _vouched(house, sender, body, at)
    known = Assurance.objects.filter(id=row.id).first()
    same = known is None or (known.direction, known.issuer, known.subject_kind, known.subject) == (
        row.direction,
        row.issuer,
        row.subject_kind,
        row.subject,
    )
    if not same:
        raise Conflict("assurance.id", field="id", found=row.id, expected="an identifier used for this subject only")
    newer = known is None or row.status_at >= known.status_at
    if not newer:
        raise Conflict("assurance.status", field="status_at", expected="a status not older than the one held")
    before = newest_received(row.subject_kind, row.subject, sender)
    if before is not None and (row.status != VALID or _said(before) != _said(row)):
        narrow()
    step = _RECEIVED[row.status]
    advance(ASSURANCE, known.status if known else UNGIVEN, step, actor=None, held={"newer_status"})
    row.position = next_position(row)
    row.save()
    if row.subject_kind == "facility":
        (unmark_naming if row.status == VALID else mark_naming)(row.subject)
    enter(
        house,
        LeafEvent.ASSURANCE_RECEIVED,
        actor=sender,
        subject=row.id,
        details={"subject_kind": row.subject_kind, "subject": row.subject, "status": row.status, "message": message_id},
        at=at,
    )


def _vouched(house: House, sender: Nation, body: Mapping[str, Json], at: Instant) -> Assurance:
    """The unsaved row of what the sender's node signed. Raises Conflict, MalformedInput, NotVerified, UnknownValue."""
    bundle = active_bundle.active(house, at)
    if sender not in bundle.parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    statement = body.get("statement")
    if not isinstance(statement, dict):
        raise MalformedInput("assurance.statement", field="statement", expected="a signed statement")
    envelope = canonical_bytes(statement)
    found = read_statement(envelope, kind=STATEMENT, versions=(1,), trusted=bundle.parties[sender].node_keys).body
    policy = bundle.policies.by_nation(sender)
    row = read_assurance(found, policy.oid)
    if (row.issuer, row.recipient) != (sender, house.nation):
        raise NotVerified("assurance.parties", field="issuer", expected=f"{sender} to {house.nation}")
    for level in filter(None, (row.level, row.safeguarding_level)):
        policy.level(level)
    for caveat in row.caveats:
        policy.caveat(caveat)
    row.direction = "received"
    row.statement = envelope
    return row


def _said(row: Assurance) -> tuple[object, ...]:
    """All that decisions read of an assurance but its status."""
    caveats = sorted(row.caveats)
    return row.facility, row.level, row.safeguarding_level, caveats, row.valid_from, row.valid_until


def _send(house: House, actor: Actor, row: Assurance, *, event: LeafEvent, now: Instant) -> AssuranceView:
    row.statement = write_assurance(house, row)
    row.position = next_position(row)
    row.save()
    body: dict[str, Json] = {"statement": read_object(row.statement)}
    message = queue_message(house, Nation(row.recipient), "assurance", body, at=now)
    entry = enter(
        house,
        event,
        actor=actor.person,
        subject=row.id,
        company=_company_of(row),
        details={"subject_kind": row.subject_kind, "subject": row.subject, "status": row.status, "message": message},
        at=now,
    )
    return _view(row, entry)


def _registered_facility(code: str) -> Assurance:
    row = Facility.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotAvailable("subject", field="subject")
    _require_not_suspended(row)
    return Assurance(
        subject_kind="facility",
        subject=row.code,
        facility=row.code,
        level=row.level,
        safeguarding_level=row.safeguarding_level,
        caveats=[],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _registered_person(pseudonym: str) -> Assurance:
    found = Person.objects.filter(id=pseudonym).exclude(facility=None).first()
    if found is None:
        raise NotAvailable("subject", field="subject")
    _require_not_suspended(Facility.objects.select_for_update().get(code=found.facility_id))
    row = Person.objects.select_for_update().get(id=pseudonym)
    _require_not_suspended(row)
    if row.valid_from is None or row.valid_until is None:
        raise Conflict("not_cleared", field="subject", expected="a subject that is cleared today")
    return Assurance(
        subject_kind="person",
        subject=row.id,
        facility=row.facility_id or "",
        level=row.clearance_level,
        caveats=list(row.caveats),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _require_not_suspended(row: Facility | Person) -> None:
    if row.suspended_at is not None:
        raise Conflict("suspended", field="subject", expected="a subject that is not suspended, nor its facility")


def _given(actor: Actor, assurance: str) -> Assurance:
    """The given assurance, locked. Raises NotAvailable, or Conflict when a newer one on the same subject governs."""
    row = visible_assurances(actor).select_for_update().filter(id=assurance, direction="given").first()
    if row is None:
        raise NotAvailable("assurance", field="assurance")
    newest = newest_given(row.subject_kind, row.subject, row.recipient)
    if newest is not None and newest.id != row.id:
        raise Conflict("superseded", field="assurance", found=row.id, expected=newest.id)
    return row


def _partner(house: House, recipient: str) -> Nation:
    nation = read_nation(recipient, field="recipient")
    partners = sorted(set(active_bundle.active(house).parties) - {house.nation})
    if nation not in partners:
        raise UnknownValue("recipient", field="recipient", expected=", ".join(partners))
    return nation


def _company_of(row: Assurance) -> str:
    facility = Facility.objects.filter(code=row.facility).first()
    return facility.company_id if facility else ""


def _view(row: Assurance, entry: str = "", *, governs: bool = True) -> AssuranceView:
    return AssuranceView(
        id=row.id,
        direction=row.direction,
        issuer=row.issuer,
        recipient=row.recipient,
        subject_kind=row.subject_kind,
        subject=row.subject,
        facility=row.facility,
        level=row.level,
        safeguarding_level=row.safeguarding_level,
        caveats=tuple(row.caveats),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        status=row.status,
        status_at=row.status_at,
        entry=entry,
        governs=governs,
    )
