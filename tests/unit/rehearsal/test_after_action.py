"""The after-action report: what an inject set off, what nobody did, what differs under a draft; and nobody's name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pypdf
import pytest

from relto.adapters.rehearsal_pdf import after_action_pdf
from relto.alignment.rehearsals import Course, Differences, rehearsed_from
from relto.base.canonical import sha256_hex
from relto.exchange.schemas import check
from relto.rehearsal.after_action import IN_FORCE, PROPOSED, differences, report, report_file
from relto.rehearsal.exercise import Performance, Taken, Waiting
from relto.rehearsal.scenario import CourseStep, Scenario
from relto.rehearsal.scenario_reading import read_scenario, shipped_file

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
ABOUT = "ale_" + "a" * 24
DRAFT = "d" * 64


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario(shipped_file("change_of_law"))


def performed(scenario: Scenario, **outcomes: str) -> Performance:
    """The course as its scenario says it goes, but for these steps."""
    taken = [_taken(step, outcomes.get(step.id, step.expect)) for step in scenario.course]
    return Performance(1200, taken, bundle=(2, "b" * 64))


def _taken(step: CourseStep, outcome: str) -> Taken:
    rules = ("R06-facility-status-fresh",) if outcome == "refused" else ()
    return Taken(step, START + timedelta(hours=step.hour), outcome, 300, rules, entry="ent_" + "a" * 24)


def made(scenario: Scenario, *performances: Performance, **changes: Any) -> dict[str, Any]:
    named = dict(zip((IN_FORCE, PROPOSED), performances, strict=False))
    given: dict[str, Any] = {"made": START, "seed": 7, "draft": DRAFT if len(performances) > 1 else "", **changes}
    return report(scenario, named, **given)


def test_an_inject_tells_what_it_set_off_and_after_how_long_it_was_mended(scenario: Scenario) -> None:
    told = made(scenario, performed(scenario))
    (inject,) = told["runs"][IN_FORCE]["injects"]
    assert (inject["code"], inject["set_off"], inject["mended"]) == ("change_of_law", ["open_stale"], True)
    assert inject["answered_by"] == ["renew_ind", "renew_usa", "open_fresh"]
    assert told["counts"][IN_FORCE] == {"steps": 11, "refused": 1, "errors": 0, "undone": 0}
    assert {one["side"] for one in told["runs"][IN_FORCE]["sides"]} == {"USA", "IND"}


def test_what_stays_closed_is_not_mended_and_counts_as_an_error(scenario: Scenario) -> None:
    told = made(scenario, performed(scenario, open_fresh="refused"))
    (inject,) = told["runs"][IN_FORCE]["injects"]
    assert (inject["mended"], inject["hours"]) == (False, 0)
    assert told["counts"][IN_FORCE]["errors"] == 1


def test_a_refusal_for_another_rule_than_the_scenario_names_is_an_error(scenario: Scenario) -> None:
    performance = performed(scenario)
    stale = next(one for one in performance.taken if one.step.id == "open_stale")
    stale.rules = ("R12-programme-member",)
    assert made(scenario, performance)["counts"][IN_FORCE]["errors"] == 1


def test_what_nobody_did_is_said(scenario: Scenario) -> None:
    performance = performed(scenario)
    performance.taken[-1].undone = True
    performance.waiting = [Waiting("IND.registrar", "visit", "forwarded", 30, overdue=True)]
    told = made(scenario, performance, mode="portal")
    assert told["counts"][IN_FORCE]["undone"] == 1
    (waits,) = told["runs"][IN_FORCE]["waiting"]
    assert (waits["who"], waits["hours"], waits["overdue"]) == ("IND.registrar", 30, True)


def test_a_draft_permits_refuses_or_delays(scenario: Scenario) -> None:
    in_force = performed(scenario)
    assert differences(in_force, performed(scenario)) == []
    found = differences(in_force, performed(scenario, open_stale="done", decide="refused", open_midday="refused"))
    assert [(one["step"], one["kind"]) for one in found] == [
        ("decide", "refused"),
        ("open_midday", "delayed"),
        ("open_stale", "permitted"),
    ]
    counts = made(scenario, in_force, performed(scenario, open_midday="refused"))["counts"]
    assert counts["differences"] == {"permitted": 0, "refused": 0, "delayed": 1}


def test_the_report_is_what_is_attached_to_the_proposal(scenario: Scenario) -> None:
    told = made(scenario, performed(scenario), performed(scenario, decide="refused"))
    file = report_file(told)
    assert json.loads(file) == told
    said = rehearsed_from(ABOUT, file)
    assert (said.report, said.draft, said.scenario) == (sha256_hex(file), DRAFT, "change_of_law")
    assert (said.in_force, said.differences) == (Course(11, 1, 0, 0), Differences(0, 1, 0))
    check("alignment-rehearsed", said.body())


@pytest.mark.parametrize("language", ["en", "hi", "both"])
def test_the_paper_is_marked_for_training_and_carries_the_report(scenario: Scenario, language: str) -> None:
    performance = performed(scenario)
    performance.taken[-1].undone = True
    performance.waiting = [Waiting("IND.security_officer@peacock", "visit", "forwarded", 30, overdue=False)]
    told = made(scenario, performance, performed(scenario, decide="refused"))
    digest = sha256_hex(report_file(told))
    path = after_action_pdf(told, digest, language)
    document = pypdf.PdfReader(BytesIO(path))
    pages = [" ".join(page.extract_text().split()) for page in document.pages]
    marking = {"hi": "चिह्न"}.get(language, "MARKINGS ARE FOR TRAINING PURPOSES ONLY")
    assert all(marking in page for page in pages)
    assert digest[:8] in " ".join(pages)
    (attached,) = document.attachments["change_of_law.json"]
    assert json.loads(attached) == told
    if language == "en":
        assert "What nobody did" in " ".join(pages)
        assert "R06-facility-status-fresh" in "".join(pages).replace(" ", "")
