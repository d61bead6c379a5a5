"""May this item go there: what is still missing before it could be released, and who supplies it (asked, not decided).

The gates of a release are evaluated as they stand, as if the company had asked today for every reader whom the
partner's authority vouches for at that facility. Nothing is recorded, nothing is promised: a release officer decides,
and the partner's authority accepts. The asker reads codes, rules and who can help; facts about others stay with the
officers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.base.errors import Conflict, NotAvailable
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.procedures.item import REGISTERED
from relto.procedures.release import ASKED, IN_FORCE
from relto.rules.bundle import Bundle
from relto.rules.decide import decide
from relto.rules.facts import Action, DecisionFacts, ListingFacts, PersonFacts, ReleaseFacts
from relto.rules.views import AskerGate, asker_view
from relto.services import active_bundle, facts
from relto.services.house import House
from relto.services.item_view import LIVE
from relto.store.models import Assurance, Item
from relto.store.queries.assurances import governing
from relto.store.queries.items import visible_items
from relto.store.queries.releases import visible_cases

ASKERS: Final = (Role.ENGINEER, Role.SECURITY_OFFICER)
_MOST_ITEMS: Final = 200
_MOST_READERS: Final = 32
_PROPOSED: Final = "what-if"


@dataclass(frozen=True, slots=True)
class Shareable:
    """An own item that could be released, and the partners' facilities that its programme lists: code -> nation."""

    item: str
    title: str
    programme: str
    facilities: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MayShare:
    """What would be decided now. `gates`: those that do not hold; `readers`: how many are vouched for there.

    `case`: the id of the case in which it is asked for or released already, as far as the actor may see it, else "".
    """

    item: str
    facility: str
    nation: str
    permitted: bool
    readers: int
    gates: tuple[AskerGate, ...]
    bundle_version: int
    case: str


def shareable(house: House, actor: Actor) -> list[Shareable]:
    """The own registered items that the actor may know of, newest first, with where each could go; 200 at most."""
    actor.require(*ASKERS)
    bundle = active_bundle.active_or_none(house, house.now())
    if bundle is None:
        return []
    rows = visible_items(actor).filter(held_as="own", state=REGISTERED).order_by("-registered_at", "-id")
    return [Shareable(row.id, row.title, row.programme, _listed(house, bundle, row)) for row in rows[:_MOST_ITEMS]]


def may_share(house: House, actor: Actor, item: str, facility: str) -> MayShare:
    """What is missing before this item could be released to this facility of a partner.

    Raises Refused("role"), NotAvailable("item" or "facility"), Conflict("no_agreement" or "state").
    """
    actor.require(*ASKERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    row = visible_items(actor).filter(id=item, held_as="own").first()
    if row is None:
        raise NotAvailable("item", field="item")
    if row.state != REGISTERED:
        raise Conflict("state", field="item", found=row.state, expected=REGISTERED)
    listed = _listed(house, bundle, row)
    if facility not in listed:
        raise NotAvailable("facility", field="facility")
    nation = Nation(listed[facility])
    readers = _readers(bundle, nation, facility, now)
    decision = decide(bundle, Action.RELEASE, _proposed(house, bundle, row, nation, facility, readers, now), now)
    cases = visible_cases(actor).filter(item=row, facility=facility, state__in=[ASKED, *IN_FORCE])
    known = sum(one.valid is not None for one in readers)
    found = asker_view(decision)
    case = cases.order_by("-asked_at").values_list("id", flat=True).first() or ""
    return MayShare(row.id, facility, nation, found.permitted, known, found.gates, found.bundle_version, case)


def _listed(house: House, bundle: Bundle, row: Item) -> dict[str, str]:
    """The partners' facilities on the agreed list of the item's programme."""
    programme = bundle.programmes.get(row.programme)
    listed = programme.facilities if programme is not None else {}
    return {code: str(nation) for code, nation in sorted(listed.items()) if nation != house.nation}


def _readers(bundle: Bundle, nation: Nation, facility: str, at: Instant) -> list[PersonFacts]:
    """Those whom the partner vouches for there; without any, somebody of whom nothing is known."""
    received = Assurance.objects.filter(direction="received", subject_kind="person", issuer=nation, facility=facility)
    named = [row.subject for row in governing(received.defer("statement"))][:_MOST_READERS]
    found = [facts.partner_person(bundle, one, nation, facility, at) for one in named]
    return found or [facts.unknown_person("", nation, facility)]


def _proposed(  # noqa: PLR0917  an item, where to, for whom and when
    house: House, bundle: Bundle, row: Item, nation: Nation, facility: str, readers: list[PersonFacts], at: Instant
) -> DecisionFacts:
    registered = row.manifests.filter(kind="original", withdrawn_at=None).exists()
    return DecisionFacts(
        node=house.nation,
        item=facts.item_facts(bundle, row, registered=registered),
        facility=facts.partner_facility(bundle, facility, nation, at),
        people=tuple(readers),
        releaser=house.nation,
        channel="link",
        authorisations=facts.authorisations_for(row, nation),
        listings=tuple(ListingFacts(one.pseudonym, row.uuid, _PROPOSED, facts.since(at)) for one in readers),
        release=ReleaseFacts(_PROPOSED, row.uuid, nation, facility, facts.mode_of(LIVE), "proposed", facts.since(at)),
    )
