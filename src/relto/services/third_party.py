"""Passing a received item on to a third party: asked here, forwarded by the own authority, decided by the originator's.

The holder's company asks for one item, one facility of a third nation, one purpose and one period; its authority
forwards or declines; the originator's authority consents or refuses, and may narrow the period but never widen it. A
consent can be withdrawn. Whether the item may then be passed on is another decision, by all gates
(`services.third_party_retransfer`): consent never replaces the holder's own authorisations (ISA-21.A, ISA-26, GSO-13).
"""

from __future__ import annotations

from relto.base.canonical import Json
from relto.base.errors import MalformedInput, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.table import advance
from relto.procedures.third_party import THIRD_PARTY
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.sending import queue_message
from relto.services.texts import LONGEST_REASON, read_choice, read_text
from relto.services.third_party_asking import coming_period, request_third_party
from relto.services.third_party_messages import (
    ANSWER,
    CONSENT,
    REFUSE,
    REQUEST,
    WITHDRAWN,
    answer_body,
    request_body,
    sign_answer,
    statement_digest,
)
from relto.services.third_party_retransfer import MayRetransfer, gates_of, may_retransfer, retransfer
from relto.services.third_party_view import ThirdPartyDetail, ThirdPartyView, third_party_detail, third_party_views
from relto.store.models import ThirdPartyRequest
from relto.store.queries.narrowing import narrow
from relto.store.queries.third_party import MADE, RECEIVED, visible_requests

__all__ = [
    "MayRetransfer",
    "decide_third_party",
    "forward_third_party",
    "may_retransfer",
    "request_third_party",
    "retransfer",
    "third_party_request",
    "third_party_requests",
    "withdraw_consent",
]
FORWARDING = ("forward", "decline")
OUTCOMES = (CONSENT, REFUSE)


def third_party_requests(house: House, actor: Actor) -> list[ThirdPartyView]:
    """The requests that the actor may see, oldest first. Raises Refused("role")."""
    actor.require(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
    rows = list(visible_requests(actor).select_related("item").order_by("asked_at", "number", "id"))
    if not rows:
        return []
    bundle = active_bundle.active(house)
    return third_party_views(bundle, actor, rows)


def third_party_request(house: House, actor: Actor, request_id: str) -> ThirdPartyDetail:
    """One request; on the holder's node with its gates as they stand now.

    Raises NotAvailable("third_party_request").
    """
    now = house.now()
    bundle = active_bundle.active(house, now)
    return _detail(house, bundle, actor, _seen(actor, request_id), now)


def forward_third_party(house: House, actor: Actor, request_id: str, *, outcome: str, reason: str) -> ThirdPartyDetail:
    """Forward a company's request to the originator's authority, or decline to.

    Raises Refused("role"), NotAvailable("third_party_request"), Conflict("state"), UnknownValue, MalformedInput.
    """
    actor.require(Role.RELEASE_OFFICER)
    outcome = read_choice(outcome, FORWARDING, field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> ThirdPartyDetail:
        row = _seen(actor, request_id, direction=MADE)
        row.state = advance(THIRD_PARTY, row.state, outcome, actor=actor, held={"reason_given"})
        row.forwarded_by, row.forwarded_at, row.reason = actor.person, now, reason
        if outcome == "forward":
            row.message = queue_message(house, Nation(row.originator), REQUEST, request_body(row), at=now)
        row.save()
        details: dict[str, Json] = {"outcome": outcome, "number": row.number, "message": row.message}
        entry = _enter(house, actor, row, LeafEvent.THIRD_PARTY_FORWARDED, details, at=now)
        return _detail(house, bundle, actor, row, now, entry)

    return house.commit(step)


def decide_third_party(
    house: House,
    actor: Actor,
    request_id: str,
    *,
    outcome: str,
    reason: str,
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
) -> ThirdPartyDetail:
    """The originator's authority consents or refuses; a consent's period may be narrower than asked, never wider.

    Raises Refused("role"), NotAvailable("third_party_request"), Conflict("state"), UnknownValue, MalformedInput.
    """
    actor.require(Role.RELEASE_OFFICER)
    outcome = read_choice(outcome, OUTCOMES, field="outcome")
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> ThirdPartyDetail:
        row = _seen(actor, request_id, direction=RECEIVED)
        row.state = advance(THIRD_PARTY, row.state, outcome, actor=actor, held={"reason_given", "within_request"})
        if outcome == CONSENT:
            start, end = coming_period(valid_from or row.valid_from, valid_until or row.valid_until, now)
            if start < row.valid_from or end > row.valid_until:
                raise MalformedInput(
                    "third_party.period", field="valid_until", expected="a period within the one asked for"
                )
            row.granted_from, row.granted_until = start, end
        row.decided_by, row.decided_at, row.reason = actor.person, now, reason
        return _answer(house, bundle, actor, row, outcome, now)

    return house.commit(step)


def withdraw_consent(house: House, actor: Actor, request_id: str, *, reason: str) -> ThirdPartyDetail:
    """The originator's authority withdraws its consent; at the holder it ends when the notice arrives.

    Raises Refused("role"), NotAvailable("third_party_request"), Conflict("state"), MalformedInput.
    """
    actor.require(Role.RELEASE_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> ThirdPartyDetail:
        row = _seen(actor, request_id, direction=RECEIVED)
        row.state = advance(THIRD_PARTY, row.state, "withdraw", actor=actor, held={"reason_given"})
        row.decided_by, row.decided_at, row.reason = actor.person, now, reason
        narrow()
        return _answer(house, bundle, actor, row, WITHDRAWN, now)

    return house.commit(step)


def _answer(  # noqa: PLR0917  one place behind two verbs
    house: House, bundle: Bundle, actor: Actor, row: ThirdPartyRequest, outcome: str, now: Instant
) -> ThirdPartyDetail:
    """Sign, send and enter the answer that `row` now holds."""
    row.consent = sign_answer(house, row, outcome, now)
    row.message = queue_message(house, Nation(row.holder), ANSWER, answer_body(row.consent), at=now)
    row.save()
    event = LeafEvent.THIRD_PARTY_WITHDRAWN if outcome == WITHDRAWN else LeafEvent.THIRD_PARTY_DECIDED
    details: dict[str, Json] = {"outcome": outcome, "number": row.number, "message": row.message}
    entry = _enter(house, actor, row, event, details, at=now, statement=statement_digest(row.consent))
    return _detail(house, bundle, actor, row, now, entry)


def _enter(
    house: House,
    actor: Actor,
    row: ThirdPartyRequest,
    event: LeafEvent,
    details: dict[str, Json],
    *,
    at: Instant,
    statement: str = "",
) -> str:
    links = {"statement": statement} if statement else {}
    return enter(
        house, event, actor=actor.person, subject=row.id, company=row.company, details=details, links=links, at=at
    )


def _detail(  # noqa: PLR0917  the house, its rules and the asker, then the case
    house: House, bundle: Bundle, actor: Actor, row: ThirdPartyRequest, now: Instant, entry: str = ""
) -> ThirdPartyDetail:
    decision = gates_of(house, bundle, row, now)[0] if row.direction == MADE else None
    return third_party_detail(bundle, actor, row, decision, entry)


def _seen(actor: Actor, request_id: str, *, direction: str = "") -> ThirdPartyRequest:
    """The request in the actor's scope; of one direction it is locked, because it is about to change."""
    rows = visible_requests(actor).select_related("item").filter(id=request_id)
    if direction:
        rows = rows.filter(direction=direction).select_for_update(of=("self",))
    row = rows.first()
    if row is None:
        raise NotAvailable("third_party_request", field="request")
    return row
