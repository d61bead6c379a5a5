"""Capability 25 (domain.md section 9): evaluation as of a date.

Accept: re-running a 2025 decision in 2027 with the 2025 profile gives the same answer and cites the same version.
"""

from __future__ import annotations

import pytest

from relto.services.as_of import as_of
from relto.store.models import DecisionRecord
from tests.support.houses import IND, USA
from tests.support.two_houses import TwoHouses
from tests.support.two_releases import released

pytestmark = pytest.mark.django_db


def test_two_years_later_the_decision_is_the_same_by_the_rules_of_its_day_on_both_nodes(two: TwoHouses) -> None:
    released(two, IND)
    two.forward(days=2 * 365)
    for nation in (IND, USA):
        with two.at(nation) as node:
            records = list(DecisionRecord.objects.all())
            assert records
            for record in records:
                again = as_of(node.house, node.actor("inspector"), record.id)
                assert (again.same, again.of_the_day, again.changes) == (True, True, ())
                assert again.version == again.day_version == record.decision["bundle_version"]
                assert again.at == record.at
                assert again.permitted_again == again.permitted_then
