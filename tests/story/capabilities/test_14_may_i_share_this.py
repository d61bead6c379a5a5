"""Capability 14 (domain.md section 9): "Can I share this with them now?" with the missing steps as a to-do list.

Accept: the output names who must act (own FSO, own DSA, partner DSA, export official) and nothing classified.
"""

from __future__ import annotations

import json

import pytest

from relto.services import releases
from tests.support.houses import USA
from tests.support.two_houses import TwoHouses
from tests.support.two_releases import ask
from tests.unit.services import stories

pytestmark = pytest.mark.django_db


def test_what_is_missing_names_who_must_act_and_nothing_classified(two: TwoHouses) -> None:
    item, case = ask(two, USA, authorised=False)
    two.forward(days=2)  # the partner's statuses are stale now
    with two.at(USA) as node:
        seen = releases.case(node.house, node.actor("security_officer"), case.id)
        missing = [gate for gate in seen.gates if gate["outcome"] == "fails"]
        to_do = {gate["rule"][:3]: (gate["who"], gate["remedy"]) for gate in missing}
        assert to_do["R02"] == ("release_officer", "grant_disclosure_authorisation")
        assert to_do["R03"] == ("export_official", "grant_export_authorisation")
        assert to_do["R06"] == ("own_authority", "refresh_facility_status")
        assert to_do["R10"] == ("own_authority", "refresh_personal_status")
        said = json.dumps([dict(gate) for gate in missing], default=str)
        secrets = (item.title, item.file_name, stories.DOCUMENT.decode(), "Name of engineer")
        assert not [one for one in secrets if one in said]
        officers_to_do = {gate["who"] for gate in seen.gates if gate["outcome"] == "fails"}
        assert {"release_officer", "export_official", "own_authority"} <= officers_to_do
