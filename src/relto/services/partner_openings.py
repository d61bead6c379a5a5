"""The partner's side of an opening: this node decides about its own share, by the facts that it holds itself.

Rules enforced here:
 1. Only the asking nation's node key makes a request, for this node; it is used once and within the bundle's seconds.
 2. It must name a manifest that this node registered for a release to that nation, or of a joint item the one that
    came from there, and the share of it that is this node's.
 3. An assurance that is named and not known here is still on its way, for messages and openings overtake each other:
    "not now" is answered, nothing is decided and nothing is used up. A known one must be the newest received.
 4. The gates are judged by the assurances received, the own authorisations, the own case and its named readers; of a
    joint item that came from there, by this authority's acceptance and the readers whom it names.
 5. The key service wraps the share under the recorded, fresh decision; the asker's session key, read before anything
    is decided, is the only one that opens it. When no share left after a grant was recorded, a second entry says so.
 6. A refusal is one signed code; which gate it was stays here (promise 8). A request that cannot be read or was not
    signed by the partner is answered and not logged; every other one that is decided leaves its decision and one entry.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from relto.base.canonical import Json, sha256_hex
from relto.base.errors import Conflict, MalformedInput, NotVerified, ReltoError, Unreachable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.ports.partners import LinkAnswer
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts
from relto.sealing.encoding import read_base64
from relto.sealing.key_access import KeyAccess
from relto.sealing.keys import load_public_key
from relto.sealing.manifest import parse_manifest
from relto.sealing.registration import ManifestFingerprint
from relto.services import active_bundle, facts
from relto.services.book import enter
from relto.services.border import require_open_border
from relto.services.decisions import record_decision
from relto.services.house import House
from relto.services.joint_items import PARTNER
from relto.services.opening_message import (
    MAX_SHARE,
    ON_ITS_WAY,
    OpeningAnswer,
    OpeningRequest,
    fingerprint_digest,
    read_request,
    write_answer,
)
from relto.services.opening_outcomes import named_on_both
from relto.services.supply_grounds import SupplyGrounds, supply_grounds
from relto.store.models import Manifest, SingleUse
from relto.store.queries.assurances import is_known
from relto.store.queries.narrowing import narrowings

_LOG = logging.getLogger(__name__)
GRANTED_STATUS = 200
REFUSED_STATUS = 403
NOT_NOW_STATUS = 503
SINGLE_USE = "opening-request"


@dataclass(frozen=True, slots=True)
class _Judged:
    """The outcome of the deciding step: `code` "" when permitted; `company`: whose people may see what follows.

    `failed`: the gates that do not hold.
    """

    decision: str
    code: str
    company: str = ""
    policy_text: str = ""
    key_access: KeyAccess | None = None
    failed: tuple[str, ...] = ()


def supply_partner_share(house: House, envelope: bytes, partner: Nation) -> LinkAnswer:
    """The signed answer to an opening request of `partner`, the nation that the TLS peer's certificate proves."""
    status, answer = _answer(house, envelope, partner)
    return LinkAnswer(status, write_answer(answer, request_sha256=sha256_hex(envelope), key=house.node_key))


def _answer(house: House, envelope: bytes, partner: Nation) -> tuple[int, OpeningAnswer]:
    narrowed = narrowings()
    now = house.now()
    try:
        bundle = active_bundle.active(house, now)
        if partner not in bundle.parties or partner == house.nation:
            raise Conflict("no_agreement", field="from", expected="a party of the agreement in force")
        request = read_request(
            envelope, sender=partner, recipient=house.nation, trusted=bundle.parties[partner].node_keys
        )
        load_public_key(request.session_key)
        _check_time(bundle, request, now)
        require_open_border(house, bundle, now)
    except ReltoError as error:
        return _status_of(error), OpeningAnswer(b"", None, error.code)
    try:
        judged = house.commit(lambda: _judge(house, bundle, partner, request, now, narrowed))
    except ReltoError as error:
        code = error.full_code if error.reason == ON_ITS_WAY else error.code
        return _status_of(error), OpeningAnswer(b"", None, code)
    house.telemetry.decided("supply_share", permitted=not judged.code, gates=judged.failed)
    if judged.code or judged.key_access is None:
        return REFUSED_STATUS, OpeningAnswer(b"", None, judged.code)
    try:
        share = house.key_service.share_for_session(
            judged.decision, judged.key_access.plain_json(), judged.policy_text, request.session_key
        )
        wrapped = _wrapped(share)
    except ReltoError as error:
        failure = error
    else:
        return GRANTED_STATUS, OpeningAnswer(wrapped, str(share.get("session_public_key") or "") or None, "")
    _LOG.error("opening.no_share_left %s, decision %s: %s", request.id, judged.decision, failure.full_code)
    house.commit(lambda: _enter_failure(house, partner, request, judged, failure))
    return _status_of(failure), OpeningAnswer(b"", None, failure.code)


def _wrapped(share: Mapping[str, Json]) -> bytes:
    """The wrapped share in the key service's answer. Raises MalformedInput when there is none."""
    given = share.get("wrapped_key")
    if not isinstance(given, str) or not given:
        raise MalformedInput("opening.member", field="wrapped_key", expected="a wrapped share")
    return read_base64(given, field="wrapped_key", max_bytes=MAX_SHARE)


def _status_of(error: ReltoError) -> int:
    return NOT_NOW_STATUS if isinstance(error, Unreachable) else REFUSED_STATUS


def _enter_failure(
    house: House, partner: Nation, request: OpeningRequest, judged: _Judged, failure: ReltoError
) -> None:
    """The ledger said that the share was granted; this says that it did not leave."""
    _enter(
        house,
        LeafEvent.OPENING_PARTNER_FAILED,
        partner,
        request,
        company=judged.company,
        details={"decision": judged.decision, "code": failure.full_code},
        at=house.now(),
    )


def _check_time(bundle: Bundle, request: OpeningRequest, now: Instant) -> None:
    skew = bundle.limits.duration("link_clock_skew")
    latest = now + bundle.limits.duration("opening_request_expiry") + skew
    if not now - skew < request.expires <= latest:
        raise NotVerified("opening.expires", field="expires", expected="a request that is fresh")


def _judge(  # noqa: PLR0917  one step of one caller
    house: House, bundle: Bundle, partner: Nation, request: OpeningRequest, now: Instant, narrowed: int
) -> _Judged:
    """The step: use the request up, find what it names, decide, record. Raises Unreachable, which undoes it all."""
    try:
        with transaction.atomic():
            SingleUse.objects.create(
                purpose=SINGLE_USE,
                value=f"{partner}/{request.id}",
                expires_at=request.expires + bundle.limits.duration("link_clock_skew"),
            )
    except IntegrityError as error:
        _LOG.warning("link.replayed opening of %s", partner)
        raise Conflict("used", field="id", expected="a request that was not used before") from error
    manifests = Manifest.objects.select_related("item").filter(kind__in=("release", PARTNER))
    manifest = manifests.filter(policy_uuid=request.policy).first()
    grounds = supply_grounds(manifest, partner) if manifest is not None else None
    share = _share(bundle, partner, request, manifest)
    if manifest is None or grounds is None or share is None:
        _enter(
            house,
            LeafEvent.OPENING_PARTNER_REFUSED,
            partner,
            request,
            company="",
            details={"code": "not_available"},
            at=now,
        )
        return _Judged("", "not_available")
    if not is_known(request.assurance):
        raise Unreachable(ON_ITS_WAY, field="assurance", expected="an assurance that has arrived; ask again")
    stated = _facts(bundle, partner, request, node=house.nation, grounds=grounds, at=now)
    decision = decide(bundle, Action.SUPPLY_SHARE, stated, now)
    code = "" if decision.permitted else "refused"
    reference = house.new_id("dec")
    entry = _enter(
        house,
        LeafEvent.OPENING_PARTNER_GRANTED if decision.permitted else LeafEvent.OPENING_PARTNER_REFUSED,
        partner,
        request,
        company=grounds.company,
        details={
            "decision": reference,
            "case": grounds.subject,
            "failed": [*decision.failed_rules],
            "code": code,
            **named_on_both(request),
        },
        at=now,
    )
    record_decision(
        decision,
        stated,
        reference=reference,
        actor=request.pseudonym,
        company=grounds.company,
        item=manifest.item_id,
        entry=entry,
        narrowing=narrowed,
    )
    policy_text, key_access = share
    failed = tuple(gate.gate for gate in decision.failed)
    return _Judged(reference, code, grounds.company, policy_text, key_access, failed)


def _share(
    bundle: Bundle, partner: Nation, request: OpeningRequest, manifest: Manifest | None
) -> tuple[str, KeyAccess] | None:
    """Policy text and key access object of the share that the request names, if it is this node's in that manifest."""
    if manifest is None or manifest.item.uuid != request.item:
        return None
    if fingerprint_digest(ManifestFingerprint.from_dict(manifest.fingerprint)) != request.manifest:
        return None
    relay = bundle.parties[partner].relay_url.rstrip("/")
    parsed = parse_manifest(bytes(manifest.content))
    for share in parsed.key_access:
        named = (share.url, share.kid, share.sid) == (request.url, request.kid, request.sid)
        if named and share.url.rstrip("/") == relay:
            return parsed.policy_text, share
    return None


def _facts(
    bundle: Bundle, partner: Nation, request: OpeningRequest, *, node: Nation, grounds: SupplyGrounds, at: Instant
) -> DecisionFacts:
    facility = grounds.release.facility
    person = facts.partner_person(bundle, request.pseudonym, partner, facility, at)
    vouched = facts.newest_assurance("person", request.pseudonym, partner)
    if vouched is None or vouched.id != request.assurance:
        person = facts.unknown_person(request.pseudonym, partner, facility)
    return DecisionFacts(
        node=node,
        item=facts.item_facts(bundle, grounds.item, registered=True),
        facility=facts.partner_facility(bundle, person.facility, partner, at),
        people=(person,),
        releaser=node,
        channel=grounds.channel,
        authorisations=grounds.authorisations,
        listings=grounds.listings,
        release=grounds.release,
    )


def _enter(
    house: House,
    event: LeafEvent,
    partner: Nation,
    request: OpeningRequest,
    *,
    company: str,
    details: dict[str, Json],
    at: Instant,
) -> str:
    return enter(
        house,
        event,
        actor=partner,
        subject=request.id,
        company=company,
        details={**details, "pseudonym": request.pseudonym, "item": request.item},
        links={"request": request.digest},
        at=at,
    )
