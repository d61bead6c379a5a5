"""Dossiers at the terminal: answers from a file or one by one, findings with where, what, how to mend and the rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from relto.base.errors import MalformedInput, NotAvailable, Refused
from relto.cli.dossier_values import answers_from
from relto.cli.output import fail
from relto.client.answers import DossierForm, read_answer
from tests.support.survey import register_survey
from tests.unit.api.test_dossiers import ANSWERS
from tests.unit.cli.desk import Desk


@pytest.fixture(autouse=True)
def survey(monkeypatch: pytest.MonkeyPatch) -> None:
    register_survey(monkeypatch)


def test_a_dossier_from_the_first_answers_to_the_second_signature(desk: Desk, tmp_path: Path) -> None:
    officer = "security_officer"
    assert "survey" in desk.types(officer, "dossier", "procedures")
    form = desk.types(officer, "dossier", "form", "survey")
    assert "surveyors/0/person" in form
    assert "(kind=repeated)" in form
    assert "seen" in desk.types(officer, "dossier", "form", "survey", "--step", "sign")
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({**ANSWERS, "last_day": "2027-01-01"}))
    checked = desk.types(officer, "dossier", "check", "survey", "--file", str(file), "--set", "country=FRA")
    assert "Mend: Last day (last_day): The last day is before 2027-01-11, the first one. [survey.days]" in checked
    assert "-> Write a later last day." in checked
    assert "Look: Country of the equipment (country)" in checked
    assert "IND GAP-IND-disclosure: Who may authorise release abroad (No rule loaded)" in checked
    made = desk.asks(officer, "dossier", "begin", "survey", "--file", str(file))
    number = made["number"]
    with pytest.raises(Refused) as refused:
        desk.types(officer, "dossier", "take", number, "submit")
    assert [one["place"] for one in refused.value.findings] == ["Last day"]
    desk.types(officer, "dossier", "write", number, "--set", "last_day=2027-01-15", "--set", "surveyors/0/leads=yes")
    shown = desk.types(officer, "dossier", "show", number)
    assert "surveyors/0/leads: yes" in shown
    assert "last_day: 2027-01-15" in shown
    assert "You may: write, Send to the own authority (submit)" in shown
    assert "Nothing was found" in desk.types(officer, "dossier", "check", number, "--step", "submit")
    assert "with the own authority" in desk.types(officer, "dossier", "take", number, "submit")
    assert "Sign and send on" not in desk.types("release_officer", "dossier", "queue")
    assert f"{number}  Survey" in desk.types("release_officer", "dossier", "queue")
    signed = desk.types("release_officer", "dossier", "take", number, "sign", "--set", "seen=yes")
    assert "Signed; a different person signs next." in signed
    assert "with the partner" in desk.types("registrar", "dossier", "take", number, "sign")
    assert "Waiting on the partner's side" in desk.types(officer, "dossier", "queue")
    (listed,) = desk.asks(officer, "dossier", "list", "--procedure", "survey", "--open")
    assert listed["state"] == "asked"
    assert desk.types("engineer", "dossier", "queue") == "Nothing waits for you.\n"


def test_what_is_refused_is_told_with_each_finding(desk: Desk) -> None:
    with pytest.raises(MalformedInput) as unread:
        desk.types("security_officer", "dossier", "begin", "survey", "--set", "first_day=soon")
    runner = CliRunner()
    with runner.isolation() as (_, error, _):
        assert fail(unread.value, as_json=False, in_language="en") == 2
        said = error.getvalue().decode()
        assert fail(unread.value, as_json=True, in_language="en") == 2
        told = json.loads(error.getvalue().decode().removeprefix(said))
    assert "Mend: First day (first_day): This cannot be read as what it should be. [form.shape]" in said
    assert told["findings"][0]["path"] == "first_day"
    with pytest.raises(NotAvailable):
        desk.types("security_officer", "dossier", "show", "SUR-1999-0001")
    with pytest.raises(Refused):
        desk.types("engineer", "dossier", "begin", "survey", "--set", "kind=single")


@pytest.mark.parametrize(
    "text", ["colour=red", "kind", "surveyors=1", "surveyors/x/person=p", "surveyors/500/person=p"]
)
def test_what_a_form_does_not_have_is_named(text: str) -> None:
    form = {
        "code": "survey",
        "version": 1,
        "title": "Survey",
        "sections": {},
        "based_on": [],
        "fields": [_field("kind", "choice"), _field("surveyors", "rows", [_field("person", "code")])],
    }
    with pytest.raises(MalformedInput):
        answers_from(read_answer(DossierForm, form), None, [text])


def test_values_are_read_by_the_kind_of_their_field() -> None:
    fields = [_field("times", "number"), _field("escorted", "yes_no"), _field("subjects", "choices")]
    fields.append(_field("surveyors", "rows", [_field("person", "code")]))
    form = {"code": "s", "version": 1, "title": "S", "sections": {}, "based_on": [], "fields": fields}
    given = ["times=3", "escorted=no", "subjects=hull, sonar", "surveyors/1/person=prs_x"]
    assert answers_from(read_answer(DossierForm, form), None, given) == {
        "times": 3,
        "escorted": False,
        "subjects": ["hull", "sonar"],
        "surveyors": [{}, {"person": "prs_x"}],
    }


def _field(code: str, kind: str, fields: list[dict[str, object]] | None = None) -> dict[str, object]:
    return {
        "code": code,
        "kind": kind,
        "section": "",
        "label": code,
        "hint": "",
        "required": False,
        "personal": False,
        "shared": False,
        "names": "",
        "longest": 0,
        "least": None,
        "most": None,
        "choices": {},
        "when_field": "",
        "when_values": [],
        "fields": fields or [],
    }


def test_the_node_speaks_the_language_of_the_command(desk: Desk) -> None:
    with pytest.raises(MalformedInput) as unread:
        desk.types("security_officer", "--language", "hi", "dossier", "begin", "survey", "--set", "first_day=soon")
    assert "यह अपेक्षित रूप में पढ़ा नहीं जा सकता।" in {one["sentence"] for one in unread.value.findings}
