"""What lets an item cross, from the register: a release of this item, authorisations for it, or only for its class."""

from __future__ import annotations

from typing import Any

import pytest

from relto.procedures.known import ItemCover
from relto.services import active_bundle, authorisations, withdrawals
from relto.services.dossiers.transfer_facts import authorisations_named, item_covers
from tests.support.houses import COMPANY, FACILITY, IND, PROGRAMME, START, USA, YEAR, Node
from tests.support.peer_simulator import Peer
from tests.unit.services.stories import authorise, released, seal_item

pytestmark = pytest.mark.django_db
PERIOD: Any = {"valid_from": START - YEAR, "valid_until": START + YEAR}


def cover(node: Node, item: str, facility: str = FACILITY[IND], company: str = COMPANY[USA]) -> ItemCover | None:
    now = node.house.now()
    bundle = active_bundle.active(node.house, now)
    return item_covers(bundle, [item], IND, facility, company, now).get(item)


def test_a_released_item_is_covered_itself_and_towards_that_facility_only(usa: Node) -> None:
    india = Peer(IND, USA)
    india.vouch(usa.house, "reader")
    case, _ = released(usa, india)
    item = case.item.id
    assert cover(usa, item) == ItemCover(item, "USA:SECRET", exact=True, by_class=True)
    elsewhere = cover(usa, item, facility="IND-F099")
    assert elsewhere is not None
    assert (elsewhere.exact, elsewhere.by_class) == (False, True)
    withdrawals.withdraw_release(usa.house, usa.actor("release_officer"), case.id, reason="sent in error")
    after = cover(usa, item)
    assert after is not None
    assert not after.exact


def test_disclosure_and_export_must_both_name_the_item(usa: Node) -> None:
    item = seal_item(usa).id
    assert cover(usa, item) == ItemCover(item, "USA:SECRET", exact=False, by_class=False)
    authorise(usa)
    assert cover(usa, item) == ItemCover(item, "USA:SECRET", exact=False, by_class=True)
    registrar, officer = usa.actor("registrar"), usa.actor("security_officer")
    authorisations.record_disclosure(usa.house, registrar, reference="NDP-9", nation=IND, item=item, **PERIOD)
    found = cover(usa, item)
    assert found is not None
    assert not found.exact, "the export authorisation still names the class only"
    authorisations.record_export(usa.house, officer, reference="DSP85-9", nation=IND, item=item, **PERIOD)
    found = cover(usa, item)
    assert found is not None
    assert found.exact


def test_another_companys_item_and_authorisation_look_like_none(usa: Node) -> None:
    item = seal_item(usa).id
    own = authorisations.record_export(
        usa.house, usa.actor("security_officer"), reference="DSP85-1", nation=IND, programme=PROGRAMME, **PERIOD
    )
    assert cover(usa, item, company="USA-C099") is None
    assert authorisations_named([own.id], "USA-C099") == {}
    known = authorisations_named([own.id], COMPANY[USA])[own.id]
    assert (known.nation, known.programme, known.item, known.withdrawn) == (IND, PROGRAMME, "", False)
    authorisations.withdraw_authorisation(usa.house, usa.actor("security_officer"), own.id, reason="ended")
    assert authorisations_named([own.id], COMPANY[USA])[own.id].withdrawn
