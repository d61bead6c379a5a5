"""Capability 8 (domain.md section 9): third-party release with the originator's written consent, scoped and dated.

Accept: IND -> USA -> FRA refused until India's DSA records consent; consent for item X does not cover item Y.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.services import authorisations, third_party
from tests.support.houses import IND, PROGRAMME, START, USA, YEAR
from tests.support.two_houses import TwoHouses
from tests.support.two_releases import released

pytestmark = pytest.mark.django_db
FRA, FRENCH = Nation("FRA"), "FRA-F003"
MARKED = {"level": "SECRET", "audience": ["USA", "IND", "FRA"]}


def test_refused_until_the_originators_authority_consents_and_only_for_that_item(two: TwoHouses) -> None:
    originator, holder = IND, USA
    items = [released(two, originator, label=MARKED)[2].item.id]
    with two.at(holder) as node:
        scope: Any = {"nation": FRA, "programme": PROGRAMME, "valid_from": START - YEAR, "valid_until": START + YEAR}
        authorisations.record_disclosure(node.house, node.actor("registrar"), reference="NDP-9", **scope)
        authorisations.record_export(node.house, node.actor("security_officer"), reference="LIC-9", **scope)
    items.append(released(two, originator, label=MARKED, authorised=False)[2].item.id)

    def stands_against(item: str) -> list[str]:
        with two.at(holder) as node:
            answer = third_party.may_retransfer(
                node.house, node.actor("security_officer"), item=item, nation=FRA, recipient=FRENCH
            )
        return [gate.rule for gate in answer.gates]

    assert stands_against(items[0]) == ["R19-originator-consents"]
    with two.at(holder) as node:
        asked = third_party.request_third_party(
            node.house,
            node.actor("security_officer"),
            item=items[0],
            nation=FRA,
            recipient=FRENCH,
            purpose="wind tunnel test",
            valid_from=START,
            valid_until=START + timedelta(days=30),
        )
        third_party.forward_third_party(
            node.house, node.actor("release_officer"), asked.id, outcome="forward", reason="as asked"
        )
    two.deliver()
    assert stands_against(items[0]) == ["R19-originator-consents"], "asking is not consent"
    with two.at(originator) as node:
        officer = node.actor("release_officer")
        (waiting,) = third_party.third_party_requests(node.house, officer)
        third_party.decide_third_party(node.house, officer, waiting.id, outcome="consent", reason="weighed")
    two.deliver()
    assert stands_against(items[0]) == []
    assert stands_against(items[1]) == ["R19-originator-consents"]
    two.forward(days=31)
    assert "R19-originator-consents" in stands_against(items[0]), "it was dated"
