"""Capability 2 (domain.md section 9): release decision with reasons, each gate passed or failed with its citation.

Accept: agreement, FCL and licence present but no disclosure authorization -> DENY naming exactly that gate.
"""

from __future__ import annotations

import pytest

from relto.base.errors import Refused
from relto.base.nations import Nation
from relto.services import authorisations, decision_views
from relto.store.models import DecisionRecord
from tests.support.houses import IND, PROGRAMME, START, USA, YEAR
from tests.support.two_houses import OTHER, TwoHouses
from tests.support.two_releases import ask, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("origin", [USA, IND])
def test_without_a_disclosure_authorisation_exactly_that_gate_denies(two: TwoHouses, origin: Nation) -> None:
    with two.at(origin) as node:
        authorisations.record_export(
            node.house,
            node.actor("security_officer"),
            reference="LICENCE-1",
            nation=OTHER[origin],
            programme=PROGRAMME,
            valid_from=START - YEAR,
            valid_until=START + YEAR,
        )
    _, case = ask(two, origin, authorised=False)
    with pytest.raises(Refused):
        send(two, origin, case)
    with two.at(origin) as node:
        reference = DecisionRecord.objects.get().id
        found = decision_views.decision(node.house, node.actor("release_officer"), reference)
        failed = {gate["rule"]: gate for gate in found.gates if gate["outcome"] == "fails"}
        assert list(failed) == ["R02-disclosure-authorised"]
        cited = {one["id"]: one["citation"] for one in failed["R02-disclosure-authorised"]["provisions"]}
        if origin == USA:
            assert cited["USR-07"] == "32 CFR 117.15(h)(5)"
        else:
            assert cited["GAP-IND-disclosure"] is None, "no Indian rule is loaded, and that is said"
        assert all(gate["provisions"] for gate in found.gates)
        assert not found.permitted
