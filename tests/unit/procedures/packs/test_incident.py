"""Incidents: what the first pass sees, what the partner is told, and when the case may be closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relto.base.instants import instant_text
from relto.base.nations import Nation
from relto.procedures.findings import weigh
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs.incident import PROCEDURE
from relto.procedures.packs.incident.guards import GUARDS
from relto.procedures.procedure import Dossier, Taken
from tests.support.form_corpus import Filed, judge, seeded
from tests.support.form_corpus.incident import WEAKNESS, report
from tests.support.known import IND, NOW, USA, known, shipped_provisions

BOTH = pytest.mark.parametrize("nation", [USA, IND])


def codes(filed: Filed) -> set[str]:
    return {one.finding.code for one in judge(filed)}


def stopping(filed: Filed) -> set[str]:
    return {one.finding.code for one in judge(filed) if one.stops}


def dossier(nation: Nation, *steps: Taken, **answers: Any) -> Dossier:
    form = report(seeded(1), nation) | answers
    return Dossier("INC-2026-0001", "incident", "final", "asking", form, NOW, steps)


def taken(step: str, **answers: Any) -> Taken:
    return Taken(step, "final", NOW, "asking", "prs_a", answers)


@BOTH
def test_a_whole_report_passes_and_says_which_times_no_rule_gives(nation: Nation) -> None:
    """The rule says "immediately" and "promptly": no hour is made up, and no nation gets the other's."""
    found = judge(Filed("incident", report(seeded(1), nation), known(nation)))
    assert not [one for one in found if one.stops]
    said = {one.finding.code: one.finding.rules for one in found}
    own = "LIM-19" if nation == USA else "GAP-IND-incident"
    assert said == {"incident.no_time_loaded": (own,), "incident.no_partner_time_loaded": ("GAP-BIL-incident",)}


def test_a_cyber_incident_runs_by_each_nations_own_clock() -> None:
    (clock,) = [one for one in PROCEDURE.clocks if one.code == "cyber_report"]
    assert clock.side == "", "one event opens both nations' clocks"
    assert clock.when is not None
    assert not clock.when.holds({"kind": "loss"})
    limits = known().limits
    found = {str(nation): limits.limit(clock.limit, nation) for nation in (USA, IND)}
    said = {nation: (one.value, one.unit, one.confirmed) for nation, one in found.items() if one is not None}
    assert said == {"USA": (72, "hour", False), "IND": (6, "hour", False)}, "shown, and shown as unconfirmed"


def test_no_field_about_people_or_the_vulnerability_is_shared() -> None:
    for step in (None, *PROCEDURE.steps.values()):
        form = PROCEDURE.form if step is None else step.form
        for field in form.fields if form is not None else ():
            hidden = field.personal or field.code in {"vulnerability", "technique", "grounds", "lessons"}
            assert not (hidden and field.shared), field.code


def test_the_partners_paper_has_no_field_that_the_partner_is_not_sent() -> None:
    (paper,) = [one for one in PROCEDURE.papers if one.code == "partner_notice"]
    printed = [field for field in PROCEDURE.form.fields if field.section in paper.sections]
    assert all(field.shared for field in printed)
    for step in paper.steps:
        form = PROCEDURE.steps[step].form
        assert form is not None
        assert all(field.shared for field in form.fields)


@BOTH
def test_a_notice_that_repeats_the_vulnerability_is_stopped(nation: Nation) -> None:
    told = {"circumstances": f"It happened like this: \n{WEAKNESS.upper()}"}
    filed = Filed("incident", report(seeded(1), nation), known(nation), step="tell_originator", step_answers=told)
    assert stopping(filed) == {"incident.vulnerability_told"}
    told["circumstances"] = "A copy is missing from the store."
    assert not stopping(filed)


@BOTH
def test_a_notice_that_names_a_person_is_stopped(nation: Nation) -> None:
    name = next(iter(known(nation).roster.values()))
    told = {"circumstances": "The copy was signed out.", "measures": f"The store asked {name}."}
    filed = Filed("incident", report(seeded(1), nation), known(nation), step="tell_originator", step_answers=told)
    assert stopping(filed) == {"incident.person_named"}


def test_the_technology_security_director_is_told_of_a_cyber_incident_with_foreign_information_by_the_us_rule() -> None:
    initial = {"reported_to": "The agency", "contained": "The system is off the network."}
    for nation, expected in ((USA, {"incident.technology_security_not_told"}), (IND, set())):
        form = report(seeded(1), nation, kind="cyber")
        filed = Filed("incident", form, known(nation), step="report_initial", step_answers=dict(initial))
        assert stopping(filed) == expected, "a US rule stops the US node only"
    form = report(seeded(1), USA, kind="cyber")
    told = initial | {"technology_security": instant_text(NOW)}
    assert not stopping(Filed("incident", form, known(USA), step="report_initial", step_answers=told))
    form["holds_partner_information"] = False
    for code in ("partner", "partner_facility", "partner_items", "items"):
        form.pop(code)
    own_only = Filed("incident", form, known(USA), step="report_initial", step_answers=initial)
    assert not stopping(own_only), "without foreign information it is not asked for"


def test_the_originator_is_missed_in_the_initial_report_when_nobody_told_it() -> None:
    form = report(seeded(1), USA)
    initial = {"reported_to": "The agency", "contained": "Nothing left the store."}
    filed = Filed("incident", form, known(USA), step="report_initial", step_answers=initial)
    (late,) = [one for one in judge(filed) if one.finding.code == "incident.originator_not_told"]
    assert late.finding.rules == ("GSO-31",)
    assert not late.stops, "a rule of the family that no authority has confirmed warns"


def test_a_suspicion_that_the_partner_was_told_of_does_not_end_without_a_word() -> None:
    guard = GUARDS["partner_told_why"]
    assert not guard(dossier(USA), {"grounds": "It was found."}, known())
    told = dossier(USA, taken("tell_originator", circumstances="A copy is missing."))
    (finding,) = guard(told, {"grounds": "It was found."}, known())
    assert finding.code == "incident.partner_waits_for_reason"
    assert not guard(told, {"told_partner": "The copy was found in its container."}, known())


def test_an_incident_is_closed_when_each_action_is_finished_and_the_partner_has_the_findings() -> None:
    final = taken("report_final", actions=[{"action": "a", "due": "2026-12-01"}, {"action": "b", "due": "2026-12-02"}])
    one = taken("finish_action", action=1, evidence="Work order 12")
    (finding,) = GUARDS["actions_done"](dossier(USA, final, one), {}, known())
    assert (finding.code, dict(finding.values)) == ("incident.actions_open", {"left": 1, "all": 2})
    both = dossier(USA, final, one, taken("finish_action", action=2, evidence="Work order 13"))
    assert not GUARDS["actions_done"](both, {}, known())
    assert GUARDS["partner_told"](both, {}, known())
    assert not GUARDS["partner_told"](dossier(USA, taken("notify_partner")), {}, known())
    again = GUARDS["action_is_open"](both, {"action": 1}, known())
    assert [one.code for one in again] == ["incident.action_unknown"]


def test_a_finished_action_shows_its_evidence() -> None:
    form = PROCEDURE.steps["finish_action"].form
    assert form is not None
    _, findings = read_answers(form, {"action": 1, "done": "2026-11-20"})
    assert [(one.code, one.path) for one in findings] == [("form.missing", "evidence")]


def test_the_final_report_says_what_made_it_possible_and_what_is_done_about_it() -> None:
    form = report(seeded(1), USA)
    form.pop("vulnerability")
    final = {"facts": "f", "probability": "possible", "responsibility": "nobody", "reasons": "r", "actions": []}
    filed = Filed("incident", form, known(USA), step="report_final", step_answers=final)
    assert stopping(filed) == {"incident.vulnerability_missing", "incident.no_actions"}
    assert not stopping(Filed("incident", form, known(IND), step="report_final", step_answers=final)) - {
        "incident.facility_not_own",
        "incident.partner_is_own",
        "incident.person_unknown",
    }, "the US rule stops nobody in India"


def test_a_programme_of_others_is_not_the_partners() -> None:
    apart = known(USA, programmes={"MONSOON-LARK": frozenset({USA})})
    assert "incident.partner_not_in_programme" in codes(Filed("incident", report(seeded(1), USA), apart))


def test_what_a_draft_lacks_is_no_contradiction() -> None:
    for answers in ({}, {"kind": "cyber"}, {"noticed": instant_text(NOW - timedelta(hours=1)), "kind": "violation"}):
        read, _ = read_answers(PROCEDURE.form, answers, whole=False)
        assert not [one for one in weigh(PROCEDURE.check(read, known()), shipped_provisions()) if one.stops]
