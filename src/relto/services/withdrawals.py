"""A release is withdrawn: on the node of the authority that withdraws from its commit, at the partner by its notice.

Withdrawal stops openings to come and recalls nothing that was opened (design.md section 2). The withdrawing step
narrows the rights of every earlier decision, so that no share leaves under one. Where the recipient holds all shares
(mode transferred), the notice asks for destruction or return, and the holder's security officer records what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.db.models import Q

from relto.base.canonical import Json
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures import acceptance, release
from relto.procedures.actors import Actor, Role
from relto.procedures.table import advance
from relto.services import arrivals, releases
from relto.services.arrival_view import ArrivalDetail
from relto.services.book import enter
from relto.services.control_register import Direction, add_line
from relto.services.house import House
from relto.services.item_view import is_joint
from relto.services.release_view import CaseDetail
from relto.services.sending import queue_message
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.services.withdrawal_notices import (
    ASKED,
    CO_OWNER,
    DESTROYED,
    ORIGINATOR,
    RETURNED,
    Disposition,
    Release,
    Withdrawal,
    read_disposition,
    read_withdrawal,
    write_disposition,
    write_withdrawal,
)
from relto.store.models import Arrival, Facility, Manifest, ReleaseCase
from relto.store.queries.narrowing import narrow
from relto.store.queries.releases import visible_arrivals, visible_cases

TRANSFERRED = "transferred"


def withdraw_release(house: House, actor: Actor, case_id: str, *, reason: str) -> CaseDetail:
    """Withdraw a release that is in force: no share leaves here for it once this returned; its recipient is told.

    Raises Refused("role"), NotAvailable("case"), Conflict("state"), MalformedInput.
    """
    actor.require(Role.RELEASE_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    entry = house.commit(lambda: withdraw_now(house, actor, case_id, reason=reason, now=now))
    return replace(releases.case(house, actor, case_id), entry=entry)


def withdraw_now(house: House, actor: Actor, case: str, *, reason: str, now: Instant) -> str:
    """Withdraw a release by id or number inside a step: of `withdraw_release`, or of an incident; the entry.

    Raises Refused("role"), NotAvailable("case"), Conflict("state").
    """
    actor.require(Role.RELEASE_OFFICER)
    narrow()
    rows = visible_cases(actor).select_related("item", "manifest").select_for_update(of=("self",))
    row = rows.filter(Q(id=case) | Q(number=case)).first()
    if row is None:
        raise NotAvailable("case", field="case")
    sent, was = bool(row.message), row.state
    row.state = advance(release.RELEASE, row.state, "withdraw", actor=actor, held={"reason_given"})
    row.withdrawn_by, row.withdrawn_at, row.withdrawal_reason = actor.person, now, reason
    row.disposition = ASKED if sent and row.mode == TRANSFERRED else ""
    row.save(update_fields=["state", "withdrawn_by", "withdrawn_at", "withdrawal_reason", "disposition"])
    message = _notify(house, row, now) if row.manifest is not None and sent else ""
    entry = enter(
        house,
        LeafEvent.RELEASE_WITHDRAWN,
        actor=actor.person,
        subject=row.id,
        company=row.company,
        details={"number": row.number, "was": was, "disposition": row.disposition, "message": message},
        at=now,
    )
    if sent:
        add_line(house, row.item, "withdrawn", company=row.company, counterpart=row.facility, entry=entry, at=now)
    return entry


def withdraw_co_release(house: House, actor: Actor, arrival_id: str, *, reason: str) -> ArrivalDetail:
    """Withdraw, as its other owner, a joint item that was accepted: closed for both nations, and its sealer is told.

    Raises Refused("role"), NotAvailable("arrival"), Conflict("joint_item") for an item of one owner, Conflict("state"),
    MalformedInput.
    """
    actor.require(Role.RELEASE_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()

    def step() -> str:
        narrow()
        rows = visible_arrivals(actor).select_related("item", "manifest").select_for_update(of=("self",))
        row = rows.filter(id=arrival_id).first()
        if row is None:
            raise NotAvailable("arrival", field="arrival")
        if row.partner_manifest is None:
            raise Conflict("joint_item", field="arrival", expected="an item that two nations own")
        held = {"joint", "reason_given"}
        row.state = advance(acceptance.ACCEPTANCE, row.state, "withdraw_own", actor=actor, held=held)
        row.withdrawn_at, row.withdrawal_reason = now, reason
        row.save(update_fields=["state", "withdrawn_at", "withdrawal_reason"])
        close_manifests(now, row.manifest, row.partner_manifest)
        sender, company = Nation(row.sender), _company(row)
        notice = Withdrawal(_about_arrival(row), CO_OWNER, "")
        message = queue_message(house, sender, "withdrawal", write_withdrawal(house, sender, notice, now), at=now)
        entry = enter(
            house,
            LeafEvent.ARRIVAL_WITHDRAWN,
            actor=actor.person,
            subject=row.id,
            company=company,
            details={"number": row.number, "was": acceptance.ACCEPTED, "disposition": "", "message": message},
            at=now,
        )
        add_line(house, row.item, "withdrawn", company=company, counterpart=sender, entry=entry, at=now)
        return entry

    entry = house.commit(step)
    return replace(arrivals.arrival(house, actor, arrival_id), entry=entry)


def receive_withdrawal(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take the notice of a release's originator, or of a joint item's other owner, inside the receiving step.

    Where both owners of a joint item withdrew at once, the notice changes nothing more. Raises to refuse it.
    """
    if payload is not None:
        raise MalformedInput("withdrawal.payload", field="payload", expected="no payload")
    notice = read_withdrawal(house, sender, body, at)
    narrow()
    if notice.by != ORIGINATOR:
        _close_case(house, sender, notice, message_id, at)
        return
    rows = Arrival.objects.select_related("item", "manifest").select_for_update(of=("self",))
    row = rows.filter(sender=sender, release=notice.about.release).first()
    if row is None:
        raise NotAvailable("release", field="release")
    if notice.about != _about_arrival(row):
        raise NotVerified("withdrawal.release", field="release", expected="the release as it came")
    if row.state == acceptance.WITHDRAWN and row.partner_manifest is not None:
        return  # both owners withdrew at once
    was = row.state
    row.state = advance(acceptance.ACCEPTANCE, row.state, "withdraw", actor=None, held={"originator_withdrew"})
    row.withdrawn_at = at
    row.disposition = ASKED if row.mode == TRANSFERRED else ""
    row.save(update_fields=["state", "withdrawn_at", "disposition"])
    close_manifests(at, row.manifest, row.partner_manifest)
    company = _company(row)
    entry = enter(
        house,
        LeafEvent.ARRIVAL_WITHDRAWN,
        actor=sender,
        subject=row.id,
        company=company,
        details={"number": row.number, "was": was, "disposition": row.disposition},
        links={"message": message_id, "notice": notice.digest},
        at=at,
    )
    if row.control_number:
        add_line(house, row.item, "withdrawn", company=company, counterpart=sender, entry=entry, at=at)


def _close_case(house: House, sender: Nation, notice: Withdrawal, message_id: str, at: Instant) -> None:
    """The other owner of a joint item withdrew: the own case closes too."""
    rows = ReleaseCase.objects.select_related("item", "manifest").select_for_update(of=("self",))
    row = rows.filter(id=notice.about.release, nation=sender).first()
    if row is None or row.manifest is None:
        raise NotAvailable("release", field="release")
    if notice.about != _about_case(row, row.manifest) or not is_joint(row.item):
        raise NotVerified("withdrawal.release", field="release", expected="a joint item, as it was sent")
    if row.state == release.WITHDRAWN:
        return
    was = row.state
    row.state = advance(release.RELEASE, row.state, "close", actor=None, held={"co_owner_withdrew"})
    row.withdrawn_by, row.withdrawn_at = sender, at
    row.save(update_fields=["state", "withdrawn_by", "withdrawn_at"])
    close_manifests(at, row.manifest)
    entry = enter(
        house,
        LeafEvent.RELEASE_WITHDRAWN,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"number": row.number, "was": was, "disposition": "", "message": ""},
        links={"message": message_id, "notice": notice.digest},
        at=at,
    )
    add_line(house, row.item, "withdrawn", company=row.company, counterpart=row.facility, entry=entry, at=at)


def record_disposition(house: House, actor: Actor, arrival_id: str, *, outcome: str, reason: str) -> ArrivalDetail:
    """Record that what the own facility held under a withdrawn release is destroyed or returned; its originator learns.

    `reason`: how and before whom; it stays here. Raises Refused("role"), NotAvailable("arrival"), Conflict("state")
    for a release that is not withdrawn, Conflict("disposition") for a second time, UnknownValue, MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    outcome = read_choice(outcome, (DESTROYED, RETURNED), field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()

    def step() -> str:
        rows = visible_arrivals(actor).select_related("item", "manifest").select_for_update(of=("self",))
        own = Facility.objects.filter(company_id=actor.company).values("code")
        row = rows.filter(id=arrival_id, facility__in=own).first()
        if row is None:
            raise NotAvailable("arrival", field="arrival")
        if row.state != acceptance.WITHDRAWN:
            raise Conflict("state", field="arrival", found=row.state, expected=acceptance.WITHDRAWN)
        if row.disposition not in {"", ASKED}:
            raise Conflict(
                "disposition", field="arrival", found=row.disposition, expected="one record of what was done"
            )
        row.disposition, row.disposition_at = outcome, now
        row.disposition_by, row.disposition_reason = actor.person, reason
        row.save(update_fields=["disposition", "disposition_at", "disposition_by", "disposition_reason"])
        notice = Disposition(_about_arrival(row), outcome, row.control_number)
        sender = Nation(row.sender)
        message = queue_message(house, sender, "disposition", write_disposition(house, sender, notice, now), at=now)
        entry = enter(
            house,
            LeafEvent.DISPOSITION_RECORDED,
            actor=actor.person,
            subject=row.id,
            company=_company(row),
            details={"number": row.number, "outcome": outcome, "message": message},
            at=now,
        )
        direction: Direction = "destroyed" if outcome == DESTROYED else "returned"
        add_line(house, row.item, direction, company=_company(row), counterpart=sender, entry=entry, at=now)
        return entry

    entry = house.commit(step)
    return replace(arrivals.arrival(house, actor, arrival_id), entry=entry)


def receive_disposition(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take the holder's word (message kind "disposition"), inside the receiving step. Raises to refuse it."""
    if payload is not None:
        raise MalformedInput("disposition.payload", field="payload", expected="no payload")
    notice = read_disposition(house, sender, body, at)
    rows = ReleaseCase.objects.select_related("item", "manifest").select_for_update(of=("self",))
    row = rows.filter(id=notice.about.release, nation=sender).first()
    if row is None or row.manifest is None:
        raise NotAvailable("release", field="release")
    if (notice.about, notice.control_number) != (_about_case(row, row.manifest), row.control_number):
        raise NotVerified("disposition.release", field="release", expected="the release as it was sent and accepted")
    if row.state != release.WITHDRAWN or row.disposition not in {"", ASKED}:
        raise Conflict("state", field="release", found=row.state, expected="a withdrawn release without a disposition")
    row.disposition, row.disposition_at = notice.outcome, at
    row.save(update_fields=["disposition", "disposition_at"])
    enter(
        house,
        LeafEvent.DISPOSITION_RECEIVED,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"number": row.number, "outcome": notice.outcome},
        links={"message": message_id, "notice": notice.digest},
        at=at,
    )


def close_manifests(at: Instant, *manifests: Manifest | None) -> None:
    """No share is served for these any more, whatever else is decided. Inside a step that calls `narrow`."""
    for manifest in filter(None, manifests):
        if manifest.withdrawn_at is None:
            manifest.withdrawn_at = at
            manifest.save(update_fields=["withdrawn_at"])


def _notify(house: House, row: ReleaseCase, now: Instant) -> str:
    """Close the case's manifest and tell its recipient; the message's id."""
    if row.manifest is None:
        return ""
    close_manifests(now, row.manifest)
    recipient = Nation(row.nation)
    notice = Withdrawal(_about_case(row, row.manifest), ORIGINATOR, row.disposition)
    return queue_message(house, recipient, "withdrawal", write_withdrawal(house, recipient, notice, now), at=now)


def _about_case(row: ReleaseCase, manifest: Manifest) -> Release:
    return Release(row.id, row.number, row.item.uuid, manifest.policy_uuid)


def _about_arrival(row: Arrival) -> Release:
    return Release(row.release, row.number, row.item.uuid, row.manifest.policy_uuid)


def _company(row: Arrival) -> str:
    facility = Facility.objects.filter(code=row.facility).first()
    return facility.company_id if facility is not None else ""
