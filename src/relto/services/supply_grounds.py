"""On what grounds this node supplies its share to a partner's people: a release of its own, or a joint item accepted.

Rules: an own release supplies the recipient's named readers while it is in force. Of a joint item that came from the
partner, the share for the partner's own readers is supplied only once this nation's authority accepted it, which
released it to them; before that, and after either side withdrew or refused, nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from relto.base.nations import Nation
from relto.procedures import acceptance, release
from relto.rules.facts import AuthorisationFacts, ListingFacts, ReleaseFacts
from relto.services import facts
from relto.services.co_release import holding_company
from relto.services.release_view import HOME, RECIPIENT
from relto.store.models import Arrival, Item, Manifest, ReleaseCase
from relto.store.queries.opening import ARRIVAL_READERS, CASE_OF_MANIFEST, CASE_READERS

ReleaseState = Literal["proposed", "released", "accepted", "refused", "withdrawn"]
_OF_ARRIVAL: dict[str, ReleaseState] = {
    acceptance.ARRIVED: "proposed",
    acceptance.ACCEPTED: "accepted",
    acceptance.REFUSED: "refused",
    acceptance.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True, slots=True)
class SupplyGrounds:
    """What a supply is judged by. `subject`: the own case or arrival; `company`: whose people may see the record."""

    subject: str
    company: str
    item: Item
    channel: str
    release: ReleaseFacts
    listings: tuple[ListingFacts, ...]
    authorisations: tuple[AuthorisationFacts, ...]


def supply_grounds(manifest: Manifest, partner: Nation) -> SupplyGrounds | None:
    """The grounds for the share of a manifest that serves `partner`'s people; None when there are none."""
    case = CASE_OF_MANIFEST.first(manifest.id, partner)
    if case is not None:
        return _of_case(case, manifest.item, partner)
    arrival = Arrival.objects.filter(partner_manifest=manifest, sender=partner).first()
    return _of_arrival(arrival, manifest.item, partner) if arrival is not None else None


def state_of_case(case: ReleaseCase) -> ReleaseState:
    """The state of an own release as the facts know it."""
    if case.state == release.ACCEPTED:
        return "accepted"
    if case.state == release.WITHDRAWN:
        return "withdrawn"
    if case.state == release.ASKED:
        return "proposed"
    return "released" if case.state in release.IN_FORCE else "refused"


def _of_case(case: ReleaseCase, item: Item, partner: Nation) -> SupplyGrounds:
    decided_at = case.decided_at or case.asked_at
    return SupplyGrounds(
        subject=case.id,
        company=case.company,
        item=item,
        channel=case.channel,
        release=ReleaseFacts(
            release=case.id,
            item=item.uuid,
            recipient=partner,
            facility=case.facility,
            mode=facts.mode_of(case.mode),
            state=state_of_case(case),
            valid=facts.since(decided_at),
        ),
        listings=facts.listings(CASE_READERS.rows(case.id, RECIPIENT), item, case.number, decided_at),
        authorisations=facts.authorisations_for(item, partner),
    )


def _of_arrival(arrival: Arrival, item: Item, partner: Nation) -> SupplyGrounds:
    decided_at = arrival.decided_at or arrival.arrived_at
    company = holding_company(arrival)
    return SupplyGrounds(
        subject=arrival.id,
        company=company,
        item=item,
        channel=arrival.channel,
        release=ReleaseFacts(
            release=arrival.release,
            item=item.uuid,
            recipient=partner,
            facility=arrival.home_facility,
            mode=facts.mode_of(arrival.mode),
            state=_OF_ARRIVAL[arrival.state],
            valid=facts.since(decided_at),
        ),
        listings=facts.listings(ARRIVAL_READERS.rows(arrival.id, HOME), item, arrival.number, decided_at),
        authorisations=facts.authorisations_for(item, partner, company),
    )
