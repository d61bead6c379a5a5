"""Assurances: one authority vouches to the other for a facility or person, signed, minimal, expiring (ISA-12, USR-36).

What crosses the border is a pseudonym or a facility code, levels, caveats, dates and a status; never a name. What is
received is the partner's word about its own: kept only when its node key signed it, for its own subjects, addressed
here. A newer status of the same assurance replaces the older one; a revoked one stays revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.base.canonical import Json, canonical_bytes, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, UnknownValue
from relto.base.ids import read_code, read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation, read_nation
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import ASSURANCE, REVOKED, UNGIVEN, VALID
from relto.procedures.table import advance
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.sending import queue_message
from relto.services.texts import read_choice, read_period
from relto.signing.statements import read_statement, sign_statement
from relto.store.models import Assurance, Facility, Person
from relto.store.queries.assurances import visible_assurances

STATEMENT = "assurance"
KINDS = ("facility", "person")
MAX_CAVEATS = 32


@dataclass(frozen=True, slots=True)
class AssuranceView:
    """One assurance. `direction`: given or received; levels are the issuer's policy's; `status`: valid, revoked."""

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


def give_assurance(
    house: House, actor: Actor, *, subject_kind: str, subject: str, recipient: str, valid_until: Instant
) -> AssuranceView:
    """Vouch to `recipient` for an own facility or person, as the register has her, until `valid_until` at the latest.

    Raises Refused("role"), NotAvailable("subject"), Conflict("not_cleared"), UnknownValue for a nation that is no
    party.
    """
    actor.require(Role.REGISTRAR)
    kind = read_choice(subject_kind, KINDS, field="subject_kind")
    nation = _partner(house, recipient)
    now = house.now()

    def step() -> AssuranceView:
        row = _vouched_facility(subject) if kind == "facility" else _vouched_person(subject)
        row.id = house.new_id("asr")
        row.direction, row.issuer, row.recipient = "given", house.nation, nation
        cleared = bool(row.level) and row.valid_until > now
        if not cleared:
            raise Conflict("not_cleared", field="subject", expected="a subject that is cleared today")
        row.valid_from, row.valid_until = read_period(row.valid_from, min(row.valid_until, valid_until))
        row.status = advance(ASSURANCE, UNGIVEN, "give", actor=actor, held={"subject_cleared"})
        row.status_at = now
        return _send(house, actor, row, nation=nation, event=LeafEvent.ASSURANCE_GIVEN, now=now)

    return house.commit(step)


def renew_assurance(house: House, actor: Actor, *, assurance: str) -> AssuranceView:
    """Confirm the status of a given assurance as of now, as long as its subject is still cleared; the partner is told.

    Raises Refused("role"), NotAvailable("assurance"), Conflict("state" or "not_cleared").
    """
    actor.require(Role.REGISTRAR)
    now = house.now()

    def step() -> AssuranceView:
        row = _given(actor, assurance)
        present = _vouched_facility(row.subject) if row.subject_kind == "facility" else _vouched_person(row.subject)
        unchanged = (present.level, present.safeguarding_level, present.facility) == (
            row.level,
            row.safeguarding_level,
            row.facility,
        )
        if (
            not unchanged
            or set(present.caveats) != set(row.caveats)
            or min(present.valid_until, row.valid_until) <= now
        ):
            raise Conflict("not_cleared", field="assurance", expected="a subject that is still as the assurance says")
        row.status = advance(ASSURANCE, row.status, "renew", actor=actor, held={"subject_cleared"})
        row.status_at = now
        return _send(house, actor, row, nation=Nation(row.recipient), event=LeafEvent.ASSURANCE_GIVEN, now=now)

    return house.commit(step)


def revoke_assurance(house: House, actor: Actor, *, assurance: str) -> AssuranceView:
    """Revoke a given assurance; it is refused at home from now on, and at the partner from the notice's arrival.

    Raises Refused("role"), NotAvailable("assurance"), Conflict("state").
    """
    actor.require(Role.REGISTRAR)
    now = house.now()

    def step() -> AssuranceView:
        row = _given(actor, assurance)
        row.status = advance(ASSURANCE, row.status, "revoke", actor=actor)
        row.status_at = now
        return _send(house, actor, row, nation=Nation(row.recipient), event=LeafEvent.ASSURANCE_REVOKED, now=now)

    return house.commit(step)


def list_assurances(house: House, actor: Actor) -> list[AssuranceView]:
    """The assurances that the actor may see, newest status first."""
    rows = visible_assurances(actor, active_bundle.partner_facilities(house, actor.company)).order_by(
        "-status_at", "id"
    )
    return [_view(row) for row in rows]


def receive_assurance(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a partner's assurance (message kind "assurance"), inside the receiving step. Raises to refuse it."""
    if payload is not None:
        raise MalformedInput("assurance.payload", field="payload", expected="no payload")
    bundle = active_bundle.active(house, at)
    parties = bundle.parties
    if sender not in parties:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    statement_json = body.get("statement")
    if not isinstance(statement_json, dict):
        raise MalformedInput("assurance.statement", field="statement", expected="a signed statement")
    envelope = canonical_bytes(statement_json)
    found = read_statement(envelope, kind=STATEMENT, versions=(1,), trusted=parties[sender].node_keys).body
    policy = bundle.policies.by_nation(sender)
    row = _read(found, policy.oid)
    if (row.issuer, row.recipient) != (sender, house.nation):
        raise NotVerified("assurance.parties", field="issuer", expected=f"{sender} to {house.nation}")
    for level in filter(None, (row.level, row.safeguarding_level)):
        policy.level(level)
    for caveat in row.caveats:
        policy.caveat(caveat)
    row.direction = "received"
    row.statement = envelope
    known = Assurance.objects.filter(id=row.id).first()
    same = known is None or (known.direction, known.issuer, known.subject_kind, known.subject) == (
        row.direction,
        row.issuer,
        row.subject_kind,
        row.subject,
    )
    if not same:
        raise Conflict("assurance.id", field="id", found=row.id, expected="an identifier used for this subject only")
    step = "receive" if row.status == VALID else "receive_revocation"
    newer = known is None or row.status_at >= known.status_at
    if not newer:
        raise Conflict("assurance.status", field="status_at", expected="a status not older than the one held")
    advance(ASSURANCE, known.status if known else UNGIVEN, step, actor=None, held={"newer_status"})
    row.save()
    enter(
        house,
        LeafEvent.ASSURANCE_RECEIVED,
        actor=sender,
        subject=row.id,
        details={"subject_kind": row.subject_kind, "subject": row.subject, "status": row.status, "message": message_id},
        at=at,
    )


def _send(
    house: House, actor: Actor, row: Assurance, *, nation: Nation, event: LeafEvent, now: Instant
) -> AssuranceView:
    row.statement = sign_statement(STATEMENT, 1, _body(house, row), [house.node_key])
    row.save()
    message = queue_message(house, nation, "assurance", {"statement": read_object(row.statement)}, at=now)
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


def _body(house: House, row: Assurance) -> dict[str, Json]:
    policy = active_bundle.own_policy(house)
    return {
        "id": row.id,
        "issuer": row.issuer,
        "recipient": row.recipient,
        "subject_kind": row.subject_kind,
        "subject": row.subject,
        "facility": row.facility,
        "level": {"policy": policy.oid, "name": row.level},
        "safeguarding_level": row.safeguarding_level,
        "caveats": [*row.caveats],
        "valid_from": instant_text(row.valid_from),
        "valid_until": instant_text(row.valid_until),
        "status": row.status,
        "status_at": instant_text(row.status_at),
    }


def _read(body: Mapping[str, Json], policy_oid: str) -> Assurance:
    """An unsaved row from a statement's body. Raises MalformedInput or UnknownValue naming the member."""
    kind = read_choice(body.get("subject_kind"), KINDS, field="subject_kind")
    facility = read_code(body.get("facility"), field="facility")
    subject = body.get("subject")
    subject = read_code(subject, field="subject") if kind == "facility" else read_id(subject, "prs", field="subject")
    if kind == "facility" and subject != facility:
        raise MalformedInput("assurance.facility", field="facility", expected="the facility that is vouched for")
    level, safeguarding, caveats = body.get("level"), body.get("safeguarding_level"), body.get("caveats")
    if not isinstance(level, dict) or level.get("policy") != policy_oid or not isinstance(level.get("name"), str):
        raise UnknownValue("assurance.level", field="level", expected="a level of the issuer's policy in the agreement")
    if not isinstance(safeguarding, str) or (kind == "person" and safeguarding):
        raise MalformedInput("assurance.safeguarding", field="safeguarding_level", expected="a level, or empty")
    if not isinstance(caveats, list) or len(caveats) > MAX_CAVEATS or not all(isinstance(one, str) for one in caveats):
        raise MalformedInput("assurance.caveats", field="caveats", expected=f"at most {MAX_CAVEATS} caveats")
    valid_from, valid_until = read_period(
        read_instant(body.get("valid_from"), field="valid_from"),
        read_instant(body.get("valid_until"), field="valid_until"),
    )
    return Assurance(
        id=read_id(body.get("id"), "asr"),
        issuer=read_nation(body.get("issuer"), field="issuer"),
        recipient=read_nation(body.get("recipient"), field="recipient"),
        subject_kind=kind,
        subject=subject,
        facility=facility,
        level=str(level["name"]),
        safeguarding_level=safeguarding,
        caveats=caveats,
        valid_from=valid_from,
        valid_until=valid_until,
        status=read_choice(body.get("status"), (VALID, REVOKED), field="status"),
        status_at=read_instant(body.get("status_at"), field="status_at"),
    )


def _vouched_facility(code: str) -> Assurance:
    row = Facility.objects.filter(code=code, suspended_at=None).first()
    if row is None:
        raise NotAvailable("subject", field="subject")
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


def _vouched_person(pseudonym: str) -> Assurance:
    row = Person.objects.filter(id=pseudonym, suspended_at=None).exclude(facility=None).first()
    if row is None:
        raise NotAvailable("subject", field="subject")
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


def _given(actor: Actor, assurance: str) -> Assurance:
    row = visible_assurances(actor).filter(id=assurance, direction="given").first()
    if row is None:
        raise NotAvailable("assurance", field="assurance")
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


def _view(row: Assurance, entry: str = "") -> AssuranceView:
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
    )
