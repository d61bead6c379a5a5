"""Releases that really crossed between two staffed nodes, for stories about what comes after them."""

from __future__ import annotations

from relto.base.nations import Nation
from relto.services import arrivals, release_sending, releases
from relto.store.models import Arrival, Item
from tests.support.houses import FACILITY
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services import stories


def released(two: TwoHouses, plant: Nation) -> str:
    """The number of a release from the plant to the partner's engineer that has arrived there."""
    reader = two.nodes[OTHER[plant]].people["engineer"]
    with two.at(plant) as node:
        stories.authorise(node)
        item = stories.seal_item(node)
        case = releases.request_release(
            node.house,
            node.actor("security_officer"),
            item=item.id,
            nation=OTHER[plant],
            facility=FACILITY[OTHER[plant]],
            readers=[(reader, "analyses the interface")],
            purpose="joint analysis",
        )
        stories.decide_case(node, case)
        assert release_sending.prepare_release(node.house, case.id)
    two.deliver()
    return case.number


def received(two: TwoHouses, sender: Nation) -> tuple[str, str]:
    """(the number of a release of this nation, the id of its item on the other node), accepted there."""
    number, taker = released(two, sender), OTHER[sender]
    with two.at(taker) as node:
        (waiting,) = arrivals.arrivals(node.house, node.actor("release_officer"))
        stories.accept(node, waiting)
        item = Item.objects.get(id=Arrival.objects.get(id=waiting.id).item_id).id
    two.deliver()
    return number, item
