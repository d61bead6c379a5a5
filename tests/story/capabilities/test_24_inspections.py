"""Capability 24 (domain.md section 9): inspections and self-inspections by a checklist that the rule book gives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.errors import Refused
from relto.base.nations import Nation
from relto.services import dossiers
from relto.services.dossiers import AnswersRefused, DossierDetail, StepStopped
from tests.support.houses import FACILITY, IND, START, USA
from tests.support.two_houses import TwoHouses

pytestmark = pytest.mark.django_db
BOTH_WAYS = pytest.mark.parametrize("nation", [USA, IND])
TODAY = str(START.date())
NOT_MET = 11
"""The number of the check on storage."""


def answered(two: TwoHouses, nation: Nation, who: str, number: str, **changes: Any) -> None:
    """Every check is answered with its evidence; storage is not met."""
    form = dict(two.detail(nation, who, number).answers)
    rows = [
        row | {"result": "not_met" if row["number"] == NOT_MET else "met", "evidence": f"Log, page {row['number']}"}
        for row in form["checklist"]
    ]
    two.write(nation, who, number, form | {"checklist": rows, "held_on": TODAY} | changes)


def reported(two: TwoHouses, nation: Nation) -> str:
    """The number of a self-inspection with one finding, planned."""
    officer = "security_officer"
    number = two.begin(nation, officer, "self_inspection", {"facility": FACILITY[nation]}).number
    answered(two, nation, officer, number)
    two.take(nation, officer, number, "report")
    action = {"number": NOT_MET, "action": "A second lock", "due": str((START + timedelta(days=30)).date())}
    two.take(nation, officer, number, "plan", answers={"actions": [action]})
    return number


def certified(two: TwoHouses, nation: Nation, number: str) -> DossierDetail:
    two.take(
        nation,
        "security_officer",
        number,
        "close_finding",
        answers={"number": NOT_MET, "outcome": "corrected", "evidence": "Work order 12, photograph 3"},
    )
    concluded = two.take(nation, "security_officer", number, "conclude")
    assert "certificate" in concluded.papers
    signed = {"official": two.nodes[nation].people["security_officer"], "signed_on": TODAY}
    return two.take(nation, "security_officer", number, "certify", answers=signed)


@BOTH_WAYS
def test_the_certificate_appears_only_when_every_finding_is_closed_with_evidence(
    two: TwoHouses, nation: Nation
) -> None:
    """Closing a finding without evidence is refused; the SMO certificate appears only when all are dispositioned."""
    officer = "security_officer"
    number = reported(two, nation)
    with pytest.raises(AnswersRefused) as unproved:
        two.take(nation, officer, number, "close_finding", answers={"number": NOT_MET, "outcome": "corrected"})
    assert unproved.value.field == "evidence"
    with pytest.raises(StepStopped) as early:
        two.take(nation, officer, number, "conclude")
    assert [one.finding.code for one in early.value.weighed] == ["self_inspection.findings_open"]
    assert "certificate" not in two.detail(nation, officer, number).papers
    done = certified(two, nation, number)
    assert (done.view.state, "certificate" in done.papers) == ("certified", True)


@BOTH_WAYS
def test_one_list_comes_ready_made_from_the_own_nations_book(two: TwoHouses, nation: Nation) -> None:
    """A company without security staff of its own finds every question, the rules behind it, and where none is."""
    view = two.begin(nation, "security_officer", "self_inspection", {"facility": FACILITY[nation]})
    rows = two.detail(nation, "security_officer", view.number).answers["checklist"]
    assert len(rows) == 24
    own = "USR-04" if nation == USA else "IND-14"
    assert [row["check"] for row in rows if own in row["provisions"].split(", ")] == ["inspected"]
    gaps = {row["check"] for row in rows if row["standing"] == "no_rule"}
    assert ("destruction" in gaps) == (nation == IND)
    chosen = {"facility": FACILITY[nation], "profile": "by_provision"}
    later = two.begin(nation, "security_officer", "self_inspection", chosen).number
    assert "checklist" not in two.detail(nation, "security_officer", later).answers
    two.write(nation, "security_officer", later, chosen | {"subjects": ["storage"]})
    made = two.detail(nation, "security_officer", later).answers["checklist"]
    assert {row["check"] for row in made} == {"storage"}


def test_the_next_self_inspection_is_due_by_the_us_rule_and_by_none_in_india(two: TwoHouses) -> None:
    found = {}
    for nation in (USA, IND):
        done = certified(two, nation, reported(two, nation))
        (due,) = done.view.due
        found[str(nation)] = (due.provision, None if due.at is None else due.at.date().isoformat(), due.gap)
    assert found == {"USA": ("LIM-20", "2027-11-23", False), "IND": ("", None, True)}


def test_the_next_one_begins_in_the_step_that_ends_this_one(two: TwoHouses) -> None:
    nation = IND
    number = reported(two, nation)
    certified(two, nation, number)
    two.take(nation, "security_officer", number, "begin_next")
    newest, before = two.do(nation, "security_officer", dossiers.dossiers, procedure="self_inspection")
    states = {one.number: one.state for one in (newest, before)}
    assert states.pop(number) == "succeeded"
    ((following, state),) = states.items()
    assert state == "under_way"
    fresh = two.detail(nation, "security_officer", following).answers
    assert (fresh["facility"], len(fresh["checklist"]), "held_on" in fresh) == (FACILITY[nation], 24, False)


def test_the_authority_inspects_the_company_corrects_and_the_inspector_closes(two: TwoHouses) -> None:
    nation = IND
    begun = {"facility": FACILITY[nation], "kind": "initial", "profile": "readiness"}
    number = two.begin(nation, "inspector", "inspection", begun).number
    two.take(nation, "inspector", number, "start")
    answered(two, nation, "inspector", number)
    two.take(nation, "inspector", number, "report")
    with pytest.raises(Refused):
        two.take(nation, "security_officer", number, "conclude")
    plan = {"number": NOT_MET, "action": "A second lock", "due": str((START + timedelta(days=30)).date())}
    two.take(nation, "security_officer", number, "plan", answers={"actions": [plan]})
    closing = {"number": NOT_MET, "outcome": "corrected", "evidence": "Seen on the second visit"}
    with pytest.raises(Refused):
        two.take(nation, "security_officer", number, "close_finding", answers=closing)
    two.take(nation, "inspector", number, "close_finding", answers=closing)
    assert "conclusion" in two.take(nation, "inspector", number, "conclude").papers
    two.take(nation, "inspector", number, "begin_next")
    newest = two.do(nation, "inspector", dossiers.dossiers, procedure="inspection", state="planned")
    assert two.detail(nation, "inspector", newest[0].number).answers["kind"] == "periodic"
