"""Capability 1 (domain.md section 9): control register, receipts, copy numbers.

Accept: FG TOP SECRET copy 3 without a copy number is refused; FG CONFIDENTIAL is accepted without a log entry unless
the profile demands one (2001.54(a),(c)).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relto.base.errors import MalformedInput
from relto.services import copies
from relto.store.models import Facility, Person
from tests.support.houses import FACILITY, IND, USA, vouch
from tests.support.two_houses import OTHER, TwoHouses
from tests.support.two_releases import released

pytestmark = pytest.mark.django_db


def cleared_for_top_secret(folder: Path) -> TwoHouses:
    """Both facilities and their people hold and store TOP SECRET, and are vouched for so."""
    two = TwoHouses(folder, vouched=False)
    for nation in (USA, IND):
        with two.at(nation) as node:
            Facility.objects.update(level="TOP SECRET", safeguarding_level="TOP SECRET")
            Person.objects.exclude(clearance_level="").update(clearance_level="TOP SECRET")
            vouch(node, OTHER[nation], "engineer", "security_officer")
    two.deliver()
    return two


def test_foreign_top_secret_needs_its_copy_number_and_foreign_confidential_no_record(db: None, tmp_path: Path) -> None:
    with cleared_for_top_secret(tmp_path) as two:
        _, _, top = released(two, IND, label={"level": "TOP SECRET", "audience": ["USA", "IND"]})
        _, _, low = released(two, IND, label={"level": "CONFIDENTIAL", "audience": ["USA", "IND"]})
        with two.at(USA) as node:
            house, officer = node.house, node.actor("security_officer")

            def record(item: str, **number: Any) -> Any:
                place: dict[str, Any] = {"form": "physical", "facility": FACILITY[USA], "location": "Vault 2, safe 4"}
                return copies.record_copy(house, officer, item, custodian="security_officer", **place, **number)

            with pytest.raises(MalformedInput) as refused:
                record(top.item.id)
            assert (refused.value.field, refused.value.details["citation"]) == ("number", "32 CFR 117.15(e)(2)")
            assert record(top.item.id, number=3).number == 3
            assert record(low.item.id).number is None
            demands = {one.demand: one for one in copies.item_holding(house, officer, low.item.id).demands}
            assert (demands["records"].value, demands["records"].citation) == (0, "32 CFR 2001.54(c)")
