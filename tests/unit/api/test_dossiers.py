"""Dossiers over the API: procedures with their words, findings with what they rest on, steps that two sign."""

from __future__ import annotations

from typing import Any

import pytest

from relto.store.models import Dossier
from tests.support.survey import register_survey
from tests.unit.api.door import Door

ANSWERS: dict[str, Any] = {
    "kind": "single",
    "partner": "IND",
    "purpose": "Measure the hull",
    "first_day": "2027-01-11",
    "last_day": "2027-01-15",
    "facility": "IND-F007",
    "escorted": False,
    "surveyors": [{"person": "prs_" + "s" * 24, "name": "A. Surveyor"}],
}


@pytest.fixture(autouse=True)
def survey(monkeypatch: pytest.MonkeyPatch) -> None:
    register_survey(monkeypatch)


def begun(door: Door, **changes: Any) -> dict[str, Any]:
    body = {"procedure": "survey", "answers": {**ANSWERS, **changes}}
    made: dict[str, Any] = door.call("security_officer", "POST", "/dossiers", body).json
    return made


def test_a_procedure_is_told_with_its_form_and_who_takes_its_steps(door: Door) -> None:
    listed = door.call("engineer", "GET", "/procedures").json
    (mine,) = [one for one in listed if one["code"] == "survey"]
    assert (mine["title"], mine["may_begin"], mine["reach"]) == ("Survey", False, "between")
    whole = door.call("security_officer", "GET", "/procedures/survey", language="hi").json
    assert whole["title"] == "सर्वेक्षण"
    fields = {one["code"]: one for one in whole["form"]["fields"]}
    assert fields["times"]["when_field"] == "kind"
    assert fields["times"]["when_values"] == ["repeated"]
    assert fields["kind"]["choices"] == {"single": "एक बार", "repeated": "कई बार"}
    assert [one["code"] for one in fields["surveyors"]["fields"]] == ["person", "name", "leads", "phone"]
    sign = next(one for one in whole["steps"] if one["code"] == "sign")
    assert (sign["persons"], sign["roles"]) == (2, ["registrar", "release_officer"])
    assert [one["code"] for one in sign["form"]["fields"]] == ["seen", "note"]
    assert door.call("engineer", "GET", "/procedures/nothing").status == 404


def test_a_check_keeps_nothing_and_tells_each_finding_with_what_it_rests_on(door: Door) -> None:
    body = {"procedure": "survey", "answers": {**ANSWERS, "last_day": "2027-01-01", "country": "FRA"}}
    found = door.call("security_officer", "POST", "/dossiers/check", body)
    assert found.status == 200
    assert found.json["stops"] == 1
    days, country = found.json["findings"]
    assert (days["path"], days["place"], days["stops"]) == ("last_day", "Last day", True)
    assert days["sentence"] == "The last day is before 2027-01-11, the first one."
    assert days["fix"] == "Write a later last day."
    assert (country["kind"], country["stops"]) == ("gap", False)
    (rule,) = country["provisions"]
    assert (rule["id"], rule["is_gap"], rule["confirmed"]) == ("GAP-IND-disclosure", True, False)
    hindi = door.call("security_officer", "POST", "/dossiers/check", body, language="hi")
    assert hindi.json["findings"][0]["fix"] == "बाद का अन्तिम दिन लिखें।"
    assert not Dossier.objects.exists()


def test_a_refusal_tells_every_finding(door: Door) -> None:
    unread = door.call(
        "security_officer",
        "POST",
        "/dossiers",
        {"procedure": "survey", "answers": {**ANSWERS, "first_day": "soon", "colour": "red"}},
    )
    assert (unread.status, unread.json["code"]) == (400, "malformed.answers")
    assert {one["path"] for one in unread.json["findings"]} == {"first_day", "colour"}
    made = begun(door, last_day="2027-01-01")
    stopped = door.call("security_officer", "POST", f"/dossiers/{made['id']}/steps/submit", {})
    assert (stopped.status, stopped.json["code"]) == (403, "refused.form")
    assert [one["place"] for one in stopped.json["findings"]] == ["Last day"]
    assert stopped.json["field"] == "last_day"
    findings = door.call("security_officer", "GET", f"/dossiers/{made['id']}/findings?step=submit").json
    assert findings["stops"] == 1


def test_a_dossier_is_begun_written_sent_and_signed_by_two(door: Door) -> None:
    made = begun(door, purpose="First words")
    assert made["number"].startswith("SUR-")
    assert made["state_words"] == "being written"
    body = {"answers": ANSWERS}
    assert door.call("security_officer", "PUT", f"/dossiers/{made['number']}", body).status == 200
    whole = door.call("security_officer", "GET", f"/dossiers/{made['number']}").json
    assert whole["answers"]["purpose"] == "Measure the hull"
    assert whole["may_take"] == {"submit": "Send to the own authority"}
    assert whole["may_write"] is True
    assert door.call("release_officer", "GET", "/queue").json == []
    assert door.call("security_officer", "POST", f"/dossiers/{made['id']}/steps/submit", {}).status == 200
    (waiting,) = door.call("release_officer", "GET", "/queue?procedure=survey").json
    assert waiting["steps"] == {"sign": "Sign and send on"}
    assert (waiting["where"], waiting["to_sign"]) == ("here", [])
    sign = f"/dossiers/{made['id']}/steps/sign"
    first = door.call("release_officer", "POST", sign, {"answers": {"seen": True}})
    assert first.status == 200
    assert first.json["state"] == "submitted"
    assert len(first.json["signed_by"]["sign"]) == 1
    again = door.call("release_officer", "POST", sign, {"answers": {"seen": True}})
    assert (again.status, again.json["code"]) == (409, "conflict.signed")
    second = door.call("registrar", "POST", sign, {})
    assert second.status == 200, second.json
    assert second.json["state"] == "asked"
    assert second.json["steps"][-1]["answers"] == {"seen": True}
    (away,) = door.call("release_officer", "GET", "/queue").json
    assert (away["where"], away["dossier"]["waits_on"]) == ("partner", ["partner"])
    listed = door.call("security_officer", "GET", "/dossiers?procedure=survey&state=asked").json
    assert [one["number"] for one in listed] == [made["number"]]


def test_scope_and_bounds(door: Door) -> None:
    made = begun(door)
    unknown = door.call("engineer", "GET", "/dossiers/dos_" + "b" * 24)
    assert (unknown.status, unknown.json["code"]) == (404, "not_available.dossier")
    operator = door.call("operator", "GET", f"/dossiers/{made['id']}")
    assert (operator.status, operator.json) == (unknown.status, unknown.json)
    many = {"procedure": "survey", "answers": {f"f{number}": 1 for number in range(500)}}
    assert door.call("security_officer", "POST", "/dossiers", many).status in {400, 413}
    assert door.call("security_officer", "POST", "/dossiers/check", {"procedure": "no"}).status == 422
    reason = {"reason": "x" * 3000}
    assert door.call("security_officer", "POST", f"/dossiers/{made['id']}/steps/submit", reason).status == 413
