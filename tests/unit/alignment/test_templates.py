"""Joint templates: whole versions, documents that are what their version gives, what changed between two versions."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.alignment.redline import newer, older
from relto.alignment.shipped_templates import shipped_template, shipped_templates
from relto.alignment.template_changes import MOVED, compare
from relto.alignment.template_documents import BLANK, differences, read_values, texts
from relto.alignment.templates import MOST_CLAUSES, Template, make_template, read_template
from relto.base.errors import MalformedInput, NotAvailable
from relto.exchange.schemas import check
from relto.rules.builtin import package_data
from relto.rules.provisions import WEAKEST_FIRST, read_provisions

NATIONS = ("IND", "USA")
VALUES = {
    "contract": "N-42",
    "contractor": "Alpha Systems",
    "reporting_office": "the national authority",
    "disposition": "It is returned within 60 days.",
}


def draft(code: str = "contract_security_clauses") -> dict[str, Any]:
    """What an author would write, to be changed."""
    return copy.deepcopy(dict(shipped_template(code)))


def version(content: dict[str, Any], number: int = 1) -> Template:
    return make_template(content, number)


def test_every_shipped_draft_is_whole_says_that_it_is_a_draft_and_rests_on_provisions() -> None:

    book = read_provisions(json.loads(package_data("rulebook.json")))
    for code, content in shipped_templates().items():
        made = version(dict(content))
        check("alignment-template", made.body())
        assert (made.code, made.basis, made.languages) == (code, "unconfirmed_draft", ("en", "hi"))
        assert set(made.provisions) <= set(book)
        for clause in made.clauses:
            best = max(WEAKEST_FIRST.index(book[one].evidence) for one in clause.provisions)
            assert WEAKEST_FIRST.index(clause.evidence) <= best
            assert "hi" not in clause.reviewed
    with pytest.raises(NotAvailable):
        shipped_template("treaty")


def test_what_is_said_is_what_is_read() -> None:
    made = version(draft(), 3)
    assert read_template(made.body()) == made


def _clause(content: dict[str, Any], **changes: Any) -> None:
    content["clauses"][0].update(changes)


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        (lambda one: one.update(code="A Clause"), "malformed.alignment.template.code", "code"),
        (lambda one: one.update(paper="poem"), "unknown.alignment.template.word", "paper"),
        (lambda one: one.update(basis="treaty"), "unknown.alignment.template.word", "basis"),
        (lambda one: one.update(clauses=[]), "malformed.alignment.template.clauses", "clauses"),
        (lambda one: one.update(clauses=one["clauses"] * 2), "malformed.alignment.template.code", "clauses"),
        (lambda one: one.update(clauses=[{}] * (MOST_CLAUSES + 1)), "malformed.alignment.template.form", "clauses"),
        (lambda one: one["fields"].pop(), "malformed.alignment.template.place", "clauses"),
        (
            lambda one: one["clauses"].pop(4),
            "malformed.alignment.template.field",
            "fields",
        ),
        (
            lambda one: _clause(one, text={"en": "Under {contract}.", "hi": "अनुबंध।"}),
            "malformed.alignment.template.place",
            "clauses.0.text",
        ),
        (lambda one: _clause(one, provisions=[]), "malformed.alignment.provisions", "clauses.0.provisions"),
        (lambda one: _clause(one, evidence="sure"), "unknown.alignment.template.word", "clauses.0.evidence"),
        (lambda one: _clause(one, text={"fr": "Rien."}), "unknown.language", "clauses.0.text"),
        (lambda one: _clause(one, heading="Third parties"), "malformed.alignment.template.form", "clauses.0.heading"),
        (
            lambda one: one["fields"][0].update(choices=["a"]),
            "malformed.alignment.template.choices",
            "fields.0.choices",
        ),
        (lambda one: one["fields"][0].update(longest=True), "malformed.alignment.template.longest", "fields.0.longest"),
        (lambda one: one["fields"][0].update(required="yes"), "malformed.alignment.template.form", "fields.0.required"),
    ],
)
def test_a_version_that_is_not_whole_is_refused_at_its_place(spoil: Any, code: str, field: str) -> None:
    content = draft()
    spoil(content)
    with pytest.raises(MalformedInput) as caught:
        version(content)
    assert (caught.value.full_code, caught.value.field) == (code, field)


def test_a_document_is_what_its_version_gives_and_nothing_else() -> None:
    made = version(draft())
    values = read_values(made, {**VALUES, "contract": "  N-42 "}, NATIONS)
    found = texts(made, values)
    assert "Under contract N-42 the contractor" in found[0]["text"]["en"]
    assert "N-42" in found[0]["text"]["hi"]
    assert differences(made, values, found, NATIONS) == ()
    altered = copy.deepcopy(found)
    altered[4]["text"]["en"] = "Nothing is reported."
    assert [one.where for one in differences(made, values, altered, NATIONS)] == ["loss"]
    assert [one.where for one in differences(made, values, found[1:], NATIONS)] == ["clauses"]
    assert differences(made, {**values, "contract": " N-42"}, found, NATIONS)
    assert [one.where for one in differences(made, {}, found, NATIONS)] == ["values.contract"]
    assert differences(made, values, "no clauses", NATIONS)


def test_values_are_checked_by_their_kinds_and_an_optional_one_leaves_a_blank() -> None:
    made = version(draft("visit_letter"))
    given: dict[str, object] = {
        "visit": "VIS-2026-0001",
        "facility": "IND-F001",
        "first_day": "2027-01-11",
        "last_day": "2027-01-12",
        "level": "SECRET",
    }
    assert texts(made, read_values(made, given, NATIONS))[2]["text"]["en"] == BLANK
    for wrong in (
        {"first_day": "2027-02-30"},
        {"visit": ""},
        {"visit": "x" * 41},
        {"another": "value"},
        {"remark": "a\u202eb"},
    ):
        with pytest.raises(MalformedInput):
            read_values(made, {**given, **wrong}, NATIONS)


def test_a_version_may_ask_for_numbers_nations_and_choices() -> None:
    content = draft("courier_certificate_text")
    content["fields"] += [
        {"code": "to", "kind": "nation", "label": {"en": "To"}},
        {"code": "way", "kind": "choice", "choices": ["air", "road"], "label": {"en": "Way"}},
    ]
    content["clauses"].append(
        {
            "code": "way",
            "heading": {"en": "Way"},
            "text": {"en": "{packages} to {to} by {way}", "hi": "{packages} {to} {way}"},
            "provisions": ["ISA-39.7"],
            "evidence": "inference",
        }
    )
    made = version(content)
    given: dict[str, object] = {
        "certificate": "1",
        "origin": "A",
        "destination": "B",
        "packages": "2",
        "to": "IND",
        "way": "air",
    }
    assert texts(made, read_values(made, given, NATIONS))[-1]["text"]["en"] == "2 to IND by air"
    for wrong in ({"packages": "two"}, {"to": "FRA"}, {"way": "sea"}):
        with pytest.raises(MalformedInput):
            read_values(made, {**given, **wrong}, NATIONS)


def test_the_difference_is_shown_by_clause_word_and_field() -> None:
    before = version(draft(), 3)
    content = draft()
    loss = content["clauses"].pop(4)
    loss["text"]["en"] = loss["text"]["en"].replace("at once", "within 24 hours")
    loss["provisions"].append("IND-28.3")
    content["clauses"] = [content["clauses"][-1], *content["clauses"][:-1], loss]
    content["clauses"].append({**draft("visit_letter")["clauses"][1], "code": "custody"})
    content["clauses"] = [one for one in content["clauses"] if one["code"] != "marking"]
    content["fields"][0]["longest"] = 40
    content["title"]["en"] = "Security clauses"
    after = version(content, 4)
    found = compare(before, after)
    words = {one.code: one.word for one in found.clauses}
    assert (words["loss"], words["custody"], words["marking"]) == ("changed", "added", "removed")
    assert words["flow_down"] == MOVED
    changed = next(one for one in found.clauses if one.code == "loss")
    assert changed.members == ("text", "provisions")
    assert changed.provisions_added == ("IND-28.3",)
    assert [run.text for run in changed.text["en"] if run.kind == "deleted"]
    assert [(one.code, one.word, one.members) for one in found.fields] == [("contract", "changed", ("longest",))]
    assert found.members == ("title",)
    assert (found.older, found.newer) == (3, 4)
    for one in found.clauses:
        for language, runs in one.text.items():
            assert older(runs) == next((c.text[language] for c in before.clauses if c.code == one.code), "")
            assert newer(runs) == next((c.text[language] for c in after.clauses if c.code == one.code), "")


@given(st.permutations(range(8)), st.sets(st.integers(0, 7), max_size=6))
def test_a_version_differs_from_itself_in_nothing_and_from_another_by_what_left(
    order: list[int], gone: set[int]
) -> None:
    before = version(draft())
    assert compare(before, version(draft(), 2)).is_empty
    content = draft("courier_certificate_text")
    full = draft()["clauses"]
    content["fields"] = draft()["fields"]
    content["clauses"] = [full[place] for place in order if place not in gone or full[place]["code"] in _NEEDED]
    found = compare(before, version(content, 2))
    removed = {full[place]["code"] for place in gone if full[place]["code"] not in _NEEDED}
    assert {one.code for one in found.clauses if one.word == "removed"} == removed
    assert not found.is_empty


_NEEDED = {"third_parties", "loss", "disposition"}
"""The clauses whose places the fields need."""
