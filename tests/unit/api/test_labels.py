"""Labels and markings through the API: what the command says, over the wire; anybody who is known may ask."""

from __future__ import annotations

from typing import Any

import pytest

from relto.api.labels import MAX_LINES
from relto.store.models import LedgerEntry
from tests.unit.api.door import Door

AMERICAN = "SECRET//REL TO USA, IND"


def asked(door: Door, path: str, body: Any, *, who: str = "engineer", language: str = "en") -> Any:
    found = door.call(who, "POST", f"/labels/{path}", body, language=language)
    assert found.status == 200, found.json
    return found.json


def test_a_marking_comes_back_from_its_label_object(door: Door) -> None:
    parsed = asked(door, "parse", {"kind": "banner", "policy": "USA", "text": AMERICAN})
    assert parsed["ok"]
    assert parsed["rendered"]["portion"] == "(S//REL TO USA, IND)"
    assert asked(door, "render", {"label": parsed["label"]}) == parsed
    indian = asked(door, "parse", {"kind": "portion", "policy": "IND", "text": "(गुप्त / S)"})
    assert indian["label"]["confirmed"] is False


def test_a_wrong_marking_is_an_answer_with_rule_and_fix(door: Door) -> None:
    found = asked(door, "parse", {"kind": "banner", "policy": "USA", "text": "SECRET//NOFORN/REL TO USA, IND"})
    assert not found["ok"]
    assert all(fault["rule"] and fault["message"] and fault["fix"] for fault in found["faults"])


def test_a_fault_is_said_in_the_callers_language(door: Door) -> None:
    wrong = {"kind": "banner", "policy": "USA", "text": "SECRET//NOFORN/RELIDO"}
    english, hindi = (asked(door, "parse", wrong, language=language)["faults"][0] for language in ("en", "hi"))
    assert english["message"] == "NOFORN excludes REL TO and RELIDO."
    assert hindi == {**english, "message": "NOFORN के साथ REL TO और RELIDO नहीं चलते।", "fix": "जो तय हुआ वही रखें।"}


def test_labels_join_and_go_over(door: Door) -> None:
    labels = [{"text": AMERICAN}, {"text": "(C//REL TO USA, IND)", "kind": "portion"}]
    assert asked(door, "join", {"labels": labels})["rendered"]["USA"]["banner"] == AMERICAN
    found = asked(door, "map", {"label": labels[0], "to": "IND"})
    assert (found["outcome"], found["level"]) == ("mapped", "SECRET")
    # The agreement in force decides, not the table of the package.
    assert found["row"]["table"].startswith("IND-USA")
    assert found["row"]["evidence"]
    person = asked(door, "map", {"label": {"text": "SECRET//ORCON"}, "to": "IND"}, language="hi")
    assert (person["ok"], person["outcome"], person["reason"]) == (False, "needs_person", "caveats")
    assert "चेतावनी" in person["faults"][0]["message"]


def test_a_label_goes_through_every_form_and_back(door: Door) -> None:
    making = {"originator_id": "urn:relto:usa", "review_by": "2036-01-01T00:00:00Z", "created": "2026-01-01T00:00:00Z"}
    given = {"text": AMERICAN, "kind": "banner", **making}
    written = asked(door, "convert", {"label": given, "to": "xml"})
    assert written["outcome"] == "converted"
    assert "originatorConfidentialityLabel" in written["xml"]
    read = asked(door, "convert", {"label": {"xml": written["xml"]}, "to": "label"})
    assert asked(door, "convert", {"label": read["label"], "to": "xml"})["xml"] == written["xml"]
    shown = asked(door, "convert", {"label": {"xml": written["xml"]}, "to": "banner"})
    assert shown["rendered"]["USA"]["banner"] == AMERICAN
    unmade = asked(door, "convert", {"label": {"text": AMERICAN}, "to": "xml"})
    assert (unmade["ok"], unmade["faults"][0]["rule"]) == (False, "malformed.label_given.making")
    old = {"xml": written["xml"].replace(' ReviewDateTime="2036-01-01T00:00:00Z"', "")}
    assert not asked(door, "convert", {"label": old, "to": "xml"})["ok"]
    bare = asked(door, "convert", {"label": old, "to": "xml", "lenient": True})
    assert (bare["outcome"], bare["departures"], bare["xml"]) == ("read_leniently", ["review"], None)


def test_a_policy_is_answered_as_spif(door: Door) -> None:
    found = asked(door, "convert", {"to": "spif", "policy": "USA", "nations": ["USA", "IND"]})
    assert (found["policy"], found["to"]) == ("USA", "spif")
    assert "xmlspif.org/spif" in found["xml"]
    lines = [{"to": "banner", "label": {"text": AMERICAN}}, {"to": "spif", "policy": "IND"}]
    assert asked(door, "batch", {"operation": "convert", "lines": lines})["ok"]


def test_a_thousand_lines_are_answered_one_by_one(door: Door) -> None:
    line = {"kind": "banner", "policy": "USA", "text": AMERICAN}
    found = asked(door, "batch", {"operation": "parse", "lines": [*[line] * (MAX_LINES - 2), {}, line]})
    assert not found["ok"]
    assert [one["ok"] for one in found["answers"]] == [*[True] * (MAX_LINES - 2), False, True]


def test_a_question_leaves_nothing_behind(door: Door) -> None:
    asked(door, "parse", {"kind": "banner", "policy": "USA", "text": AMERICAN})
    before = LedgerEntry.objects.count()
    asked(door, "join", {"labels": [{"text": AMERICAN}]})
    assert LedgerEntry.objects.count() == before


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("parse", {"kind": "poster", "policy": "USA", "text": "SECRET"}, 400, "kind"),
        ("parse", {"kind": "banner", "policy": "USA"}, 400, "text"),
        ("parse", {"kind": "banner", "policy": "USA", "text": 7}, 400, "text"),
        ("parse", {"kind": "banner", "policy": "USA", "text": "S" * 9000}, 413, "text"),
        ("parse", {"kind": "banner", "policy": "USA", "text": "S", "more": 1}, 400, "more"),
        ("render", {"label": "SECRET"}, 400, "label"),
        ("join", {"labels": []}, 400, "labels"),
        ("join", {"labels": [{"text": "S"}] * 1001}, 413, "labels"),
        ("join", {"labels": [{"text": "S"}], "owner": ["I"]}, 400, "owner"),
        ("map", {"label": {"text": "S"}}, 400, "to"),
        ("convert", {"label": {"text": "S"}}, 400, "to"),
        ("convert", {"label": {"text": "S"}, "to": "pdf"}, 400, "to"),
        ("convert", {"label": {"text": "S"}, "to": "xml", "more": 1}, 400, "more"),
        ("batch", {"operation": "guess", "lines": [{}]}, 400, "operation"),
        ("batch", {"operation": "parse", "lines": [{}] * 1001}, 413, "lines"),
        ("batch", {"operation": "parse", "lines": ["x"]}, 400, "lines"),
        ("batch", {"operation": "join", "lines": [{"labels": [{}] * 600}] * 10}, 413, "lines"),
    ],
)
def test_a_wrong_body_names_its_field(door: Door, path: str, body: Any, status: int, field: str) -> None:
    found = door.call("engineer", "POST", f"/labels/{path}", body)
    assert found.status == status, found.json
    assert found.json["field"].startswith(field)
    assert found.json["message"]


def test_nobody_asks_without_a_token(door: Door) -> None:
    body = {"kind": "banner", "policy": "USA", "text": AMERICAN}
    assert door.call(None, "POST", "/labels/parse", body).status == 401
    assert door.call("engineer", "GET", "/labels/parse").status == 405
