"""Information sheets on facilities and people, and reports of changed conditions: guards that no form shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from relto.base.nations import Nation
from relto.procedures.actors import AUTHORITY_ROLES
from relto.procedures.forms.sharing import shared_answers
from relto.procedures.packs import changed_condition, facility_assurance, personnel_assurance
from relto.procedures.table import ANSWERING, waits_on
from tests.support.form_corpus import Filed, judge
from tests.support.form_corpus import changed_condition as changes
from tests.support.form_corpus import facility_assurance as facilities
from tests.support.form_corpus import personnel_assurance as people
from tests.support.known import FACILITY, IND, NOW, USA, dossier_known, facility, known

RANDOM = Random(23)  # noqa: S311  invents forms
SHEETS = (facility_assurance.PROCEDURE, personnel_assurance.PROCEDURE)
BOTH_WAYS = pytest.mark.parametrize("asker", [USA, IND])


def stopping(one: Filed) -> set[str]:
    return {found.finding.code.partition(".")[2] for found in judge(one) if found.stops}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda one: one.code)
def test_only_authorities_speak_to_each_other_and_every_answer_has_two_signatures(sheet: Any) -> None:
    for transition in sheet.table.transitions:
        if sheet.step(transition.name).sends:
            assert transition.roles <= AUTHORITY_ROLES, transition.name
    for name in ("answer_held", "answer_not_held", "answer_in_process"):
        assert sheet.step(name).persons == 2
        assert sheet.table.transition(name).side == ANSWERING
    assert sheet.step("withdraw_answer").persons == 1
    assert waits_on(sheet.table, "held") == frozenset()


def test_no_name_ever_leaves_with_a_request_on_a_person() -> None:
    form = personnel_assurance.PROCEDURE.form
    told = shared_answers(form, people.clean_request(RANDOM, USA).answers)
    assert "name" not in told
    assert told["person"].startswith("prs_")


@BOTH_WAYS
def test_a_facility_that_cannot_store_is_answered_so(asker: Nation) -> None:
    """ISA-13: two answers, clearance and storage; neither follows from the other."""
    answer = facilities.clean_answer(RANDOM, asker)
    own = answer.known.nation
    bare = answer.with_known(facilities={FACILITY[own]: facility(own, safeguarding="")})
    assert stopping(bare) == {"storage_not_as_registered"}
    assert stopping(bare.with_step_answers(storage=False, storage_level=None)) == set()


@BOTH_WAYS
@pytest.mark.parametrize("state", ["invalidated", "suspended", "revoked", "terminated", "in_process"])
def test_a_clearance_that_does_not_stand_is_never_vouched_for(asker: Nation, state: str) -> None:
    answer = facilities.clean_answer(RANDOM, asker)
    own = answer.known.nation
    assert "not_valid" in stopping(answer.with_known(facilities={FACILITY[own]: facility(own, state=state)}))


@BOTH_WAYS
def test_who_is_not_registered_is_not_vouched_for_and_may_be_denied(asker: Nation) -> None:
    answer = people.clean_answer(RANDOM, asker).with_known(people={})
    assert stopping(answer) == {"not_registered"}
    denied = replace(answer, step="answer_not_held", step_answers={"ground": "no_clearance"})
    assert stopping(denied) == set()


def settled(filed: Filed, action: str, **facts: Any) -> set[str]:
    step = replace(filed, step="settle", state="reported", step_answers={"action": action})
    return stopping(step.with_known(**facts))


def test_a_report_is_never_refused_for_what_is_missing_and_settled_only_when_it_was_acted_on() -> None:
    """USR-02, ISA-19: a change of ownership is declared anew before its report is settled."""
    filed = changes.CLEAN(RANDOM).with_answers(kind=["ownership"], facility=FACILITY[USA], clearance=None)
    filed = replace(filed, known=known(USA))
    assert stopping(replace(filed, step="report", state="draft")) == set()
    assert settled(filed, "record_corrected") == {"not_acted_on"}
    declared = dossier_known("OWN-2026-0001", "ownership", "draft", data={"change_date": str(NOW.date())})
    assert settled(filed, "new_declaration", related={"ownership": [declared]}) == set()


def test_safeguarding_that_is_gone_is_withdrawn_first() -> None:
    """ISA-13, USR-02."""
    lost = changes.CLEAN(RANDOM).with_answers(kind=["inability_to_safeguard"], facility=FACILITY[USA], clearance=None)
    lost = replace(lost, known=known(USA))
    assert settled(lost, "none") == {"safeguarding_still_there"}
    bare = {FACILITY[USA]: facility(USA, safeguarding="")}
    assert settled(lost, "safeguarding_withdrawn", facilities=bare) == set()


def test_a_change_that_is_not_there_yet_is_not_reported() -> None:
    later = str((NOW + timedelta(days=2)).date())
    assert "happened_in_future" in stopping(changes.CLEAN(RANDOM).with_answers(happened_on=later))
    assert changed_condition.PROCEDURE.step("report").final_check
