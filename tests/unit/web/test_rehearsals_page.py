"""The working group's page of rehearsals: what can be rehearsed, how, and what rehearsals of drafts showed."""

from __future__ import annotations

import pytest

from relto.rehearsal.scenario_reading import read_scenario, shipped, shipped_file
from relto.services.alignment import rehearsed
from relto.store.models import AlignmentStatement
from tests.support.houses import START
from tests.unit.web.portal import Portal

ABOUT = "ale_" + "a" * 24
COURSE = {"steps": 21, "refused": 3, "errors": 1, "undone": 0}
TOLD = {
    "about": ABOUT,
    "draft": "d" * 64,
    "report": "f" * 64,
    "scenario": "lost_courier",
    "in_force": COURSE,
    "proposed": {**COURSE, "refused": 5},
    "differences": {"permitted": 0, "refused": 2, "delayed": 7},
}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Rehearsals", "A courier is lost", "lost courier", "Nobody has attached", "relto rehearse")),
        ("hi", ("पूर्वाभ्यास", "संदेशवाहक खो गया", "किसी ने प्रस्ताव से")),
    ],
)
def test_every_shipped_scenario_stands_with_what_it_trains(
    portal: Portal, language: str, words: tuple[str, ...]
) -> None:
    page = portal.as_person("co_chair").get(f"/{language}/rehearsals/").content.decode()
    assert [word for word in words if word not in page] == []
    for code in shipped():
        one = read_scenario(shipped_file(code))
        assert one.trains[language].replace("'", "&#x27;") in page


def test_a_rehearsal_that_was_told_of_stands_with_its_differences(portal: Portal) -> None:
    AlignmentStatement.objects.create(
        statement="1" * 64,
        entry="ale_" + "b" * 24,
        kind="rehearsed",
        nation="IND",
        number=1,
        about=ABOUT,
        body=TOLD,
        envelope=b"{}",
        at=START,
        taken_at=START,
        ledger_entry="ent_" + "a" * 24,
    )
    page = portal.as_person("inspector").get("/en/rehearsals/").content.decode()
    assert "delayed: 7" in page
    assert f"/en/alignment/{ABOUT}/" in page
    assert "Nobody has attached" not in page


@pytest.mark.parametrize("who", ["engineer", "security_officer"])
def test_a_company_sees_nothing_of_it(portal: Portal, who: str) -> None:
    assert portal.as_person(who).get("/en/rehearsals/").status_code in (403, 404)


def test_the_short_list_says_what_the_scenarios_say(portal: Portal) -> None:
    actor = portal.node.actor("co_chair")
    for one in rehearsed.scenarios(portal.node.house, actor):
        whole = read_scenario(shipped_file(one.code))
        assert (one.steps, one.days) == (len(whole.course), whole.days)
        assert one.injects == tuple(step.inject for step in whole.injects)
