"""Stories of transfers on two nodes: the people, an item that may go, the forms, and the hops of custody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.actors import Role
from relto.services import authorisations
from tests.support.crossing_forms import stages
from tests.support.houses import COMPANY, FACILITY, PROGRAMME, START, YEAR
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services.stories import seal_item

SEALS: Final = [{"number": "A 117"}, {"number": "A 118"}]
PACKED: Final = {"inventory_agrees": True, "packages": 1, "seals": SEALS, "receipts": 3}
TAKEN_OVER: Final = {"packages": 1, "seals_intact": True, "seals": SEALS}


def at(days: float) -> str:
    """So many days after the story begins."""
    return instant_text(START + timedelta(days=days))


def staff(two: TwoHouses) -> None:
    """A government representative and a second release officer on each node."""
    for nation in two.nodes:
        with two.at(nation) as node:
            node.add("representative", Role.GOVERNMENT_REPRESENTATIVE)
            node.add("second_officer", Role.RELEASE_OFFICER)


def item(two: TwoHouses, sender: Nation, *, exactly: bool = True) -> str:
    """A sealed SECRET item whose disclosure and export are authorised: itself, or only its programme."""
    with two.at(sender) as node:
        sealed = seal_item(node, label={"level": "SECRET", "audience": ["USA", "IND"]})
        named = {"item": sealed.id} if exactly else {"programme": PROGRAMME}
        scope: dict[str, Any] = {
            "nation": OTHER[sender],
            "valid_from": START - YEAR,
            "valid_until": START + YEAR,
            **named,
        }
        house = node.house
        authorisations.record_disclosure(house, node.actor("registrar"), reference="NDP-2026-7", **scope)
        authorisations.record_export(house, node.actor("security_officer"), reference="DSP85-2026-7", **scope)
        return sealed.id


def parties(two: TwoHouses, sender: Nation, item_id: str, level: str = "SECRET") -> dict[str, Any]:
    """What every form of a transfer says of both sides and of the package."""
    line = {
        "nomenclature": "Interface document, training copy",
        "identification": "TRG-117",
        "quantity": 1,
        "line_level": f"{sender}:{level}",
        "cover": "release",
        "item": item_id,
    }
    return {
        "partner": OTHER[sender],
        "programme": PROGRAMME,
        "company": COMPANY[sender],
        "sender_facility": FACILITY[sender],
        "recipient_facility": FACILITY[OTHER[sender]],
        "sender_representative": two.nodes[sender].people["representative"],
        "level": f"{sender}:{level}",
        "packages": 1,
        "items": [line],
        "departure": at(30),
        "arrival": at(31),
    }


def transfer_form(two: TwoHouses, sender: Nation, item_id: str, **changes: Any) -> dict[str, Any]:
    """A transfer by government courier."""
    usual = {"contract": "Contract TRG-1", "purpose": "Joint analysis", "way": "government_courier"}
    return parties(two, sender, item_id) | usual | changes


def hand_carriage_form(two: TwoHouses, sender: Nation, item_id: str, **changes: Any) -> dict[str, Any]:
    """A request for hand carriage by the sender's engineer."""
    usual = {
        "reason": "too_slow",
        "justification": "The joint test would wait for a month",
        "already_there": False,
        "courier": two.nodes[sender].people["engineer"],
        "courier_of": "sender",
        "employment": "full_time",
        "courier_name": "NAME OF ENGINEER",
        "courier_born": "1984-03-12",
        "courier_nationality": sender,
        "travel_document": "T1234567",
        "exterior": "One brown box, 30 cm",
        "kept_in_person": True,
        "return": at(34),
        "route": stages(sender, overnight="none"),
        "contacts": [{"country": one, "office": "The security office", "telephone": "000"} for one in two.nodes],
    }
    return parties(two, sender, item_id) | usual | changes


def plan_form(two: TwoHouses, sender: Nation, item_id: str, **changes: Any) -> dict[str, Any]:
    """A transportation plan for one shipment."""
    usual = {
        "reference": "NDP-2026-7",
        "purpose": "Parts for the joint test stand",
        "kind": "single",
        "valid_from": at(0)[:10],
        "valid_until": at(120)[:10],
        "forwarder": False,
        "packaging": "One crate, banded",
        "transport": "freight",
        "route": stages(sender, carrier="The carrier", carrier_nation=sender, service="commercial"),
        "escorts": [{"person": two.nodes[sender].people["engineer"], "stages": "1, 2"}],
        "delay": "It stays at the airport's government store; the sender is told",
        "storage": "None planned",
    }
    return parties(two, sender, item_id) | usual | changes


def on_its_way(two: TwoHouses, sender: Nation, number: str) -> None:
    """The sender's representative takes it over and sends it."""
    two.take(sender, "representative", number, "accept", answers=PACKED)
    dispatched = {"dispatched": instant_text(two.nodes[sender].clock.now())}
    two.told(sender, "representative", number, "dispatch", answers=dispatched)


def approved_plan(two: TwoHouses, sender: Nation, item_id: str, **changes: Any) -> str:
    """A plan that both authorities approved."""
    view = two.begin(sender, "security_officer", "freight", plan_form(two, sender, item_id, **changes))
    two.take(sender, "security_officer", view.number, "submit")
    two.told(sender, "release_officer", view.number, "approve_sender")
    named = {
        "recipient_representative": two.nodes[OTHER[sender]].people["representative"],
        "recipient_representative_office": "Office of the authority",
    }
    two.told(OTHER[sender], "release_officer", view.number, "approve_recipient", answers=named)
    return view.number
