"""Capability 23 (domain.md section 9): inventory and reconciliation.

Accept: the yearly TOP SECRET inventory lists missing and extra copies and opens a suspected-loss incident for each
missing one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.services import copies, dossiers, inventories
from relto.services.custody_chain import custody
from tests.story.capabilities.test_01_control_register import cleared_for_top_secret
from tests.support.houses import FACILITY, IND, USA
from tests.support.two_releases import released

pytestmark = pytest.mark.django_db
TOP = {"level": "TOP SECRET", "audience": ["USA", "IND"]}


def test_the_yearly_count_lists_missing_and_extra_copies_and_opens_an_incident_for_each_missing_one(
    db: None, tmp_path: Path
) -> None:
    """Of the partner's TOP SECRET: the incident names whose information is missing."""
    with cleared_for_top_secret(tmp_path) as two:
        _, _, arrival = released(two, IND, label=TOP)
        with two.at(USA) as node:
            house, officer = node.house, node.actor("security_officer")
            place = {"form": "physical", "facility": FACILITY[USA], "location": "Vault 2"}
            here, gone = (
                copies.record_copy(
                    house, officer, arrival.item.id, custodian="security_officer", number=number, **place
                )
                for number in (1, 2)
            )
            due = custody(house, node.actor("inspector"), arrival.item.id, here.id).next_inventory
            assert due is not None
            assert due.date().isoformat() == "2027-11-22"
            opened = inventories.open_inventory(house, officer, as_of=house.now(), level="TOP SECRET")
            inventories.check_copy(house, officer, opened.id, copy=here.id, result="found")
            inventories.check_copy(house, officer, opened.id, copy=gone.id, result="not_found", note="drawer empty")
            inventories.check_copy(house, officer, opened.id, result="extra", note="a folder without a number")
            signed = inventories.sign_inventory(house, officer, opened.id)
            assert (signed.found, signed.missing, signed.extra) == (1, 1, 1)
            assert copies.one_copy(house, officer, gone.id).state == "suspected_lost"
            (incident,) = dossiers.dossiers(house, officer, procedure="incident")
            answers = dossiers.dossier(house, officer, incident.number).answers
            assert incident.state == "suspected"
            assert [(one["copy"], one["level"]) for one in answers["items"]] == [(2, "IND:TOP SECRET")]
