"""No personal field ever crosses the border: of no form of a procedure, and of no form that could be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from relto.procedures.forms.form import Field, Form
from relto.procedures.forms.reading import read_answers
from relto.procedures.forms.sharing import shared_answers, shared_form
from relto.procedures.packs.registry import procedures
from tests.unit.services.dossiers.request import PROCEDURE

FIELDS = some.builds(
    lambda code, shared, personal: Field(code, "text", "all", shared=shared and not personal, personal=personal),
    some.sampled_from("abcdefgh"),
    some.booleans(),
    some.booleans(),
)
ROWS = some.builds(
    lambda code, shared, fields: Field(code, "rows", "all", most=9, shared=shared, fields=tuple(fields)),
    some.sampled_from("mnop"),
    some.booleans(),
    some.lists(FIELDS, min_size=1, max_size=4, unique_by=lambda one: one.code),
)
FORMS = some.builds(
    lambda fields: Form("any", 1, ("all",), tuple(fields)),
    some.lists(FIELDS | ROWS, min_size=1, max_size=8, unique_by=lambda one: one.code),
)
PRIVATE, OPEN = "private", "open"


def every_form() -> Iterator[Form]:
    for pack in (*procedures().values(), PROCEDURE):
        yield pack.form
        yield from (step.form for step in pack.steps.values() if step.form is not None)


def filled(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Every field with a text that says whether it may cross."""
    return {
        one.code: [filled(one.fields)] * 2
        if one.kind == "rows"
        else (OPEN if one.shared and not one.personal else PRIVATE)
        for one in fields
    }


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    else:
        yield value


def fields_of(form: Form) -> Iterator[Field]:
    for one in form.fields:
        yield one
        yield from one.fields


def test_of_no_procedure_a_personal_or_unshared_field_is_told() -> None:
    for form in every_form():
        assert PRIVATE not in set(texts(shared_answers(form, filled(form.fields)))), form.code
        assert all(one.shared and not one.personal for one in fields_of(shared_form(form))), form.code


@given(FORMS)
def test_of_no_form_at_all(form: Form) -> None:
    told = shared_answers(form, filled(form.fields))
    assert set(texts(told)) <= {OPEN}
    assert all(one.shared and not one.personal for one in fields_of(shared_form(form)))


@given(FORMS)
def test_what_is_told_can_be_read_and_what_is_not_shared_refuses_the_whole(form: Form) -> None:
    answers = filled(form.fields)
    read, findings = read_answers(shared_form(form), shared_answers(form, answers))
    assert findings == []
    assert read == shared_answers(form, answers)
    if read != answers:
        assert read_answers(shared_form(form), answers)[1] != []


def test_a_condition_on_what_is_not_told_is_no_condition_there() -> None:
    answers = {"recurring": True, "review": "2027-01-01"}
    told = shared_answers(PROCEDURE.form, answers)
    assert told == {"review": "2027-01-01"}
    assert read_answers(shared_form(PROCEDURE.form), told, whole=False) == (told, [])
