"""Two rehearsals on two real nodes, one after the other with one cast: one with role players in the portal and at their
own clients, one scripted; then nothing of them is left.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from relto.adapters.http_addresses import LOOPBACK
from relto.cli.rehearsal_stage import stage_on
from relto.node.rehearsal_ground import RehearsalGrounds
from relto.rehearsal.acts import ACTS
from relto.rehearsal.after_action import IN_FORCE, report, report_file
from relto.rehearsal.exercise import Exercise, Performance, RolePlayers, Taken
from relto.rehearsal.scenario import CourseStep, Scenario
from relto.rehearsal.scenario_reading import read_scenario, shipped_file

pytestmark = pytest.mark.story
CODES = ("compromised_facility", "emergency_visit")
NOBODY = "renew_usa"  # a step that its role player leaves undone
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class ThisMachine(httpx.HTTPTransport):
    """Reaches `.localhost` names here, as a browser does; the request keeps its name, and so do its cookies."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place = request.url.copy_with(host=LOOPBACK)
        reached = httpx.Request(
            request.method, place, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return super().handle_request(reached)


class Players:
    """Role players: one reinstates in the portal, by the link that was printed; one sleeps; the others use clients."""

    def __init__(self, *, play: bool) -> None:
        self.exercise: Exercise | None = None
        self.asked: list[str] = []
        self.playing = RolePlayers(self.ask, minutes=0.25) if play else None

    def ask(self, step: CourseStep, address: str) -> None:
        self.asked.append(step.id)
        exercise = self.exercise
        assert exercise is not None
        assert exercise.room is not None
        assert step.who is not None
        if step.id == "reinstate":
            reinstated_in_portal(address, exercise.troupe.companies["peacock"].facility)
        elif step.id != NOBODY:
            own = replace(exercise.room, dossiers=dict(exercise.room.dossiers), cases=dict(exercise.room.cases))
            ACTS[step.act].do(own, exercise.troupe[step.who], step.given)


def reinstated_in_portal(address: str, facility: str) -> None:
    """What a registrar does in her browser: sign in by the link, open the facility's page, reinstate it."""
    with httpx.Client(transport=ThisMachine(), follow_redirects=True, timeout=60) as browser:
        assert posted(browser, address, {}).status_code == 200
        place = f"{address.partition('/sign-in/')[0]}/en/people/facility/{facility}/"
        done = posted(browser, place, {"reason": "the room is guarded again", "does": "reinstate"})
        assert "entry=" in str(done.url)


def posted(browser: httpx.Client, place: str, form: dict[str, str]) -> httpx.Response:
    """A page's form, sent as a browser sends it."""
    token = TOKEN.search(browser.get(place).text)
    assert token is not None
    origin = "/".join(place.split("/")[:3])
    return browser.post(
        place, data={**form, "csrfmiddlewaretoken": token[1]}, headers={"Referer": place, "Origin": origin}
    )


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
                players = Players(play=scenario.code == CODES[0])
                exercise = Exercise(scenario, stage, seed=3, tell=told.append, players=players.playing, troupe=troupe)
                players.exercise, troupe = exercise, exercise.troupe
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


def test_role_players_take_their_own_steps_and_what_nobody_does_is_said(
    performed: tuple[Path, list[Performance], list[Taken]],
) -> None:
    with_people, scripted = performed[1]
    asked = [one for one in with_people.taken if one.played or one.undone]
    assert {one.step.id for one in asked if one.played} >= {
        "report",
        "tell",
        "heard",
        "inquire",
        "reinstate",
        "open_again",
    }
    assert [one.step.id for one in asked if one.undone] == [NOBODY]
    assert not [one for one in scripted.taken if one.played or one.undone]


def test_each_has_its_report_with_times_refusals_and_what_waits(
    performed: tuple[Path, list[Performance], list[Taken]], scenarios: list[Scenario]
) -> None:
    _, done, _ = performed
    reports = [
        report(scenario, {IN_FORCE: one}, made=datetime.now(UTC), seed=3, mode="portal")
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
