"""Capability 13 (domain.md section 9): classification guide and derivative classification.

Accept: two sources, one FGI: highest level, both on Derived From, no downgrade below the FGI level.
"""

from __future__ import annotations

from typing import Any

import pytest

from relto.base.nations import Nation
from relto.services import dossiers
from relto.store.models import Dossier
from tests.support.form_corpus.classification_guide import topic
from tests.support.houses import IND, PROGRAMME, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db


def guide(two: TwoHouses, nation: Nation, **partner: str) -> str:
    """A guide in force; with a partner named, it was given it."""
    answers = {
        "programme": PROGRAMME,
        "edition": 1,
        "effective_from": "2026-11-01",
        "authority": "Programme office",
        "topics": [topic("SEEKER", f"{nation}:SECRET"), topic("HOUSING", f"{nation}:CONFIDENTIAL")],
    } | partner
    number = two.begin(nation, "security_officer", "classification_guide", answers).number
    two.take(nation, "security_officer", number, "submit")
    two.told(nation, "release_officer", number, "issue" if partner else "issue_here")
    return number


def derived(two: TwoHouses, nation: Nation, theirs: str, **changes: Any) -> dict[str, Any]:
    """A document made from a guide's topic and a foreign report."""
    usual = {
        "programme": PROGRAMME,
        "document": "TR-77",
        "classifier": two.nodes[nation].people["engineer"],
        "derived_on": "2026-11-22",
        "sources": [
            {
                "reference": "GUIDE HOUSING",
                "guide": theirs,
                "owner": nation,
                "level_of_source": f"{nation}:CONFIDENTIAL",
            },
            {"reference": "REPORT 9", "owner": OTHER[nation], "level_of_source": f"{OTHER[nation]}:SECRET"},
        ],
        "level": f"{nation}:SECRET",
        "derived_from": "GUIDE HOUSING; REPORT 9",
        "declassify_on": "2051-11-22",
        "says_foreign": True,
    }
    return usual | changes


@pytest.mark.parametrize("nation", [USA, IND])
def test_two_sources_one_foreign_highest_level_both_named_and_no_downgrade_below_the_foreign_level(
    two: TwoHouses, nation: Nation
) -> None:
    number = guide(two, nation, partner=OTHER[nation])
    assert two.state(OTHER[nation], number) == "in_force", "the partner was given the guide"
    at_home = guide(two, nation)
    assert two.state(nation, at_home) == "in_force"
    with two.at(OTHER[nation]):
        assert [row.number for row in Dossier.objects.all()] == [number], "a guide without a partner is sent nowhere"

    def stopped(**changes: Any) -> set[str]:
        answers = derived(two, nation, number, **changes)
        found = two.do(nation, "engineer", dossiers.check_form, "derivation", answers)
        return {one.finding.code.removeprefix("derivation.") for one in found if one.stops}

    assert stopped() == set()
    assert stopped(level=f"{nation}:CONFIDENTIAL") == {"below_foreign"}
    assert stopped(derived_from="REPORT 9") == {"source_not_named"}
    recorded = two.begin(nation, "engineer", "derivation", derived(two, nation, number)).number
    assert two.take(nation, "engineer", recorded, "record").view.state == "recorded"
    lower = {"level": f"{nation}:CONFIDENTIAL"}
    with pytest.raises(dossiers.StepStopped) as refused:
        two.take(nation, "security_officer", recorded, "lower", answers=lower)
    assert refused.value.details["finding"] == "derivation.approval_missing"
    approved = lower | {"approval": "Letter 12 of the originator", "approved_on": "2026-11-21"}
    lowered = two.take(nation, "security_officer", recorded, "lower", answers=approved)
    assert lowered.answers["level"] == f"{nation}:CONFIDENTIAL"
    assert lowered.steps[-1].answers["approval"] == "Letter 12 of the originator"
