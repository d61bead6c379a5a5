"""Two rehearsals on two real nodes, scripted, one after the other with one cast; then nothing of them is left."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relto.cli.rehearsal_stage import stage_on
from relto.node.rehearsal_ground import RehearsalGrounds
from relto.rehearsal.after_action import IN_FORCE, report, report_file
from relto.rehearsal.exercise import Exercise, Performance, Taken
from relto.rehearsal.scenario import Scenario
from relto.rehearsal.scenario_reading import read_scenario, shipped_file

pytestmark = pytest.mark.story
CODES = ("compromised_facility", "emergency_visit")


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    """Both, each with the parts of both, so that one cast plays them."""
    every = [read_scenario(shipped_file(code)) for code in CODES]
    parts = sorted({part for one in every for part in one.parts}, key=str)
    return [replace(one, parts=tuple(parts)) for one in every]


@pytest.fixture(scope="module")
def performed(
    scenarios: list[Scenario], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Performance], list[Taken]]:
    """Both courses on one pair of nodes, whose processes and folder are gone afterwards."""
    folder, told = tmp_path_factory.mktemp("rehearsal") / "nodes", list[Taken]()
    grounds = RehearsalGrounds(folder)
    done: list[Performance] = []
    try:
        with grounds.running() as ground:
            stage, troupe = stage_on(ground), None
            for scenario in scenarios:
                exercise = Exercise(scenario, stage, seed=3, tell=told.append, troupe=troupe)
                troupe = exercise.troupe
                done.append(exercise.perform())
            exercise.close()
    finally:
        grounds.remove()
    return folder, done, told


def test_every_step_comes_out_as_its_scenario_says(performed: tuple[Path, list[Performance], list[Taken]]) -> None:
    _, done, told = performed
    assert [(one.step.id, one.outcome, one.code) for one in told if not one.as_expected] == []
    assert [len(one.taken) for one in done] == [16, 9]
    assert sum(len(one.taken) for one in done) == len(told)


def test_each_has_its_report_with_times_refusals_and_what_waits(
    performed: tuple[Path, list[Performance], list[Taken]], scenarios: list[Scenario]
) -> None:
    _, done, _ = performed
    reports = [
        report(scenario, {IN_FORCE: one}, made=datetime.now(UTC), seed=3)
        for scenario, one in zip(scenarios, done, strict=True)
    ]
    facility, visit = (one["runs"][IN_FORCE] for one in reports)
    (break_in,) = facility["injects"]
    assert (break_in["code"], break_in["mended"], break_in["hours"]) == ("compromised_facility", True, 48)
    refused = next(one for one in facility["steps"] if one["id"] == "open_suspended")
    assert "R05-facility-assurance-valid" in refused["rules"]
    assert refused["reference"].startswith("dec_")
    assert {one["what"] for one in visit["waiting"]} == {"visit"}
    assert all(one["ms"] > 0 for one in (*facility["steps"], *visit["steps"]))
    for one in reports:
        text = report_file(one).decode()
        assert "prs_" not in text, "roles, never people"
        assert "Training" not in text


def test_the_exercise_clock_passed_days_in_minutes(performed: tuple[Path, list[Performance], list[Taken]]) -> None:
    _, done, _ = performed
    first, last = done[0].taken[0].at, done[0].taken[-1].at
    assert (last - first).days >= 2


def test_no_process_and_no_folder_is_left(performed: tuple[Path, list[Performance], list[Taken]]) -> None:
    folder, _, _ = performed
    assert not folder.exists()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in listed
