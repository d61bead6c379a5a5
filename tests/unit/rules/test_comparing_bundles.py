"""Before anybody signs: what a draft changes of the rules in force, piece by piece, and all that is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.base.canonical import canonical_bytes
from relto.base.errors import MalformedInput
from relto.rules.builtin import package_data
from relto.rules.comparing_bundles import Change, compare_bundles, counts_by_part, terms_of
from relto.rules.linting import lint
from relto.rules.training import seed_provisions
from tests.support.agreements import Edit, edited, restated
from tests.unit.rules.agreement import FACILITY, IND, PROGRAMME, USA, signed, unsigned

NEXT = {"version": 2, "supersedes": 1}


def gates(change: Any) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(package_data("gates.json"))
    by_rule = {gate["rule"]: gate for gate in content["gates"]}
    change(by_rule)
    return content


def differences(**changes: Any) -> list[Change]:
    found = compare_bundles(unsigned(), unsigned(**NEXT, **changes))
    return [one for one in found if one.part != "manifest"]


def test_a_bundle_and_its_draft_say_the_same() -> None:
    assert compare_bundles(unsigned(), signed(unsigned())) == []


def test_a_term_that_was_taken_out_of_a_long_condition_stands_alone() -> None:
    def weaken(rules: dict[str, Any]) -> None:
        rule = rules["R05-facility-assurance-valid"]
        rule["holds"] = rule["holds"].replace("!principal.facility.suspended && ", "")

    (found,) = differences(gates=gates(weaken))
    assert found.place == ("gates", "R05-facility-assurance-valid", "holds")
    assert (found.kind, found.before) == ("removed", "!principal.facility.suspended")


def test_rows_limits_programmes_and_provisions_are_compared_by_what_they_are_called() -> None:
    content = json.loads(package_data("limits.json"))
    content["limits"]["link_clock_skew"]["value"] = 30
    programme = {
        "code": PROGRAMME,
        "nations": ["IND", "USA"],
        "facilities": [{"code": FACILITY[IND], "nation": "IND"}, {"code": "USA-F009", "nation": "USA"}],
    }
    records = [{**one, "title": "T"} if one["id"] == "USR-07" else one for one in seed_provisions()]
    found = differences(limits=content, programmes=[programme], provisions=records[::-1])
    told = {(one.part, "/".join(one.place), one.kind) for one in found}
    assert told == {
        ("limits", "limits/link_clock_skew/value", "changed"),
        ("programmes", f"programmes/{PROGRAMME}/facilities/{FACILITY[USA]}", "removed"),
        ("programmes", f"programmes/{PROGRAMME}/facilities/USA-F009", "added"),
        ("provisions", "provisions/USR-07/title", "changed"),
    }
    assert counts_by_part(found) == {"limits": 1, "programmes": 2, "provisions": 1}


def test_a_row_of_the_other_direction_is_another_row() -> None:
    draft = edited(unsigned(), "equivalence.json", lambda content: content["rows"].pop(0))
    (found,) = compare_bundles(unsigned(), draft)
    assert (found.kind, found.place) == ("removed", ("rows", "2.999.840.1 TOP SECRET 2.999.356.1"))


def test_a_policy_text_that_its_list_does_not_give_stands_out() -> None:
    draft = edited(unsigned(), "policies.cedar", "permit(principal, action, resource);")
    (found,) = compare_bundles(unsigned(), draft)
    assert (found.part, found.kind) == ("policies", "changed")


@given(st.lists(st.sampled_from(['a == "x && y"', "(b || c)", "d.contains(e)", '!f["&&"]']), min_size=1, max_size=6))
def test_a_condition_is_the_conjunction_of_its_terms(terms: list[str]) -> None:
    assert terms_of(" && ".join(terms)) == terms


def test_alternatives_are_one_term() -> None:
    assert terms_of("a && b || c") == ["a && b || c"]


def codes(draft: bytes) -> set[tuple[str, str, str]]:
    return {(one.file, one.place, one.code) for one in lint(draft)}


def test_the_shipped_draft_has_no_error() -> None:
    for draft in (unsigned(), signed(unsigned())):
        found = lint(draft)
        assert [one for one in found if one.severity == "error"] == []
        assert {one.code for one in found} <= {"lint.related_unknown"}


def test_all_that_is_wrong_is_said_at_once_with_place_and_rule() -> None:
    def spoil(content: dict[str, Any]) -> None:
        first, second, third, fourth, *_ = content["gates"]
        second["rule"] = first["rule"]
        third["provisions"] = ["XX-1"]
        fourth["holds"] = "true"
        fourth["says"]["hi"]["text"] = "English"
        first["applies"] = ["never"]
        content["conditions"]["unused"] = {"when": "true"}

    draft = edited(unsigned(), "gates.json", spoil)
    draft = edited(draft, "programmes.json", lambda content: content["programmes"].append(content["programmes"][0]))
    draft = edited(draft, "limits.json", lambda content: content["limits"]["link_clock_skew"].update(unit="fortnight"))
    draft = restated(draft, expires="2020-01-01T00:00:00Z", supersedes=7)
    found = codes(draft)
    first, third = "R01-agreement-in-force", "R03-export-authorised"
    assert found >= {
        ("gates.json", f"gates/{first}", "malformed.gates.rule"),
        ("gates.json", f"gates/{first}/applies/never", "malformed.gates.condition"),
        ("gates.json", f"gates/{third}/provisions/XX-1", "malformed.provisions.unknown"),
        ("gates.json", f"gates/{third}/provisions", "lint.rule_without_provision"),
        ("gates.json", "gates/R04-facility-level/holds", "lint.always_holds"),
        ("gates.json", "gates/R04-facility-level/says/hi", "lint.no_hindi"),
        ("gates.json", "conditions/unused", "lint.condition_unused"),
        ("programmes.json", PROGRAMME, "malformed.programmes"),
        ("limits.json", "limits/link_clock_skew/unit", "malformed.bundle.schema"),
        ("manifest", "expires", "malformed.bundle.period"),
        ("manifest", "supersedes", "malformed.bundle.supersedes"),
    }
    assert all(one.expected for one in lint(draft))
    assert next(one for one in lint(draft) if one.code == "malformed.provisions.unknown").rule == third


def _unsourced(content: dict[str, Any]) -> None:
    content["provisions"][0] |= {"source": None, "related": [content["provisions"][0]["id"]]}


def _shared(content: dict[str, Any]) -> None:
    content["parties"]["IND"]["node_keys"] = content["parties"]["USA"]["node_keys"]


UNFIT = "permit(principal, action, resource) when { resource.nothing };"


def _missing_row(content: dict[str, Any]) -> None:
    content["rows"] = [row for row in content["rows"] if row["from_level"] != "RESTRICTED"]


def _over(content: dict[str, Any]) -> None:
    content["rows"][0]["valid_to"] = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "edit", "code"),
    [
        ("provisions.json", _unsourced, "lint.no_source"),
        ("provisions.json", _unsourced, "malformed.provisions.related"),
        ("provisions.json", lambda c: c["provisions"].append(c["provisions"][0]), "malformed.provisions.id"),
        ("equivalence.json", _missing_row, "lint.level_without_row"),
        ("equivalence.json", _over, "malformed.equivalence"),
        ("equivalence.json", _over, "lint.dates"),
        ("limits.json", lambda c: c["limits"]["link_clock_skew"].update(confirmed=True), "lint.confirmed_evidence"),
        ("parties.json", _shared, "lint.key_shared"),
        ("programmes.json", lambda c: c["programmes"][0]["facilities"].pop(), "lint.no_facility"),
        ("policies.cedar", "permit(", "malformed.bundle.cedar_syntax"),
        ("policies.cedar", UNFIT, "malformed.bundle.cedar_validation"),
        ("policies.cedar", "permit(principal, action, resource);", "malformed.bundle.forms"),
        ("schema.cedarschema", "entity", "malformed.bundle.cedar_schema"),
        ("limits.json", "[", "malformed.json.syntax"),
        ("notes.json", "{}", "malformed.bundle.files"),
        ("scheme-usa.json", "{}", "malformed.policy"),
    ],
)  # fmt: skip
def test_each_fault_has_its_code(name: str, edit: Edit | str, code: str) -> None:
    found = {one.code for one in lint(edited(unsigned(), name, edit))}
    assert any(one == code or one.startswith(f"{code}.") for one in found), found


def test_a_file_that_was_altered_after_it_was_signed_is_named() -> None:
    members = json.loads(signed(unsigned()))
    members["files"]["limits.json"] += " "
    assert ("limits.json", "", "not_verified.bundle.file") in codes(canonical_bytes(members))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_is_in_a_draft_lint_reads_it_or_says_that_it_is_none(data: st.DataObject) -> None:
    draft = bytearray(unsigned())
    position = data.draw(st.integers(0, len(draft) - 1))
    draft[position] = data.draw(st.integers(0, 255))
    try:
        found = lint(bytes(draft))
    except MalformedInput:
        return
    assert all(one.code and one.expected for one in found)
