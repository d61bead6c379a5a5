"""Reading a form: everything wrong is told at once, nothing is guessed, and no input breaks it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from relto.procedures.forms.form import read_form
from relto.procedures.forms.reading import read_answers

FORM = read_form(
    {
        "form": "sample",
        "version": 1,
        "sections": ["all"],
        "fields": [
            {"code": "title", "kind": "text", "section": "all", "required": True, "longest": 12},
            {"code": "kind", "kind": "choice", "section": "all", "choices": ["short", "long"]},
            {"code": "days", "kind": "number", "section": "all", "least": 1, "most": 30},
            {"code": "first", "kind": "date", "section": "all"},
            {
                "code": "reason",
                "kind": "text",
                "section": "all",
                "required": True,
                "when": {"field": "kind", "is": ["long"]},
            },
            {
                "code": "people",
                "kind": "rows",
                "section": "all",
                "most": 2,
                "fields": [
                    {"code": "person", "kind": "code", "names": "person", "required": True},
                    {"code": "level", "kind": "level"},
                ],
            },
        ],
    }
)
PERSON = "prs_" + "a" * 24
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = some.sampled_from(["title", "kind", "days", "first", "reason", "people", "unknown"])


def codes(answers: dict[str, Any], *, whole: bool = True) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in read_answers(FORM, answers, whole=whole)[1]]


def test_a_whole_form_is_taken_as_it_is() -> None:
    given_answers = {
        "title": " Hull ",
        "kind": "short",
        "days": 3,
        "people": [{"person": PERSON, "level": "USA:SECRET"}],
    }
    answers, findings = read_answers(FORM, given_answers)
    assert findings == []
    assert answers == {**given_answers, "title": "Hull"}


def test_all_that_is_wrong_is_told_at_once_by_its_place() -> None:
    wrong = {
        "title": "much too long a title",
        "kind": "middling",
        "days": 31,
        "first": "2026-02-30",
        "colour": "red",
        "people": [{"person": "Mary"}, {"level": "SECRET"}, {"person": PERSON}],
    }
    assert set(codes(wrong)) == {
        ("form.too_long", "title"),
        ("form.choice", "kind"),
        ("form.bounds", "days"),
        ("form.shape", "first"),
        ("form.unknown", "colour"),
        ("form.bounds", "people"),
        ("form.shape", "people/0/person"),
        ("form.missing", "people/1/person"),
        ("form.shape", "people/1/level"),
    }


def test_what_a_condition_asks_for_is_missing_only_under_it() -> None:
    assert ("form.missing", "reason") in codes({"title": "Hull", "kind": "long"})
    assert codes({"title": "Hull", "kind": "short"}) == []
    assert codes({"title": "Hull", "kind": "short", "reason": "why"}) == [("form.empty", "reason")]
    assert codes({}, whole=False) == []


@pytest.mark.parametrize(
    ("text", "taken"), [("रक्‍षा", True), ("क्‌ष", True), ("a‍b", False), ("a\u200bb", False), ("a\nb", False)]
)
def test_indian_words_keep_their_joiners_and_nothing_else_hides(text: str, taken: bool) -> None:  # noqa: FBT001  a table
    assert (codes({"title": text}) == []) is taken


@settings(max_examples=200, deadline=None)
@given(some.dictionaries(NAMES, JSON, max_size=6), some.booleans())
def test_no_input_breaks_it_and_what_was_read_reads_again(given_answers: dict[str, Any], whole: bool) -> None:  # noqa: FBT001  drawn
    answers, _ = read_answers(FORM, given_answers, whole=whole)
    again, findings = read_answers(FORM, answers, whole=False)
    assert again == answers
    assert [one for one in findings if one.code != "form.bounds"] == []
