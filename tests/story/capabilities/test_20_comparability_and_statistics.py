"""Capability 20 (domain.md section 9): comparability-visit planner and statistics without sensitive content."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import MalformedInput, Refused, UnknownValue
from relto.base.nations import Nation
from relto.services.dossiers import StepStopped
from relto.services.dossiers.statistics import statistics
from tests.support.houses import FACILITY, IND, PROGRAMME, START, USA
from tests.support.two_houses import OTHER, TwoHouses

pytestmark = pytest.mark.django_db


def day(number: int) -> str:
    return str((START + timedelta(days=number)).date())


def plan(two: TwoHouses, asker: Nation, number: int, **changes: Any) -> dict[str, Any]:
    delegate = {
        "person": two.nodes[asker].people["security_officer"],
        "name": "Name of security_officer",
        "citizenship": asker,
        "clearance": f"{asker}:SECRET",
    }
    usual: dict[str, Any] = {
        "host_nation": OTHER[asker],
        "aim": "first_comparison",
        "topics": ["marking", "storage"],
        "first_day": day(number),
        "last_day": day(number + 1),
        "highest_level": f"{asker}:CONFIDENTIAL",
        "places": [{"facility": FACILITY[OTHER[asker]]}],
        "delegates": [delegate],
        "remarks": "A secret remark of the planner",
    }
    return usual | changes


def proposed(two: TwoHouses, asker: Nation, number: int = 40) -> str:
    view = two.begin(asker, "co_chair", "consultation_visit", plan(two, asker, number))
    two.told(asker, "co_chair", view.number, "propose")
    return view.number


@pytest.mark.parametrize("asker", [USA, IND])
def test_a_comparability_visit_is_planned_by_two_and_its_report_is_confirmed(two: TwoHouses, asker: Nation) -> None:
    host, number = OTHER[asker], proposed(two, asker)
    offer = {"first_day": day(50), "last_day": day(51), "why": "The stores are counted then"}
    two.told(host, "co_chair", number, "offer_other_days", answers=offer)
    assert two.detail(asker, "co_chair", number).answers["first_day"] == day(50)
    two.told(asker, "co_chair", number, "accept_days")
    two.forward(days=52)
    report = {
        "held_from": day(50),
        "held_until": day(51),
        "observations": [{"topic": "marking", "seen": "comparable"}],
    }
    with pytest.raises(StepStopped, match="topic_open"):
        two.take(asker, "inspector", number, "report", answers=report)
    whole = report | {"observations": [*report["observations"], {"topic": "storage", "seen": "differs"}]}
    two.told(asker, "inspector", number, "report", answers=whole)
    two.told(host, "co_chair", number, "confirm")
    assert (two.state(asker, number), two.state(host, number)) == ("closed", "closed")
    there = two.detail(host, "co_chair", number)
    assert "name" not in there.answers["delegates"][0]


def test_counts_and_turnaround_per_quarter_and_no_title_or_name_can_appear(two: TwoHouses) -> None:
    """Counts and turnaround per quarter; no item title or person name can appear."""
    for number in range(4):
        agreed = proposed(two, USA, 40 + 3 * number)
        two.forward(days=2)
        two.told(IND, "co_chair", agreed, "agree", answers={})
    found = two.do(USA, "inspector", statistics, procedure="consultation_visit")
    assert [(one.quarter, one.opened.shown, one.sent.shown) for one in found] == [("2026-Q4", 4, 4)]
    agree = next(one for one in found[0].days if one.step == "agree")
    assert (agree.side, agree.taken.shown, agree.median, agree.nine_of_ten) == ("answering", 4, 2, 2)
    told = json.dumps([asdict(one) for one in found])
    for secret in ("Name of", "remark", "CMP-", "prs_", PROGRAMME, *FACILITY.values()):
        assert secret not in told


def test_one_case_is_not_counted_aloud_and_a_company_sees_its_own(two: TwoHouses) -> None:
    proposed(two, USA)
    found = two.do(USA, "inspector", statistics)
    assert found[0].opened.hidden
    assert two.do(USA, "security_officer", statistics) == (), "the working group's plans are not the company's"
    with pytest.raises(Refused, match="role"):
        two.do(USA, "engineer", statistics)
    with pytest.raises(MalformedInput, match="quarter"):
        two.do(USA, "inspector", statistics, since="last year")
    with pytest.raises(UnknownValue, match="procedure"):
        two.do(USA, "inspector", statistics, procedure="nothing")
    assert two.do(USA, "inspector", statistics, since="2027-Q1") == ()
