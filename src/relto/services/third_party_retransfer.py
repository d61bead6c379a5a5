"""Passing a received item on: decided at the holder's node by every gate, recorded, and written into its register.

The machine passes nothing on itself: a third nation has no node here, no clearance that could be judged and nobody who
could open. It says whether the originator's consent and the own authorisations cover it, and records that it was done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from relto.base.countries import read_country
from relto.base.errors import Conflict, NotAvailable, UnknownValue
from relto.base.ids import read_code
from relto.base.instants import Instant, Period
from relto.base.nations import Nation
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.procedures.actors import Actor, Role
from relto.procedures.third_party import CONSENTED
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action, ConsentFacts, DecisionFacts
from relto.rules.views import AskerGate, asker_view
from relto.services import active_bundle, facts
from relto.services.arrivals import facts_of_release
from relto.services.border import require_open_border
from relto.services.control_register import add_line
from relto.services.decisions import check_accepted, enter_decision, refusal_of
from relto.services.house import House
from relto.services.texts import LONGEST_REASON, read_text
from relto.services.third_party_view import ThirdPartyDetail, third_party_detail
from relto.store.models import Facility, Item, ThirdPartyRequest
from relto.store.queries.items import visible_items
from relto.store.queries.third_party import MADE, holdings, visible_requests


@dataclass(frozen=True, slots=True)
class MayRetransfer:
    """Whether an item may be passed on now. `gates`: what stands against it; `reference`: of the recorded decision."""

    permitted: bool
    bundle_version: int
    gates: tuple[AskerGate, ...]
    reference: str
    entry: str


def may_retransfer(house: House, actor: Actor, *, item: str, nation: str, recipient: str) -> MayRetransfer:
    """Decide and record whether a received item may go to this facility of a third nation now; nothing is passed on.

    A refusal's reasons are told by `services.refusals.explain` under the reference. Raises Refused("role"),
    NotAvailable("item"), Conflict("not_received"), UnknownValue("third_nation"), MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER, Role.RELEASE_OFFICER)
    now = house.now()
    bundle = active_bundle.active(house, now)
    third, recipient = read_country(nation), read_code(recipient, field="recipient")

    def step() -> MayRetransfer:
        row = visible_items(actor).filter(id=item).first()
        if row is None:
            raise NotAvailable("item", field="item")
        third_nation(house, bundle, row, third)
        company = None if actor.holds(Role.RELEASE_OFFICER) else actor.company or ""
        consents = visible_requests(actor).filter(item=row, direction=MADE, nation=third, recipient=recipient)
        stated, company = _stated(house, bundle, row, (third, recipient), consents, company=company)
        decision = decide(bundle, Action.RETRANSFER, stated, now)
        reference = house.new_id("dec")
        entry = _enter_check(house, actor, decision, stated, reference, row, company)
        view = asker_view(decision)
        return MayRetransfer(view.permitted, view.bundle_version, view.gates, reference, entry)

    return house.commit(step)


def retransfer(
    house: House, actor: Actor, request_id: str, *, reason: str, accepts: Collection[str] = frozenset()
) -> ThirdPartyDetail:
    """Pass the item on under the consent to this request, and write the register's line. `accepts`: as for a release.

    Raises Refused("role"), NotAvailable("third_party_request"), Conflict("retransferred"), MalformedInput naming an
    unaccepted rule, Unreachable("witness_late"), and Refused("gates", reference=...) when a gate does not hold.
    """
    actor.require(Role.RELEASE_OFFICER)
    reason = read_text(reason, field="reason", longest=LONGEST_REASON)
    now = house.now()
    bundle = active_bundle.active(house, now)

    def step() -> ThirdPartyDetail | tuple[str, Decision]:
        rows = visible_requests(actor).select_for_update(of=("self",)).select_related("item")
        row = rows.filter(id=request_id, direction=MADE).first()
        if row is None:
            raise NotAvailable("third_party_request", field="request")
        if row.retransferred_at is not None:
            raise Conflict("retransferred", field="request", expected="a request under which nothing was passed on")
        decision, stated = gates_of(house, bundle, row, now)
        reference = house.new_id("dec")
        if not decision.permitted:
            _enter_check(house, actor, decision, stated, reference, row.item, row.company)
            return reference, decision
        require_open_border(house, bundle, now)
        entry = enter_decision(
            house,
            LeafEvent.THIRD_PARTY_RETRANSFERRED,
            decision,
            stated,
            reference=reference,
            actor=actor,
            subject=row.id,
            company=row.company,
            item=row.item_id,
            details={"nation": row.nation, "recipient": row.recipient, **check_accepted(house, decision, accepts)},
        )
        add_line(house, row.item, "retransferred", company=row.company, counterpart=row.recipient, entry=entry, at=now)
        row.retransferred_at, row.reason = now, reason
        row.save(update_fields=["retransferred_at", "reason"])
        return third_party_detail(bundle, actor, row, decision, entry)

    answer = house.commit(step)
    if isinstance(answer, ThirdPartyDetail):
        return answer
    reference, decision = answer
    raise refusal_of(decision, reference)


def gates_of(house: House, bundle: Bundle, row: ThirdPartyRequest, at: Instant) -> tuple[Decision, DecisionFacts]:
    """The gates of passing on what this request asks for, as the holder's node sees them at `at`.

    Only the consent to this very request counts, because its purpose is bound in it.
    """
    goes_to = (Nation(row.nation), row.recipient)
    stated, _ = _stated(house, bundle, row.item, goes_to, (row,), company=row.company)
    return decide(bundle, Action.RETRANSFER, stated, at), stated


def third_nation(house: House, bundle: Bundle, item: Item, nation: Nation) -> None:
    """Raises Conflict("not_received") for an own item, UnknownValue("third_nation") for its holder or an owner."""
    if item.held_as != "received":
        raise Conflict("not_received", field="item", expected="an item that another nation released to this one")
    if nation in {house.nation, *label_from_dict(item.label, bundle.policies).owner}:
        raise UnknownValue("third_nation", field="nation", expected="a nation that neither holds nor owns the item")


def _stated(
    house: House,
    bundle: Bundle,
    item: Item,
    goes_to: tuple[Nation, str],
    requests: Iterable[ThirdPartyRequest],
    *,
    company: str | None,
) -> tuple[DecisionFacts, str]:
    """The facts of passing the item on, and the company that holds it; of the third party only a code is known."""
    nation, recipient = goes_to
    arrival = holdings(item, company).first()
    if arrival is not None and company is None:
        company = Facility.objects.get(code=arrival.facility).company_id
    registered = arrival is not None and arrival.manifest.withdrawn_at is None
    stated = DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, item, registered=registered),
        facility=facts.unknown_facility(recipient, nation),
        people=(),
        releaser=house.nation,
        authorisations=facts.authorisations_for(item, nation, company),
        consents=tuple(_consent(row) for row in requests if row.state == CONSENTED and row.company == company),
        release=facts_of_release(house, arrival) if arrival is not None else None,
    )
    return stated, company or ""


def _consent(row: ThirdPartyRequest) -> ConsentFacts:
    if row.granted_from is None or row.granted_until is None:
        raise Conflict("state", field="third_party", found=row.state, expected="a consent with its period")
    valid = Period(row.granted_from, row.granted_until)
    return ConsentFacts(row.number, Nation(row.originator), row.item.uuid, Nation(row.nation), row.recipient, valid)


def _enter_check(  # noqa: PLR0917  one place behind two verbs
    house: House,
    actor: Actor,
    decision: Decision,
    stated: DecisionFacts,
    reference: str,
    item: Item,
    company: str,
) -> str:
    return enter_decision(
        house,
        LeafEvent.THIRD_PARTY_CHECKED,
        decision,
        stated,
        reference=reference,
        actor=actor,
        subject=item.id,
        company=company,
        item=item.id,
        details={"permitted": decision.permitted},
    )
