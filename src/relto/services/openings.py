"""Opening at the asker's own node: decided here first, by her nation's rules and registers; then the partner is asked.

Every request, permitted or not, leaves its decision and one entry. What is refused at home never leaves the node.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from relto.base.canonical import Json
from relto.base.errors import Conflict, NotAvailable, Refused
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.acceptance import ACCEPTED, WITHDRAWN
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import VALID
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts, ItemFacts, ListingFacts, ReleaseFacts
from relto.rules.views import AskerGate, asker_view
from relto.sealing.key_access import KeyAccess
from relto.sealing.registration import ManifestFingerprint, container_identity
from relto.services import active_bundle, facts, own_readings, unregistered
from relto.services.arrivals import facts_of_release
from relto.services.border import require_open_border
from relto.services.decisions import Ruled, enter_decision, prepare_decision, refusal_of
from relto.services.facts import Registered
from relto.services.house import House
from relto.services.item_view import LIVE, is_joint, is_sealed_with
from relto.services.joint_items import co_owner
from relto.services.opening_message import OpeningRequest, fingerprint_digest, read_answer, write_request
from relto.services.opening_outcomes import enter_refusal, enter_share, not_now
from relto.services.opening_records import MadeDecision, OpeningGrant, OvertakenError, recording
from relto.services.partner_openings import supply_partner_share
from relto.services.release_view import HOME, RECIPIENT
from relto.services.ruled import again, lasts_a_second, ruled
from relto.services.standing import COMPARISON_SECONDS
from relto.services.supply_grounds import state_of_case
from relto.store.models import Arrival, Item, Manifest
from relto.store.queries.assurances import newest_given
from relto.store.queries.governing import Governing, governing
from relto.store.queries.items import holdable_items
from relto.store.queries.opening import ARRIVAL_READERS, CASE_READERS, opened
from relto.store.queries.prepared import Reads

__all__ = [
    "MayOpen",
    "OpeningGrant",
    "PartnerShare",
    "ask_partner",
    "may_open",
    "open_at_home",
    "record_obstacle",
    "supply_partner_share",
]

_TRIES = 3


@dataclass(frozen=True, slots=True)
class PartnerShare:
    """The partner's share, wrapped to the asker's session key; `session_public_key` is None for RSA sessions."""

    wrapped: bytes
    session_public_key: str | None


@dataclass(frozen=True, slots=True)
class MayOpen:
    """What the asker would be told now; nothing was recorded and no share was asked for."""

    permitted: bool
    bundle_version: int
    gates: tuple[AskerGate, ...]


def open_at_home(
    house: House, actor: Actor, *, policy_uuid: str, policy_text: str, key_access: KeyAccess, serve: bool = False
) -> OpeningGrant:
    """Decide and record whether this person may open this container now, whose share its holder has verified.

    `serve`: the share leaves at once, so the decision is used up in the step that records it, if what it rests on still
    holds there; if not, it is decided anew. Without it, `share_release.use_decision` does the same later.
    Raises NotVerified("manifest") when policy text or key access object is not that of the manifest registered here, or
    of a container that the bundle lets open without; and Refused("gates", reference=...) when a gate does not hold.
    """
    decide_it = partial(_decided, house, actor, policy_uuid, policy_text, key_access)
    for made in (decide_it() for _ in range(_TRIES)):
        with suppress(OvertakenError):
            house.commit(recording(house, made, serve=serve))
            break
    else:  # nothing overtakes what is read and recorded in one step
        made = house.commit(lambda: _decide_and_record(house, decide_it, serve=serve))
    house.telemetry.decided("open", permitted=made.decision.permitted, gates=made.gates)
    if not made.decision.permitted:
        raise refusal_of(made.decision, made.grant.decision)
    return made.grant


def _decide_and_record(house: House, decide_it: Callable[[], MadeDecision], *, serve: bool) -> MadeDecision:
    return recording(house, decide_it(), serve=serve)()


def _decided(house: House, actor: Actor, policy_uuid: str, policy_text: str, key_access: KeyAccess) -> MadeDecision:
    """Read the facts as they stand, decide, and prepare what is recorded. The count of narrowings is read first."""
    now = house.now()
    ruling = governing(now)
    bundle = active_bundle.opened(house, ruling)
    reference = house.new_id("dec")
    identity = container_identity(policy_uuid, key_access)
    reads = Reads()
    place = own_readings.place_of(bundle, actor, identity, key_access, policy_text, now, reads)
    known = own_readings.known(place, bundle)
    if known is not None:
        grant = OpeningGrant(reference, known.item, known.uuid, known.manifest, None, entry="")
        return _prepared(house, actor, key_access, ruling, again(known.ruled, now), grant)
    found = opened(identity, reads)
    if found is None:
        container = unregistered.unregistered_item(
            house, bundle, key_access=key_access, policy_text=policy_text, at=now
        )
        listed = unregistered.listings(bundle, actor, container, now)
        held = facts.registered(actor.person, now, reads)
        stated = _home_facts(house, bundle, actor, container, held=held, listed=listed, at=now, reads=reads)
        grant = OpeningGrant(reference, "", policy_uuid, "", None, entry="")
        decided = ruled(bundle, Action.OPEN, stated, now)
        return _prepared(house, actor, key_access, ruling, decided, grant, unknown=identity, container=container.item)
    if not ManifestFingerprint.from_dict(found.manifest.fingerprint).covers(key_access, policy_text):
        raise unregistered.nothing_registered()
    item, arrival = found.item, found.arrival
    stated = facts_of_opening(house, bundle, actor, item, arrival=arrival, at=now, reads=reads)
    partner = _partner_of(house, item, arrival)
    grant = OpeningGrant(reference, item.id, item.uuid, found.manifest.id, partner, entry="")
    decided = ruled(bundle, Action.OPEN, stated, now)
    if arrival is None and not is_joint(item) and lasts_a_second(bundle, stated):
        made = own_readings.OwnOpening(bundle, item.id, item.uuid, found.manifest.id, decided)
        own_readings.keep(place, made)
    return _prepared(house, actor, key_access, ruling, decided, grant)


def _prepared(  # noqa: PLR0917  what a decision is and whose
    house: House,
    actor: Actor,
    key_access: KeyAccess,
    ruling: Governing,
    decided: Ruled,
    grant: OpeningGrant,
    *,
    unknown: str = "",
    container: str = "",
) -> MadeDecision:
    """Prepare what is recorded. `unknown`, `container`: of one that must stay unregistered."""
    decision, reference = decided.decision, grant.decision
    details: dict[str, Json] = {"kid": key_access.kid}
    if container:
        details["container"] = container
    prepared = prepare_decision(
        house,
        LeafEvent.OPENING_GRANTED if decision.permitted else LeafEvent.OPENING_REFUSED,
        decided,
        reference=reference,
        actor=actor,
        subject=grant.item or reference,
        company=actor.company,
        item=grant.item,
        details=details,
        narrowing=ruling.narrowings,
    )
    grant = OpeningGrant(reference, grant.item, grant.uuid, grant.manifest, grant.partner, entry=prepared.entry.entry)
    return MadeDecision(decision, grant, prepared, ruling, unknown)


def ask_partner(
    house: House, actor: Actor, grant: OpeningGrant, *, key_access: KeyAccess, session_key_pem: str
) -> PartnerShare:
    """Ask the partner's node for its share, under a decision that this node just recorded.

    Raises Refused("partner", reference=...) when it refuses (its own reasons stay its own), NotVerified, Unreachable;
    this with "assurance_on_its_way" when the partner says that it does not hold her assurance yet.
    """
    link = house.partners.get(grant.partner) if grant.partner is not None else None
    if grant.partner is None or link is None:
        raise Conflict("no_partner", field="url", expected="an item that a partner nation released")
    house.standing.require_partner(grant.partner, seconds=COMPARISON_SECONDS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    require_open_border(house, bundle, now)
    manifest = Manifest.objects.get(id=grant.manifest)
    request = OpeningRequest(
        id=house.new_id("opr"),
        pseudonym=actor.person,
        assurance=_given_assurance(actor.person, grant.partner, now),
        item=grant.uuid,
        policy=manifest.policy_uuid,
        manifest=fingerprint_digest(ManifestFingerprint.from_dict(manifest.fingerprint)),
        url=key_access.url,
        kid=key_access.kid,
        sid=key_access.sid,
        session_key=session_key_pem,
        expires=now + bundle.limits.duration("opening_request_expiry"),
        decision=grant.decision,
    )
    envelope = write_request(request, sender=house.nation, recipient=grant.partner, key=house.node_key)
    told = link.request_share(envelope)
    if told.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise not_now(told, request=envelope, trusted=bundle.parties[grant.partner].node_keys)
    answer = read_answer(told.envelope, request=envelope, trusted=bundle.parties[grant.partner].node_keys)
    partner, company = str(grant.partner), actor.company
    if not answer.code:
        enter_share(house, request, envelope, partner=partner, company=company)
        return PartnerShare(answer.wrapped, answer.session_public_key)
    enter_refusal(house, request, answer.code, partner=partner, company=company, item=grant.item)
    raise Refused("partner", reference=grant.decision, field="partner", found=answer.code)


def may_open(house: House, actor: Actor, item_id: str) -> MayOpen:
    """Whether the actor could open an item now, and what stands against it. Raises NotAvailable("item")."""
    now = house.now()
    bundle = active_bundle.active(house, now)
    item, stated = _asked(house, bundle, actor, item_id, now)
    view = asker_view(decide(bundle, Action.OPEN, stated, now), sealed_with=is_sealed_with(item))
    return MayOpen(view.permitted, view.bundle_version, view.gates)


def record_obstacle(house: House, actor: Actor, item_id: str) -> str:
    """Record what stands against opening an item now, for the asker's security officer to find; its reference.

    No share is asked for. Returns "", and records nothing, when nothing stands against it. Raises NotAvailable("item").
    """

    def step() -> str:
        now = house.now()
        bundle = active_bundle.active(house, now)
        item, stated = _asked(house, bundle, actor, item_id, now)
        decision = decide(bundle, Action.OPEN, stated, now)
        if decision.permitted:
            return ""
        reference = house.new_id("dec")
        enter_decision(
            house,
            LeafEvent.OPENING_REFUSED,
            decision,
            stated,
            reference=reference,
            actor=actor,
            subject=item.id,
            company=actor.company,
            item=item.id,
        )
        return reference

    return house.commit(step)


def _asked(house: House, bundle: Bundle, actor: Actor, item_id: str, at: Instant) -> tuple[Item, DecisionFacts]:
    """The item that the actor asks about, and the facts of her opening it."""
    actor.require(Role.ENGINEER, Role.SECURITY_OFFICER)
    item = holdable_items(actor).filter(id=item_id).first()
    if item is None:
        raise NotAvailable("item", field="item")
    arrival = None
    if item.held_as == "received":
        # By its state first: one in force before a withdrawn one.
        found = item.arrivals.filter(state__in=(ACCEPTED, WITHDRAWN)).order_by("state", "-decided_at", "id")
        arrival = found.filter(facility=actor.facility or "").first() or found.first()
    return item, facts_of_opening(house, bundle, actor, item, arrival=arrival, at=at)


def _partner_of(house: House, item: Item, arrival: Arrival | None) -> Nation | None:
    """The nation whose service must also agree: the sender of what was released live, a joint item's other owner."""
    if arrival is not None:
        return Nation(arrival.sender) if arrival.mode == LIVE else None
    return co_owner(house, item) if is_joint(item) else None


def facts_of_opening(
    house: House,
    bundle: Bundle,
    actor: Actor,
    item: Item,
    *,
    arrival: Arrival | None,
    at: Instant,
    reads: Reads | None = None,
) -> DecisionFacts:
    """The facts of an opening by an own person: an own item, or a received one under its arrival.

    `reads`: where the register was read already.
    """
    described = facts.item_facts(bundle, item, registered=True)
    if arrival is None and is_joint(item):
        return _joint_facts(house, bundle, actor, item, described, at=at)
    if arrival is None:
        held = facts.registered(actor.person, at, reads)
        listed = facts.membership_listing(held, item)
        return _home_facts(house, bundle, actor, described, held=held, listed=listed, at=at, reads=reads)
    sender = Nation(arrival.sender)
    return DecisionFacts(
        node=house.nation,
        item=described,
        facility=facts.own_facility(house, bundle, actor.facility, at, vouched_to=sender),
        people=(facts.own_person(house, bundle, actor.person, at, vouched_to=sender),),
        releaser=sender,
        listings=facts.listings(ARRIVAL_READERS.rows(arrival.id, RECIPIENT), item, arrival.number, arrival.arrived_at),
        release=facts_of_release(house, arrival),
    )


def _joint_facts(
    house: House, bundle: Bundle, actor: Actor, item: Item, described: ItemFacts, *, at: Instant
) -> DecisionFacts:
    """The facts of an opening, at the node that sealed it, of a joint item: its other owner released it by accepting.

    So the release is the one to the own facility and readers that the case names, in force once the other owner's
    custody receipt came; until it did nobody opens, whoever sealed it. Before a release was asked for, the assignment
    to the programme lists her as for any own item: what she misses is the other owner's word, not a need to know.
    """
    partner = co_owner(house, item)
    case = item.release_cases.filter(nation=partner).order_by("-asked_at", "-id").first()
    release = None
    if case is None:
        listed = facts.membership_listing(facts.registered(actor.person, at), item)
    else:
        moment = case.custody_at or case.decided_at or case.asked_at
        listed = facts.listings(CASE_READERS.rows(case.id, HOME), item, case.number, moment)
        release = ReleaseFacts(
            release=case.id,
            item=item.uuid,
            recipient=house.nation,
            facility=case.home_facility,
            mode=facts.mode_of(case.mode),
            state=state_of_case(case),
            valid=facts.since(moment),
        )
    return DecisionFacts(
        node=house.nation,
        item=described,
        facility=facts.own_facility(house, bundle, actor.facility, at, vouched_to=partner),
        people=(facts.own_person(house, bundle, actor.person, at, vouched_to=partner),),
        releaser=partner,
        listings=listed,
        release=release,
    )


def _home_facts(
    house: House,
    bundle: Bundle,
    actor: Actor,
    item: ItemFacts,
    *,
    held: Registered | None,
    listed: tuple[ListingFacts, ...],
    at: Instant,
    reads: Reads | None,
) -> DecisionFacts:
    """The facts of an opening that no partner has a part in."""
    return DecisionFacts(
        node=house.nation,
        item=item,
        facility=facts.own_facility(house, bundle, actor.facility, at, vouched_to=None, reads=reads),
        people=(facts.person_facts(house, bundle, held, actor.person, at, vouched_to=None),),
        releaser=house.nation,
        listings=listed,
    )


def _given_assurance(pseudonym: str, partner: Nation, at: Instant) -> str:
    row = newest_given("person", pseudonym, partner)
    if row is None or row.status != VALID or not row.valid_from <= at < row.valid_until:
        raise Conflict("assurance", field="person", expected="a valid assurance given to the partner")
    return row.id
