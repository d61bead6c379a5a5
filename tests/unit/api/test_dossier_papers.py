"""Files of dossiers over the API: taken away, filled in elsewhere, taken over, and the shape of a form."""

from __future__ import annotations

import json

import pytest

from relto.client.dossier_files import verify_dossier_file
from tests.support.survey import register_survey
from tests.unit.api.door import Door
from tests.unit.api.test_dossiers import ANSWERS, begun


@pytest.fixture(autouse=True)
def survey(monkeypatch: pytest.MonkeyPatch) -> None:
    register_survey(monkeypatch)


def test_a_dossier_is_taken_away_as_signed_data_by_who_may_see_it(door: Door) -> None:
    number = begun(door)["number"]
    answer = door.call("security_officer", "GET", f"/dossiers/{number}/export")
    assert answer.status == 200
    found = verify_dossier_file(answer.content, node_keys=[door.node.house.node_key.public])
    assert found.record["number"] == number
    assert door.call("operator", "GET", f"/dossiers/{number}/export").status == 404
    assert door.call("security_officer", "GET", f"/dossiers/{number}/papers/no_such_paper").status == 404


def test_a_form_filled_elsewhere_begins_a_dossier_or_says_why_not(door: Door) -> None:
    schema = door.call("security_officer", "GET", "/procedures/survey/schema").json["json_schema"]
    assert set(schema["required"]) <= set(ANSWERS)
    made = door.call("security_officer", "POST", "/dossiers/imports", {"procedure": "survey", "answers": ANSWERS}).json
    assert made["dossier"]["state"]
    wrong = {"procedure": "survey", "answers": {**ANSWERS, "first_day": "soon"}}
    refused = door.call("security_officer", "POST", "/dossiers/imports", wrong).json
    assert refused["dossier"] is None
    assert refused["stops"] >= 1


def test_a_calendar_and_notices_are_asked_for_and_ended(door: Door) -> None:
    url = door.call("security_officer", "POST", "/calendar-feed", {}).json["url"]
    assert url.endswith(".ics")
    assert json.dumps(door.call("security_officer", "DELETE", "/calendar-feed").json) == '{"told": false}'
    assert door.call("security_officer", "DELETE", "/calendar-feed").status == 404
    assert door.call("security_officer", "PUT", "/mail-notices", {"address": "fso@company.example"}).json["told"]
    assert not door.call("security_officer", "DELETE", "/mail-notices").json["told"]
    assert door.call("security_officer", "PUT", "/mail-notices", {"address": "no address"}).status == 400
