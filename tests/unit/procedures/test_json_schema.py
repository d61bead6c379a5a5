"""The JSON Schema of a form says what reading it says: both accept, or both refuse, whatever is done to an answer."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from relto.procedures.forms.form import Form
from relto.procedures.forms.json_schema import form_schema
from relto.procedures.forms.reading import read_answers
from relto.procedures.packs.registry import procedures
from tests.support.form_corpus import corpora, seeded
from tests.support.sample_procedure import ANSWERS, FORM


def forms() -> dict[str, Form]:
    found = {FORM.code: FORM}
    for procedure in procedures().values():
        found[procedure.form.code] = procedure.form
        found |= {step.form.code: step.form for step in procedure.steps.values() if step.form is not None}
    return found


def accepts(form: Form, answers: dict[str, Any], *, whole: bool = True) -> bool:
    schema = form_schema(form, whole=whole)
    return bool(Draft202012Validator(schema, format_checker=FormatChecker()).is_valid(answers))


def reads(form: Form, answers: dict[str, Any], *, whole: bool = True) -> bool:
    return not read_answers(form, answers, whole=whole)[1]


@pytest.mark.parametrize("code", forms())
def test_the_schema_of_each_form_is_a_schema_and_json(code: str) -> None:
    for whole in (True, False):
        schema = form_schema(forms()[code], whole=whole)
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("corpus", list(corpora()), ids=lambda one: one.procedure)
def test_clean_forms_of_each_procedure_are_valid_by_the_schema(corpus: Any) -> None:
    for number in range(5):
        filed = corpus.clean(seeded(number))
        form = procedures()[filed.procedure].form
        answers, findings = read_answers(form, filed.answers)
        if not findings:
            assert accepts(form, answers), filed.procedure


_ODD: list[Any] = [
    *(None, "", "x", "often", "once", "air", ["air"], ["air", "air"], [], True, False, 0, 1, 2, 9, 10, 2.5, "IND"),
    *("XKX", "2027-01-11", "2027-13-01", "2027-01-11T04:30:00Z", "2027-01-11T04:30:00+01:00", "USA:SECRET"),
    *("usa:secret", "IND-F007", "prs_x", {}, [{}], "y" * 300, " ", "a\nb"),
]


@given(st.sampled_from([one.code for one in FORM.fields]), st.sampled_from(_ODD))
def test_schema_and_reading_agree_on_any_one_answer_changed(code: str, value: Any) -> None:
    answers = {**deepcopy(ANSWERS), code: value}
    if value in (None, "", []):
        # Reading takes what is empty as left out; data that relto writes leaves it out.
        answers.pop(code)
    if value == "a\nb":
        return  # whether a line may break is no matter of shape
    assert accepts(FORM, answers) == reads(FORM, answers), (code, value)


@given(st.sampled_from([one.code for one in FORM.field("people").fields]), st.sampled_from(_ODD))
def test_they_agree_on_any_answer_in_a_row(code: str, value: Any) -> None:
    answers = deepcopy(ANSWERS)
    answers["people"][1][code] = value
    if value in (None, "", []):
        answers["people"][1].pop(code)
    if value == "a\nb":
        return
    assert accepts(FORM, answers) == reads(FORM, answers), (code, value)


def test_what_counts_only_with_another_answer_is_demanded_and_forbidden_with_it() -> None:
    without = {code: value for code, value in ANSWERS.items() if code != "times"}
    assert not accepts(FORM, without)
    assert accepts(FORM, without | {"kind": "once"})
    assert not accepts(FORM, {**ANSWERS, "kind": "once"})
    assert accepts(FORM, {"kind": "often"}, whole=False)
    assert not accepts(FORM, {"kind": "once", "times": 3}, whole=False)


def test_an_unknown_field_is_refused() -> None:
    assert not accepts(FORM, {**ANSWERS, "shoe_size": 43})
    assert form_schema(FORM)["properties"]["people"]["items"]["properties"]["name"]["x-relto"]["personal"] is True
