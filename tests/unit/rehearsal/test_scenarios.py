"""Scenario files: what ships is whole; whatever is wrong with a file is refused by its field, before anything runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relto.base.errors import MalformedInput, NotAvailable, TooLarge
from relto.rehearsal.acts import ACTS
from relto.rehearsal.scenario import AT_AUTHORITY, AT_COMPANY, INJECTS
from relto.rehearsal.scenario_reading import read_part, read_scenario, shipped, shipped_file
from relto.rehearsal.yaml_reading import LARGEST_BYTES, MOST_VALUES, read_yaml

WORDS = {"en": "A title", "hi": "शीर्षक"}


def scenario(*course: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A small scenario: a document is sealed, its release asked for and decided."""
    steps = [
        {"id": "seal", "day": 0, "who": "USA.engineer", "do": "seal", "with": {"as": "report", "level": "SECRET"}},
        {
            "id": "ask",
            "who": "USA.security_officer",
            "do": "ask",
            "with": {"as": "release", "item": "report", "to": "peacock", "readers": ["IND.engineer"]},
        },
        *course,
    ]
    companies = [
        {"name": "eagle", "nation": "USA", "level": "SECRET"},
        {"name": "peacock", "nation": "IND", "level": "SECRET"},
    ]
    told = {"scenario": "small", "version": 1, "title": WORDS, "trains": WORDS, "cast": {"companies": companies}}
    return {**told, "course": steps, **changes}


def written(told: Any) -> bytes:
    """JSON is YAML too."""
    return json.dumps(told, ensure_ascii=False).encode()


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(MalformedInput) as refused:
        read_scenario(data)
    return refused.value.full_code, str(refused.value.field)


def test_at_least_eight_scenarios_ship_and_every_inject_is_in_one() -> None:
    every = [read_scenario(shipped_file(code)) for code in shipped()]
    assert len(every) >= 8
    assert [one.code for one in every] == list(shipped())
    assert {inject.inject for one in every for inject in one.injects} == set(INJECTS)
    for one in every:
        assert one.injects, "a scenario in which nothing goes wrong trains nobody"
        assert set(one.title) == set(one.trains) == {"en", "hi"}
        assert all(set(inject.says) == {"en", "hi"} for inject in one.injects)
        assert any(step.expect != "done" for step in one.course)


def test_the_acts_of_the_schema_are_those_that_can_be_carried_out() -> None:
    used = {step.act for code in shipped() for step in read_scenario(shipped_file(code)).course if step.who}
    assert used <= set(ACTS)
    with pytest.raises(NotAvailable):
        shipped_file("no_such_scenario")


def test_a_small_scenario_is_read_as_it_says() -> None:
    step = {"id": "open", "day": 2, "hour": 6, "who": "IND.engineer@peacock", "do": "open", "with": {"case": "release"}}
    found = read_scenario(written(scenario(step)))
    assert (found.course[-1].hour, str(found.course[-1].who), found.days) == (54, "IND.engineer@peacock", 2)
    assert [str(part) for part in found.parts] == [
        "IND.engineer",
        "IND.engineer@peacock",
        "USA.engineer",
        "USA.security_officer",
    ]


@pytest.mark.parametrize("part", sorted({*AT_COMPANY, *AT_AUTHORITY}))
def test_every_part_can_be_named(part: str) -> None:
    assert str(read_part(f"IND.{part}", "who")) == f"IND.{part}"


TOP = {
    "scenario": "Small Scenario",
    "version": 2,
    "title": {"en": "no Hindi"},
    "trains": "",
    "cast": {},
    "course": [],
}


@pytest.mark.parametrize("field", sorted(TOP))
def test_every_member_of_the_file_is_checked(field: str) -> None:
    code, where = refusal(written(scenario(**{field: TOP[field]})))
    assert code == "malformed.scenario"
    assert where.split(".")[0] == field
    missing = scenario()
    del missing[field]
    assert refusal(written(missing))[0] == "malformed.scenario"


def test_an_unknown_member_is_refused_wherever_it_stands() -> None:
    assert refusal(written(scenario(colour="blue")))[0] == "malformed.scenario"
    for step in (
        {"id": "x", "do": "wait", "colour": "blue"},
        {"id": "x", "who": "USA.registrar", "do": "renew", "with": {"colour": "blue"}},
    ):
        assert refusal(written(scenario(step)))[1].startswith("course.2")


COMPANY = {"name": "tiger", "nation": "IND", "level": "SECRET"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Tiger"},
        {"nation": "FRA"},
        {"level": "secret"},
        {"listed": "yes"},
        {"vouched": 1},
    ],
)
def test_every_member_of_a_company_is_checked(changes: dict[str, Any]) -> None:
    told = scenario()
    told["cast"]["companies"].append({**COMPANY, **changes})
    code, field = refusal(written(told))
    assert (code, field) == ("malformed.scenario", f"cast.companies.2.{next(iter(changes))}")


def test_names_of_companies_are_different_and_each_nation_has_one() -> None:
    for companies in (
        [{**COMPANY, "nation": "USA"}, {**COMPANY, "nation": "IND"}],
        [COMPANY, {**COMPANY, "name": "lion"}],
    ):
        told = scenario(cast={"companies": companies})
        assert refusal(written(told)) == ("malformed.scenario.companies", "cast.companies")


STEP: dict[str, Any] = {"id": "open", "day": 1, "who": "IND.engineer", "do": "open", "with": {"case": "release"}}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"id": "Open It"}, "malformed.scenario", "course.2.id"),
        ({"id": "seal"}, "malformed.scenario.id", "course.2.id"),
        ({"day": -1}, "malformed.scenario", "course.2.day"),
        ({"day": 361}, "malformed.scenario", "course.2.day"),
        ({"day": "1"}, "malformed.scenario", "course.2.day"),
        ({"day": 1, "hour": 24}, "malformed.scenario", "course.2.hour"),
        ({"day": None}, "malformed.scenario", "course.2.day"),
        ({"who": "IND"}, "malformed.scenario", "course.2.who"),
        ({"who": "FRA.engineer"}, "malformed.scenario", "course.2.who"),
        ({"who": "IND.gardener"}, "malformed.scenario.part", "course.2.who"),
        ({"who": "IND.registrar@peacock"}, "malformed.scenario.part", "course.2.who"),
        ({"who": "IND.engineer@eagle"}, "malformed.scenario.company", "course.2"),
        ({"who": "control"}, "malformed.scenario.who", "course.2.who"),
        ({"do": "juggle"}, "malformed.scenario", "course.2.do"),
        ({"with": {}}, "malformed.scenario", "course.2.with"),
        ({"with": {"case": "another"}}, "malformed.scenario.name", "course.2.with.case"),
        ({"expect": "applause"}, "malformed.scenario", "course.2.expect"),
        ({"rule": "R06"}, "malformed.scenario.rule", "course.2.rule"),
        ({"rule": "", "expect": "refused"}, "malformed.scenario", "course.2.rule"),
        ({"inject": "meteorite", "mended_by": "end"}, "malformed.scenario", "course.2.inject"),
        ({"inject": "link_down"}, "malformed.scenario.mended_by", "course.2.mended_by"),
        ({"inject": "link_down", "mended_by": "seal"}, "malformed.scenario.mended_by", "course.2.mended_by"),
        ({"mended_by": "end"}, "malformed.scenario.mended_by", "course.2.mended_by"),
        ({"says": {"en": "no Hindi"}}, "malformed.scenario", "course.2.says"),
    ],
)
def test_every_member_of_a_step_is_checked(changes: dict[str, Any], code: str, field: str) -> None:
    end = {"id": "end", "day": 2, "do": "wait"}
    found = refusal(written(scenario({**STEP, **changes}, end)))
    assert found[0] == code
    assert found[1].startswith(field)


def test_days_never_go_back() -> None:
    early = {"id": "early", "day": 0, "hour": 3, "do": "wait"}
    assert refusal(written(scenario(STEP, early))) == ("malformed.scenario.day", "course.3.day")
    assert refusal(written(scenario({"id": "x", "hour": 3, "do": "wait"})))[0] == "malformed.scenario.day"


WRONG_ACTS: dict[str, dict[str, Any]] = {
    "begin": {"procedure": "visit", "as": "visit", "answers": "none"},
    "write": {"dossier": "visit"},
    "take": {"dossier": "visit", "step": 7},
    "seal": {"as": "report", "level": 7},
    "ask": {"as": "x", "item": "report", "to": "peacock", "readers": []},
    "decide": {"case": "release", "outcome": "perhaps"},
    "accept": {"case": "release", "outcome": "perhaps"},
    "open": {"case": 7},
    "withdraw": {},
    "dispose": {"case": "release", "outcome": "sold"},
    "suspend": {"kind": "nation", "subject": "peacock"},
    "reinstate": {"kind": "facility"},
    "assure": {"kind": "facility", "subject": "peacock", "days": 0},
    "renew": {"all": True},
    "authorise": {"kind": "both"},
    "unauthorise": {},
    "assign": {"person": "somebody"},
    "agree": {"limits": ["no amount"]},
    "link": {"state": "wobbly"},
    "wait": {"days": 3},
}


@pytest.mark.parametrize("act", sorted(WRONG_ACTS))
def test_what_every_act_is_told_is_checked(act: str) -> None:
    who = {} if act in ("agree", "link", "wait") else {"who": "USA.registrar"}
    code, field = refusal(written(scenario({"id": "x", **who, "do": act, "with": WRONG_ACTS[act]})))
    assert code == "malformed.scenario"
    assert field.startswith("course.2.with")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"case": "later"}, "malformed.scenario.name"),
        ({"case": "report"}, "malformed.scenario.name"),
    ],
)
def test_a_name_is_given_before_it_is_used(given: dict[str, Any], code: str) -> None:
    assert refusal(written(scenario({**STEP, "with": given})))[0] == code


@pytest.mark.parametrize(
    "text",
    [
        "${facility.tiger}",
        "${item.none}",
        "${dossier.none}",
        "${person.FRA.engineer}",
        "${date.x}",
        "${anything}",
        "${}",
    ],
)
def test_a_placeholder_that_nothing_fills_is_refused(text: str) -> None:
    step = {
        "id": "x",
        "who": "USA.security_officer",
        "do": "begin",
        "with": {"procedure": "visit", "as": "visit", "answers": {"subject": text}},
    }
    assert refusal(written(scenario(step))) == ("malformed.scenario.placeholder", "course.2.with")


def test_a_part_in_a_placeholder_is_of_the_cast() -> None:
    answers = {"visitors": [{"person": "${person.IND.engineer@eagle}"}]}
    given = {"procedure": "visit", "as": "visit", "answers": answers}
    step = {"id": "x", "who": "USA.security_officer", "do": "begin", "with": given}
    assert refusal(written(scenario(step)))[0] == "malformed.scenario.company"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x\n", "malformed.yaml.alias"),
        ("a: &x 1\n", "malformed.yaml.alias"),
        ("a: !!python/object/apply:os.system ['true']\n", "malformed.yaml.tag"),
        ("a: !mine 1\n", "malformed.yaml.tag"),
        ("a: 1\na: 2\n", "malformed.yaml.doubled"),
        ("a: 1\n---\nb: 2\n", "malformed.yaml.documents"),
        ("- a\n- b\n", "malformed.yaml.map"),
        ("", "malformed.yaml.value"),
        ("a: [1, 2\n", "malformed.yaml.syntax"),
        ("1: a\n", "malformed.yaml.key"),
        ("? [a]\n: b\n", "malformed.yaml.key"),
        ("a: " + "[" * 13 + "]" * 13 + "\n", "too_large.yaml"),
        ("a: [" + "1," * MOST_VALUES + "1]\n", "too_large.yaml"),
        ("a: " + "x" * LARGEST_BYTES, "too_large.yaml"),
        ("a: \x00\n", "malformed.yaml.syntax"),
    ],
)
def test_yaml_is_small_and_plain(text: str, code: str) -> None:
    with pytest.raises((MalformedInput, TooLarge)) as refused:
        read_yaml(text.encode(), field="scenario")
    assert refused.value.full_code == code


def test_what_is_no_utf_8_is_refused_and_dates_and_fractions_stay_texts() -> None:
    with pytest.raises(MalformedInput, match=r"yaml\.utf8"):
        read_yaml(b"a: \xff\n", field="scenario")
    found = read_yaml(b"a: 2026-11-23\nb: 1.5\nc: yes\nd: true\ne: 7\nf: null\n", field="scenario")
    assert found == {"a": "2026-11-23", "b": "1.5", "c": "yes", "d": True, "e": 7, "f": None}
