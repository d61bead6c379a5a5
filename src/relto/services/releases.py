"""Releases on the originator's node: a company asks, its nation's release officer decides, the node prepares and sends.

The gates are evaluated anew inside the step that decides, from the rows of that moment. A release with a failing gate
changes nothing but leaves its decision and an entry. The two-share manifest is made by the key service before the step
that registers and sends it, so a step never waits for another process.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from relto.base.canonical import Json, read_object
from relto.base.errors import Conflict, MalformedInput, NotAvailable, NotVerified, UnknownValue
from relto.base.ids import read_code, read_id
from relto.base.instants import Instant
from relto.base.nations import Nation, read_nation
from relto.exchange.answers import LinkRefusal, Receipt
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.ports.surroundings import StoredBlob
from relto.procedures import item as item_states
from relto.procedures.actors import Actor, Role
from relto.procedures.release import ACCEPTED, ASKED, IN_FORCE, RELEASE, RELEASED, RETURNED, SENT
from relto.procedures.table import advance
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action, DecisionFacts, ReleaseFacts
from relto.sealing.manifest import parse_manifest
from relto.sealing.registration import ManifestFingerprint, manifest_fingerprint
from relto.services import active_bundle, facts
from relto.services.book import enter
from relto.services.control_register import add_line
from relto.services.custody import read_custody_receipt
from relto.services.decisions import check_accepted, record_decision, refusal_of
from relto.services.house import House
from relto.services.numbers import numbered
from relto.services.release_message import MAX_READERS, ReleaseMessage
from relto.services.release_view import CaseDetail, CaseView, case_detail, case_view
from relto.services.sealed_containers import check_label_equal, sign_registration
from relto.services.sending import PayloadRef, queue_message
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.services.witness_watch import require_witness_in_time
from relto.store.models import Item, Manifest, ReleaseCase, ReleaseReader
from relto.store.queries.items import visible_items
from relto.store.queries.releases import visible_cases

OUTCOMES = ("release", "refuse")
_DIGITS = 4


def request_release(
    house: House,
    actor: Actor,
    *,
    item: str,
    nation: str,
    facility: str,
    readers: Sequence[tuple[str, str]],
    purpose: str,
) -> CaseView:
    """Ask the own authority to release an own company's item to a partner's facility for named readers.

    `readers`: (pseudonym, reason). Raises Refused("role"), NotAvailable("item"), Conflict("state" or "case"),
    UnknownValue for a nation that is no party or a reader whom the partner's authority never vouched for there,
    MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    now = house.now()
    bundle = active_bundle.active(house, now)
    recipient = read_nation(nation)
    if recipient == house.nation or recipient not in bundle.parties:
        raise UnknownValue("nation", field="nation", expected="a partner nation of the agreement in force")
    facility = read_code(facility, field="facility")
    named = _named(readers)
    purpose = read_text(purpose, field="purpose", longest=LONGEST_REASON)

    def step() -> CaseView:
        row = visible_items(actor).filter(id=item, held_as="own", company_id=actor.company).first()
        if row is None:
            raise NotAvailable("item", field="item")
        if row.state != item_states.REGISTERED:
            raise Conflict("state", field="item", found=row.state, expected=item_states.REGISTERED)
        for pseudonym in named:
            known = facts.newest_assurance("person", pseudonym, recipient)
            if known is None or known.facility != facility:
                raise UnknownValue("reader", field="readers", expected="people vouched for at this facility")
        open_states = [ASKED, *IN_FORCE]
        if row.release_cases.filter(nation=recipient, facility=facility, state__in=open_states).exists():
            raise Conflict("case", field="facility", expected="no other release of this item to this facility")
        case = numbered("REL", now.year, _DIGITS, _taken, lambda number: make(row, number))
        entry = enter(
            house,
            LeafEvent.RELEASE_REQUESTED,
            actor=actor.person,
            subject=case.id,
            company=case.company,
            details={"item": row.id, "nation": recipient, "facility": facility, "readers": [*sorted(named)]},
            at=now,
        )
        return case_view(bundle, actor, case, entry)

    def make(row: Item, number: str) -> ReleaseCase:
        case = ReleaseCase.objects.create(
            id=house.new_id("rel"),
            number=number,
            item=row,
            nation=recipient,
            facility=facility,
            purpose=purpose,
            state=RELEASE.start,
            asked_by=actor.person,
            asked_at=now,
            company=row.company_id or "",
        )
        for pseudonym, reason in named.items():
            ReleaseReader.objects.create(case=case, pseudonym=pseudonym, reason=reason)
        return case

    return house.commit(step)


def cases(house: House, actor: Actor) -> list[CaseView]:
    """The cases that the actor may see, oldest waiting first."""
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    rows = list(visible_cases(actor).select_related("item").order_by("asked_at", "number"))
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return [case_view(bundle, actor, row) for row in rows]


def case(house: House, actor: Actor, case_id: str) -> CaseDetail:
    """One case with its gates as they stand now. Raises NotAvailable("case")."""
    now = house.now()
    bundle = active_bundle.active(house, now)
    row = _seen(actor, case_id)
    decision, _ = _evaluate(house, bundle, row, now)
    return case_detail(bundle, actor, row, decision)


def decide_release(
    house: House,
    actor: Actor,
    case_id: str,
    *,
    outcome: str,
    reason: str,
    accepts: Collection[str] = frozenset(),
) -> CaseDetail:
    """Release or refuse. `accepts` names each rule (or gate) for which no rule is loaded; training nodes only.

    Raises Refused("role"), NotAvailable("case"), Conflict("state"), MalformedInput naming an unaccepted rule,
    Unreachable("witness_late") and
    Refused("gates", reference=...) when a gate does not hold: the case then stands as it was.
    """
    actor.require(Role.RELEASE_OFFICER)
    outcome = read_choice(outcome, OUTCOMES, field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> CaseDetail | tuple[str, Decision]:
        row = _seen(actor, case_id, lock=True)
        held = {"gates_hold", "unconfirmed_accepted", "reason_given"}
        state = advance(RELEASE, row.state, outcome, actor=actor, held=held)
        decision, stated = _evaluate(house, bundle, row, now)
        reference = house.new_id("dec")
        details: dict[str, Json] = {"outcome": outcome, "decision": reference, "failed": [*decision.failed_rules]}
        if outcome == "release" and decision.permitted:
            require_witness_in_time(bundle, now)
            details |= check_accepted(house, decision, accepts)
        elif outcome == "release":
            details["outcome"] = "gates_failed"
        entry = enter(
            house,
            LeafEvent.RELEASE_DECIDED,
            actor=actor.person,
            subject=row.id,
            company=row.company,
            details=details,
            links={"bundle": bundle.digest, "decision": decision.digest()},
            at=now,
        )
        record_decision(
            decision,
            stated,
            reference=reference,
            actor=actor.person,
            company=row.company,
            item=row.item_id,
            entry=entry,
        )
        if outcome == "release" and not decision.permitted:
            return reference, decision
        row.state, row.reason, row.decision = state, reason, reference
        row.decided_by, row.decided_at = actor.person, now
        row.save(update_fields=["state", "reason", "decision", "decided_by", "decided_at"])
        return case_detail(bundle, actor, row, decision, entry)

    answer = house.commit(step)
    if isinstance(answer, CaseDetail):
        return answer
    reference, decision = answer
    raise refusal_of(decision, reference)


def cases_to_prepare() -> list[str]:
    """Ids of decided cases that wait for the node itself, for its own worker."""
    return list(ReleaseCase.objects.filter(state=RELEASED).order_by("decided_at", "id").values_list("id", flat=True))


def prepare_release(house: House, case_id: str) -> bool:
    """Make, register and send the two-share manifest of a released case; False when there is nothing to do any more.

    Raises Unreachable while the key service does not answer, NotVerified when what it made is not a manifest over the
    same payload under the same label.
    """
    row = ReleaseCase.objects.select_related("item").filter(id=case_id, state=RELEASED).first()
    if row is None:
        return False
    bundle = active_bundle.active(house)
    content = house.key_service.release_manifest(case_id)
    fingerprint = _checked_release(bundle, row.item, content)

    def step() -> bool:
        now = house.now()
        case = _locked(case_id)
        if case is None or case.state != RELEASED:
            return False
        case.state = advance(RELEASE, case.state, "send", actor=None, held={"manifest_registered"})
        registration = sign_registration(
            house,
            item=case.item.uuid,
            kind="release",
            fingerprint=fingerprint,
            label=case.item.label,
            programme=case.item.programme,
            at=now,
        )
        case.manifest = Manifest.objects.create(
            id=house.new_id("man"),
            item=case.item,
            kind="release",
            policy_uuid=fingerprint.uuid,
            content=content,
            fingerprint=fingerprint.as_dict(),
            registration=registration,
            registered_at=now,
        )
        case.message = _send(house, case, content, registration, now)
        entry = enter(
            house,
            LeafEvent.RELEASE_PREPARED,
            actor=house.nation,
            subject=case.id,
            company=case.company,
            details={"fingerprint": fingerprint.as_dict(), "message": case.message, "number": case.number},
            links={"policy": fingerprint.policy_digest, "payload": fingerprint.payload_digest},
            at=now,
        )
        add_line(house, case.item, "sent", company=case.company, counterpart=case.facility, entry=entry, at=now)
        case.save(update_fields=["state", "manifest", "message"])
        return True

    return house.commit(step)


def release_settled(house: House, message_id: str, answer: Receipt | LinkRefusal, at: Instant) -> None:
    """The partner's node answered a release message; inside the step that stores and enters its answer."""
    del house
    row = ReleaseCase.objects.select_for_update().filter(message=message_id).first()
    if row is None:
        return
    if not isinstance(answer, Receipt):
        row.state = advance(RELEASE, row.state, "reject", actor=None, held={"final_refusal"})
        row.save(update_fields=["state"])
        return
    if row.state == SENT:
        row.state = advance(RELEASE, row.state, "deliver", actor=None, held={"technical_receipt"})
    row.delivered_at = at
    row.save(update_fields=["state", "delivered_at"])


def receive_acceptance(  # noqa: PLR0917  the form of services.receiving.Handler
    house: House, sender: Nation, body: Mapping[str, Json], message_id: str, payload: StoredBlob | None, at: Instant
) -> None:
    """Take the partner's custody receipt (message kind "acceptance"), inside the receiving step."""
    if payload is not None:
        raise MalformedInput("acceptance.payload", field="payload", expected="no payload")
    receipt = read_custody_receipt(house, sender, body, at)
    row = _locked(receipt.release)
    if row is None or row.nation != sender or row.manifest is None:
        raise NotAvailable("release", field="release")
    if (row.number, row.item.uuid, row.manifest.policy_uuid) != (receipt.number, receipt.item, receipt.policy):
        raise NotVerified("custody.release", field="release", expected="the release as it was sent")
    step = "accept" if receipt.accepted else "return"
    row.state = advance(RELEASE, row.state, step, actor=None, held={"custody_receipt"})
    row.custody_at, row.control_number = at, receipt.control_number
    row.save(update_fields=["state", "custody_at", "control_number"])
    enter(
        house,
        LeafEvent.ACCEPTANCE_RECEIPTED,
        actor=sender,
        subject=row.id,
        company=row.company,
        details={"outcome": ACCEPTED if receipt.accepted else RETURNED, "control_number": receipt.control_number},
        links={"message": message_id, "receipt": receipt.digest},
        at=at,
    )


def _evaluate(house: House, bundle: Bundle, row: ReleaseCase, at: Instant) -> tuple[Decision, DecisionFacts]:
    """The gates of the release as the originator's node sees them at `at`."""
    nation = Nation(row.nation)
    registered = row.item.manifests.filter(kind="original", withdrawn_at=None).exists()
    readers = list(row.readers.order_by("pseudonym"))
    stated = DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, row.item, registered=registered),
        facility=facts.partner_facility(bundle, row.facility, nation, at),
        people=tuple(facts.partner_person(bundle, one.pseudonym, nation, row.facility, at) for one in readers),
        releaser=house.nation,
        channel=row.channel,
        authorisations=facts.authorisations_for(row.item, nation),
        listings=facts.listings(readers, row.item, row.number, row.asked_at),
        release=ReleaseFacts(
            row.id, row.item.uuid, nation, row.facility, "live", "proposed", facts.since(row.asked_at)
        ),
    )
    return decide(bundle, Action.RELEASE, stated, at), stated


def _checked_release(bundle: Bundle, item: Item, content: bytes) -> ManifestFingerprint:
    """The fingerprint of a release's manifest, once it is seen to protect the same payload under the same label."""
    manifest = parse_manifest(content)
    fingerprint = manifest_fingerprint(manifest)
    original = item.manifests.get(kind="original", withdrawn_at=None)
    if fingerprint.payload_digest != original.fingerprint["payload_digest"] or fingerprint.uuid == item.uuid:
        raise NotVerified("release_manifest", field="manifest", expected="a new manifest over the registered payload")
    check_label_equal(manifest, label_from_dict(item.label, bundle.policies), item.programme, bundle.policies)
    return fingerprint


def _send(house: House, case: ReleaseCase, content: bytes, registration: bytes, now: Instant) -> str:
    item = case.item
    message = ReleaseMessage(
        release=case.id,
        number=case.number,
        uuid=item.uuid,
        title=item.title,
        file_name=item.file_name,
        media_type=item.media_type,
        programme=item.programme,
        label=item.label,
        export_controlled=item.export_controlled,
        facility=case.facility,
        purpose=case.purpose,
        mode=case.mode,
        channel=case.channel,
        readers=tuple((one.pseudonym, one.reason) for one in case.readers.order_by("pseudonym")),
        manifest=content,
        registration=registration,
        payload_crc32=item.payload_crc32,
    )
    payload = PayloadRef(item.payload_blob, item.payload_offset, item.payload_size, item.payload_sha256)
    body = message.as_body(read_object(registration))
    return queue_message(house, Nation(case.nation), "release", body, payload if item.payload_size else None, at=now)


def _named(readers: Sequence[tuple[str, str]]) -> dict[str, str]:
    named = {
        read_id(pseudonym, "prs", field="readers.pseudonym"): read_text(
            reason, field="readers.reason", longest=LONGEST_REASON
        )
        for pseudonym, reason in readers
    }
    if not 0 < len(readers) <= MAX_READERS or len(named) != len(readers):
        raise MalformedInput("readers", field="readers", expected=f"1 to {MAX_READERS} readers, each once")
    return named


def _taken(start: str) -> int:
    return ReleaseCase.objects.filter(number__startswith=start).count()


def _locked(case_id: str) -> ReleaseCase | None:
    """The case, locked until the step ends."""
    rows = ReleaseCase.objects.select_for_update(of=("self",)).select_related("item", "manifest")
    return rows.filter(id=case_id).first()


def _seen(actor: Actor, case_id: str, *, lock: bool = False) -> ReleaseCase:
    rows = visible_cases(actor).select_related("item").filter(id=case_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotAvailable("case", field="case")
    return row
