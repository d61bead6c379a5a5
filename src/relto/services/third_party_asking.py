"""The holder's company asks for consent to pass an item on: one item, one recipient, one purpose, one period."""

from __future__ import annotations

from relto.base.countries import read_country
from relto.base.errors import Conflict, MalformedInput, NotAvailable
from relto.base.ids import read_code
from relto.base.instants import Instant
from relto.labels.label import label_from_dict
from relto.ledger.leaves import LeafEvent
from relto.procedures import acceptance
from relto.procedures.actors import Actor, Role
from relto.procedures.third_party import THIRD_PARTY
from relto.rules.bundle import Bundle
from relto.services import active_bundle
from relto.services.book import enter
from relto.services.house import House
from relto.services.numbers import numbered
from relto.services.texts import LONGEST_REASON, read_period, read_text
from relto.services.third_party_retransfer import third_nation
from relto.services.third_party_view import ThirdPartyView, third_party_view
from relto.store.models import Item, ThirdPartyRequest
from relto.store.queries.items import visible_items
from relto.store.queries.third_party import MADE, holdings, visible_requests

_DIGITS = 4


def request_third_party(
    house: House,
    actor: Actor,
    *,
    item: str,
    nation: str,
    recipient: str,
    purpose: str,
    valid_from: Instant,
    valid_until: Instant,
) -> ThirdPartyView:
    """Ask the own authority to ask the originator for consent that the item goes to `recipient`, a facility's code.

    Raises Refused("role"), NotAvailable("item"), Conflict("not_received", "state" or "third_party_request"),
    UnknownValue("third_nation") for the own nation or an owner of the item, MalformedInput.
    """
    actor.require(Role.SECURITY_OFFICER)
    now = house.now()
    bundle = active_bundle.active(house, now)
    third = read_country(nation)
    recipient = read_code(recipient, field="recipient")
    purpose = read_text(purpose, field="purpose", longest=LONGEST_REASON)
    start, end = coming_period(valid_from, valid_until, now)

    def step() -> ThirdPartyView:
        row = visible_items(actor).filter(id=item).first()
        if row is None:
            raise NotAvailable("item", field="item")
        third_nation(house, bundle, row, third)
        held = holdings(row, actor.company or "").first()
        if held is None or held.state != acceptance.ACCEPTED:
            raise Conflict("state", field="item", found=held.state if held else "", expected=acceptance.ACCEPTED)
        waiting = visible_requests(actor).filter(item=row, direction=MADE, nation=third, recipient=recipient)
        if waiting.exclude(state__in=THIRD_PARTY.final).exists():
            raise Conflict("third_party_request", field="item", expected="no other request that waits for an answer")
        made = numbered("TPR", now.year, _DIGITS, _taken, lambda number: make(row, number))
        entry = enter(
            house,
            LeafEvent.THIRD_PARTY_REQUESTED,
            actor=actor.person,
            subject=made.id,
            company=made.company,
            details={"item": row.id, "nation": third, "recipient": recipient, "number": made.number},
            at=now,
        )
        return third_party_view(bundle, actor, made, entry)

    def make(row: Item, number: str) -> ThirdPartyRequest:
        identity = house.new_id("tpr")
        return ThirdPartyRequest.objects.create(
            id=identity,
            request=identity,
            direction=MADE,
            number=number,
            holder=house.nation,
            originator=_originator(house, bundle, row),
            item=row,
            nation=third,
            recipient=recipient,
            purpose=purpose,
            valid_from=start,
            valid_until=end,
            state=THIRD_PARTY.start,
            company=actor.company or "",
            asked_by=actor.person,
            asked_at=now,
        )

    return house.commit(step)


def coming_period(valid_from: Instant, valid_until: Instant, now: Instant) -> tuple[Instant, Instant]:
    """Whole seconds, as the statement says them; not over yet."""
    read_period(valid_from, valid_until)
    start, end = read_period(valid_from.replace(microsecond=0), valid_until.replace(microsecond=0))
    if end <= now:
        raise MalformedInput("period.past", field="valid_until", expected="an instant that is still to come")
    return start, end


def _originator(house: House, bundle: Bundle, item: Item) -> str:
    """Whose consent is needed: the other owner of a joint item, the one owner of any other."""
    owners = label_from_dict(item.label, bundle.policies).owner
    return next((owner for owner in owners if owner != house.nation), item.originator)


def _taken(start: str) -> int:
    return ThirdPartyRequest.objects.filter(direction=MADE, number__startswith=start).count()
