"""Arrivals on the recipient's node: what a partner released waits here until the own authority accepts or returns it.

Acceptance judges the own facility and people by the own register, and demands that they were vouched for to the
sender. It gives the control number and the custody receipt in the same step; only then can anybody here see or open
the item.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures.acceptance import ACCEPTANCE, ACCEPTED, ARRIVED, REFUSED, WITHDRAWN
from relto.procedures.actors import Actor, Role
from relto.procedures.item import HELD, ITEM, RETURNED
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action, DecisionFacts, ReleaseFacts
from relto.services import active_bundle, facts
from relto.services.arrival_view import ArrivalDetail, ArrivalView, arrival_detail, arrival_views
from relto.services.arriving import CheckedRelease, check_release
from relto.services.border import require_open_border
from relto.services.co_release import CoRelease, check_split, co_release
from relto.services.control_register import add_line
from relto.services.custody import CustodyReceipt, write_custody_receipt
from relto.services.decisions import check_accepted, enter_decision, refusal_of
from relto.services.house import House
from relto.services.joint_items import PARTNER
from relto.services.release_message import ReleaseMessage, read_release_message
from relto.services.release_view import HOME, RECIPIENT
from relto.services.sending import queue_message
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.services.withdrawal_notices import ASKED
from relto.store.models import Arrival, Facility, Item, Manifest, ReleaseReader
from relto.store.queries.releases import visible_arrivals, with_newest_ended

OUTCOMES = ("accept", "refuse")
_AT_REST = ACCEPTANCE.final | {ACCEPTED}
_MOST_DUE = 100
_RELEASE_STATES: Mapping[str, Literal["released", "accepted", "refused", "withdrawn"]] = {
    ARRIVED: "released",
    ACCEPTED: "accepted",
    REFUSED: "refused",
    WITHDRAWN: "withdrawn",
}


def receive_release(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take a partner's release (message kind "release"), inside the receiving step, whose entry tells of it.

    Raises what `arriving.check_release` raises; nothing of the release is then kept.
    """
    bundle = active_bundle.active(house, at)
    if sender not in bundle.parties or sender == house.nation:
        raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
    message = read_release_message(body)
    checked = check_release(house, bundle, sender, message, payload)
    item = checked.known or Item.objects.create(
        id=house.new_id("itm"),
        uuid=message.uuid,
        originator=sender,
        held_as="received",
        programme=message.programme,
        label=message.label,
        title=message.title,
        file_name=message.file_name,
        media_type=message.media_type,
        export_controlled=message.export_controlled,
        state=ITEM.start,
        payload_blob=payload.name if payload is not None else "",
        payload_size=payload.size if payload is not None else 0,
        payload_crc32=message.payload_crc32,
        payload_sha256=payload.sha256 if payload is not None else "",
        plaintext_size=checked.plaintext_size,
        registered_at=at,
    )
    manifest = Manifest.objects.create(
        id=house.new_id("man"),
        item=item,
        kind="received",
        policy_uuid=checked.fingerprint.uuid,
        content=message.manifest,
        fingerprint=checked.fingerprint.as_dict(),
        registration=message.registration,
        registered_at=at,
    )
    arrival = Arrival.objects.create(
        id=house.new_id("arr"),
        release=message.release,
        number=message.number,
        sender=sender,
        item=item,
        manifest=manifest,
        message=message_id,
        facility=message.facility,
        purpose=message.purpose,
        mode=message.mode,
        channel=message.channel,
        state=ACCEPTANCE.start,
        arrived_at=at,
        home_facility=message.home.facility if message.home is not None else "",
        partner_manifest=_partner_manifest(house, sender, item, message, checked, at),
    )
    home_readers = message.home.readers if message.home is not None else ()
    for side, readers in ((RECIPIENT, message.readers), (HOME, home_readers)):
        for pseudonym, reason in readers:
            ReleaseReader.objects.create(arrival=arrival, side=side, pseudonym=pseudonym, reason=reason)


def _partner_manifest(  # noqa: PLR0917  what came together
    house: House, sender: Nation, item: Item, message: ReleaseMessage, checked: CheckedRelease, at: Instant
) -> Manifest | None:
    """Of a joint item, the manifest for the sender's people, of which this node holds one share."""
    if message.home is None or checked.home is None:
        return None
    return Manifest.objects.create(
        id=house.new_id("man"),
        item=item,
        kind=PARTNER,
        nation=sender,
        policy_uuid=checked.home.uuid,
        content=message.home.manifest,
        fingerprint=checked.home.as_dict(),
        registration=message.home.registration,
        registered_at=at,
    )


def arrivals(house: House, actor: Actor, *, ended: int | None = None, item: str = "") -> list[ArrivalView]:
    """The arrivals that the actor may see, oldest first. Raises Refused("role").

    `ended`: of those that ended, or were accepted, only the newest so many; `item`: of this one alone.
    """
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    seen = visible_arrivals(actor).select_related("item").prefetch_related("readers")
    seen = seen.filter(item=item) if item else seen
    found = with_newest_ended(seen, _AT_REST, "arrived_at", ended)
    rows = sorted(found, key=lambda row: (row.arrived_at, row.id))
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return arrival_views(bundle, actor, rows)


def arrivals_to_dispose_of(house: House, actor: Actor) -> list[ArrivalView]:
    """What was withdrawn and of which nobody has said what became of it, oldest first. Raises Refused("role")."""
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    seen = visible_arrivals(actor).filter(state=WITHDRAWN, disposition__in=("", ASKED))
    rows = list(seen.select_related("item").prefetch_related("readers").order_by("arrived_at", "id")[:_MOST_DUE])
    return arrival_views(active_bundle.active(house), actor, rows) if rows else []


def arrival(house: House, actor: Actor, arrival_id: str) -> ArrivalDetail:
    """One arrival with its gates as they stand now. Raises NotAvailable("arrival")."""
    now = house.now()
    bundle = active_bundle.active(house, now)
    row = _seen(actor, arrival_id)
    decision, _ = evaluate(house, bundle, row, now)
    other = co_release(house, bundle, row, now)
    return arrival_detail(bundle, actor, row, decision, co_release=other.decision if other is not None else None)


def decide_arrival(
    house: House,
    actor: Actor,
    arrival_id: str,
    *,
    outcome: str,
    reason: str,
    accepts: Collection[str] = frozenset(),
) -> ArrivalDetail:
    """Accept or refuse what arrived; the sender gets the custody receipt. `accepts` as in `releases.decide_release`.

    To accept a joint item is to release it to the sender's readers too, so both decisions must permit it, and the own
    witness must be in time.

    Raises Refused("role"), NotAvailable("arrival"), Conflict("state"), MalformedInput naming an unaccepted rule,
    Unreachable("witness_late") and
    Refused("gates", reference=...) when a gate does not hold: the arrival then stands as it was.
    """
    actor.require(Role.RELEASE_OFFICER)
    outcome = read_choice(outcome, OUTCOMES, field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)
    if outcome == "accept":
        check_split(house, _seen(actor, arrival_id))

    def step() -> ArrivalDetail | tuple[str, Decision]:
        row = _seen(actor, arrival_id, lock=True)
        held = {"gates_hold", "unconfirmed_accepted", "reason_given"}
        state = advance(ACCEPTANCE, row.state, outcome, actor=actor, held=held)
        decision, stated = evaluate(house, bundle, row, now)
        other = co_release(house, bundle, row, now)
        accepted = outcome == "accept" and decision.permitted and (other is None or other.decision.permitted)
        reference = house.new_id("dec")
        details: dict[str, Json] = {"outcome": outcome}
        if other is not None:
            details |= {"co_decision": other.reference, "co_failed": [*other.decision.failed_rules]}
        if accepted:
            details |= _accepting(house, bundle, decision, other, accepts)
        elif outcome == "accept":
            details["outcome"] = "gates_failed"
        company = Facility.objects.get(code=row.facility).company_id
        entry = enter_decision(
            house,
            LeafEvent.ACCEPTANCE_DECIDED,
            decision,
            stated,
            reference=reference,
            actor=actor,
            subject=row.id,
            company=company,
            item=row.item_id,
            details=details,
        )
        if other is not None:
            other.record(actor=actor.person, company=company, item=row.item_id, entry=entry)
        if outcome == "accept" and not accepted:
            return other.refused_with(reference, decision) if other is not None else (reference, decision)
        row.co_decision = other.reference if other is not None else ""
        row.state, row.reason, row.decision = state, reason, reference
        row.decided_by, row.decided_at = actor.person, now
        if accepted:
            row.control_number = add_line(
                house,
                row.item,
                "received",
                company=company,
                counterpart=row.sender,
                entry=entry,
                at=now,
            )
        row.save()
        _settle_item(actor, row.item, accepted=accepted)
        _send_receipt(house, row, now)
        released = other.decision if other is not None else None
        return arrival_detail(bundle, actor, row, decision, entry, co_release=released)

    answer = house.commit(step)
    if isinstance(answer, ArrivalDetail):
        return answer
    reference, decision = answer
    raise refusal_of(decision, reference)


def _accepting(
    house: House, bundle: Bundle, decision: Decision, other: CoRelease | None, accepts: Collection[str]
) -> dict[str, Json]:
    """What stands in the entry of an acceptance. Raises MalformedInput, and Unreachable where it is a release too."""
    if other is None:
        return check_accepted(house, decision, accepts)
    require_open_border(house, bundle, decision.at)
    return check_accepted(house, decision, accepts, other.decision)


def _settle_item(actor: Actor, item: Item, *, accepted: bool) -> None:
    """Acceptance makes the item held, refusal returned; a further arrival of an item that is held changes nothing."""
    if item.state == HELD or (item.state == RETURNED and not accepted):
        return
    item.state = advance(ITEM, item.state, "hold" if accepted else "return", actor=actor)
    item.save(update_fields=["state"])


def _send_receipt(house: House, row: Arrival, now: Instant) -> None:
    sender = Nation(row.sender)
    receipt = CustodyReceipt(
        release=row.release,
        number=row.number,
        item=row.item.uuid,
        policy=row.manifest.policy_uuid,
        accepted=row.state == ACCEPTED,
        control_number=row.control_number,
        mode=row.mode,
    )
    queue_message(house, sender, "acceptance", write_custody_receipt(house, sender, receipt, now), at=now)


def evaluate(house: House, bundle: Bundle, row: Arrival, at: Instant) -> tuple[Decision, DecisionFacts]:
    """The gates of the acceptance as the recipient's node sees them at `at`."""
    sender = Nation(row.sender)
    readers = list(row.readers.filter(side=RECIPIENT).order_by("pseudonym"))
    stated = DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, row.item, registered=row.manifest.withdrawn_at is None),
        facility=facts.own_facility(house, bundle, row.facility, at, vouched_to=sender),
        people=tuple(facts.own_person(house, bundle, one.pseudonym, at, vouched_to=sender) for one in readers),
        releaser=sender,
        channel=row.channel,
        listings=facts.listings(readers, row.item, row.number, row.arrived_at),
        release=facts_of_release(house, row),
    )
    return decide(bundle, Action.ACCEPT, stated, at), stated


def facts_of_release(house: House, row: Arrival) -> ReleaseFacts:
    """The release behind an arrival: in force from its arrival on, accepted when this authority said so.

    A manifest that was withdrawn is that of a withdrawn release, whatever the arrival says.
    """
    return ReleaseFacts(
        release=row.release,
        item=row.item.uuid,
        recipient=house.nation,
        facility=row.facility,
        mode=facts.mode_of(row.mode),
        state="withdrawn" if row.manifest.withdrawn_at is not None else _RELEASE_STATES[row.state],
        valid=facts.since(row.arrived_at),
    )


def _seen(actor: Actor, arrival_id: str, *, lock: bool = False) -> Arrival:
    rows = visible_arrivals(actor).select_related("item", "manifest").filter(id=arrival_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotAvailable("arrival", field="arrival")
    return row
