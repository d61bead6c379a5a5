"""Capability 23 (domain.md section 9), its incident part: a count that misses a copy starts an inquiry at once."""

from __future__ import annotations

import pytest

from relto.base.nations import Nation
from relto.services import copies, dossiers, inventories
from tests.support.crossed_releases import received
from tests.support.houses import COMPANY, FACILITY, IND, USA, Node
from tests.support.two_houses import OTHER, TwoHouses
from tests.unit.services import stories

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("nation", [USA, IND])


def recorded(node: Node, item: str, number: int) -> str:
    """The id of a numbered copy in the company's store."""
    view = copies.record_copy(
        node.house,
        node.actor("security_officer"),
        item,
        form="physical",
        facility=FACILITY[node.house.nation],
        custodian="security_officer",
        location="Vault 2",
        number=number,
    )
    return view.id


def counted(node: Node, found: dict[str, str]) -> inventories.InventoryView:
    """An inventory of every level with these results, signed."""
    house, officer = node.house, node.actor("security_officer")
    opened = inventories.open_inventory(house, officer, as_of=house.now())
    for copy, result in found.items():
        inventories.check_copy(house, officer, opened.id, copy=copy, result=result)
    inventories.check_copy(house, officer, opened.id, result="extra", note="a folder without a number")
    return inventories.sign_inventory(house, officer, opened.id)


def incidents(node: Node) -> list[dossiers.DossierDetail]:
    house, officer = node.house, node.actor("security_officer")
    every = dossiers.dossiers(house, officer, procedure="incident")
    return [dossiers.dossier(house, officer, one.number) for one in every]


@BOTH_WAYS
def test_each_missing_copy_opens_an_incident_of_its_own(two: TwoHouses, nation: Nation) -> None:
    """The yearly TOP SECRET inventory lists missing and extra copies and opens a suspected-loss incident for each
    missing one."""
    with two.at(nation) as node:
        item = stories.seal_item(node).id
        here, first, second = (recorded(node, item, number) for number in (1, 2, 3))
        signed = counted(node, {here: "found", first: "not_found", second: "not_found"})
        assert (signed.missing, signed.extra) == (2, 1)
        opened = incidents(node)
        assert {one.answers["items"][0]["copy"] for one in opened} == {2, 3}
        for one in opened:
            assert (one.view.state, one.view.company, one.view.facility) == (
                "suspected",
                COMPANY[nation],
                FACILITY[nation],
            )
            assert one.answers["kind"] == "loss"
            assert one.answers["source_reference"] == signed.id
            assert one.answers["items"][0] | {"copy": 0} == {"item": item, "level": f"{nation}:SECRET", "copy": 0}
            assert one.answers["holds_partner_information"] is False
            assert "start_inquiry" in one.may_take
        again = counted(node, {here: "found", first: "not_found", second: "not_found"})
        assert again.missing == 2
        assert len(incidents(node)) == 2, "a loss that is under inquiry gets no second incident"


@BOTH_WAYS
def test_the_incident_of_a_partners_copy_names_the_partner_so_that_it_can_be_told_at_once(
    two: TwoHouses, nation: Nation
) -> None:
    originator = OTHER[nation]
    release, item = received(two, originator)
    with two.at(nation) as node:
        copy = recorded(node, item, 1)
        counted(node, {copy: "not_found"})
        (incident,) = incidents(node)
    told = {code: incident.answers[code] for code in ("holds_partner_information", "partner", "partner_items")}
    assert told == {
        "holds_partner_information": True,
        "partner": originator,
        "partner_items": [{"reference": release, "copies": 1, "level": f"{originator}:SECRET"}],
    }
    number = incident.view.number
    circumstances = {"circumstances": "A copy was not found at the yearly count."}
    two.told(nation, "release_officer", number, "tell_originator", answers=circumstances)
    assert two.state(originator, number) == "suspected"
