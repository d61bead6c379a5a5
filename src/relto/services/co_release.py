"""The release that lies in accepting a joint item: this nation, its other owner, releases it to the sender's readers.

The same gates as of any release from here, by this nation's own authorisations and the assurances it received. Both
decisions, of the acceptance and of this release, stand under one entry, and neither goes without the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.decision import Decision
from relto.rules.facts import Action, DecisionFacts, ReleaseFacts
from relto.services import facts
from relto.services.decisions import record_decision
from relto.services.house import House
from relto.services.release_view import HOME
from relto.store.models import Arrival, Facility


@dataclass(frozen=True, slots=True)
class CoRelease:
    """The decision about the sender's readers, with its facts and reference."""

    reference: str
    decision: Decision
    stated: DecisionFacts

    def record(self, *, actor: str, company: str, item: str, entry: str) -> None:
        """Keep it, inside the step that decides on the acceptance."""
        record_decision(
            self.decision, self.stated, reference=self.reference, actor=actor, company=company, item=item, entry=entry
        )

    def refused_with(self, reference: str, acceptance: Decision) -> tuple[str, Decision]:
        """Which of the two decisions is told when they refuse together: the acceptance, unless it permits."""
        return (self.reference, self.decision) if acceptance.permitted else (reference, acceptance)


def co_release(house: House, bundle: Bundle, row: Arrival, at: Instant) -> CoRelease | None:
    """The release to the sender's readers as it would be decided at `at`; None when the item is not joint."""
    if row.partner_manifest is None:
        return None
    sender = Nation(row.sender)
    readers = list(row.readers.filter(side=HOME).order_by("pseudonym"))
    stated = DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, row.item, registered=row.partner_manifest.withdrawn_at is None),
        facility=facts.partner_facility(bundle, row.home_facility, sender, at),
        people=tuple(facts.partner_person(bundle, one.pseudonym, sender, row.home_facility, at) for one in readers),
        releaser=house.nation,
        channel=row.channel,
        authorisations=facts.authorisations_for(row.item, sender, holding_company(row)),
        listings=facts.listings(readers, row.item, row.number, row.arrived_at),
        release=ReleaseFacts(
            release=row.release,
            item=row.item.uuid,
            recipient=sender,
            facility=row.home_facility,
            mode=facts.mode_of(row.mode),
            state="proposed",
            valid=facts.since(row.arrived_at),
        ),
    )
    return CoRelease(house.new_id("dec"), decide(bundle, Action.RELEASE, stated, at), stated)


def holding_company(row: Arrival) -> str:
    """The own company that holds what arrived: its export authorisations count for it."""
    return Facility.objects.get(code=row.facility).company_id


def check_split(house: House, row: Arrival) -> None:
    """Before this nation's word is given for a joint item: its key service sees that the key is truly split.

    Outside the step, because it waits for the key service. Raises NotVerified, MalformedInput, Unreachable.
    """
    if row.partner_manifest is not None:
        house.key_service.check_joint_manifests([bytes(row.manifest.content), bytes(row.partner_manifest.content)])
