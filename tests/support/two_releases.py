"""A release from one real node to the other: asked, decided, prepared, carried over the link and accepted there."""

from __future__ import annotations

from typing import Any

from relto.base.nations import Nation
from relto.services import arrivals, release_sending, releases
from relto.services.arrival_view import ArrivalView
from relto.services.item_view import ItemView
from relto.services.release_view import CaseView
from tests.support.houses import FACILITY
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services import stories


def ask(two: TwoHouses, origin: Nation, *, authorised: bool = True, **changes: Any) -> tuple[ItemView, CaseView]:
    """The security officer's request for a sealed document to go to the other nation's engineer."""
    other = OTHER[origin]
    with two.at(origin) as node:
        if authorised:
            stories.authorise(node)
        item = stories.seal_item(node, **changes)
        case = releases.request_release(
            node.house,
            node.actor("security_officer"),
            item=item.id,
            nation=other,
            facility=FACILITY[other],
            readers=[(two.nodes[other].people["engineer"], "analyses the interface")],
            purpose="joint analysis",
        )
    return item, case


def send(two: TwoHouses, origin: Nation, case: CaseView) -> None:
    """The officer decides, the worker prepares, the link carries it over."""
    with two.at(origin) as node:
        stories.decide_case(node, case)
        assert release_sending.prepare_release(node.house, case.id)
    two.deliver()


def accepted(two: TwoHouses, holder: Nation) -> ArrivalView:
    """The newest arrival, accepted; its custody receipt goes back."""
    with two.at(holder) as node:
        officer = node.actor("release_officer")
        arrival = next(one for one in arrivals.arrivals(node.house, officer) if one.state != "accepted")
        done = stories.accept(node, arrival)
    two.deliver()
    return done


def released(two: TwoHouses, origin: Nation, **changes: Any) -> tuple[ItemView, CaseView, ArrivalView]:
    """The whole way: the item and case at home, and the arrival that the other nation accepted."""
    item, case = ask(two, origin, **changes)
    send(two, origin, case)
    return item, case, accepted(two, OTHER[origin])
