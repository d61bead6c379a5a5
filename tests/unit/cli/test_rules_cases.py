"""`relto rules decide` and `what-if`: one case from a file, told to each reader as much as she may know."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relto.base.canonical import canonical_bytes
from relto.base.errors import ReltoError
from relto.cli.main import relto
from relto.rules.bundle import read_rules
from relto.rules.decide import decide
from relto.rules.example_case import example_case
from relto.rules.facts import Action
from relto.rules.recorded_facts import facts_from_dict
from relto.services.decisions import facts_as_dict
from tests.unit.rules.agreement import NOW, case, unsigned


def run(*words: str) -> Result:
    return CliRunner().invoke(relto, [*words], catch_exceptions=True)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    file = tmp_path / "draft.bundle"
    file.write_bytes(unsigned())
    return str(file)


def written(tmp_path: Path, facts: dict[str, Any], action: str = "open") -> str:
    file = tmp_path / "case.json"
    file.write_bytes(canonical_bytes({"action": action, "at": "2026-11-22T14:00:00Z", "facts": facts}))
    return str(file)


def refused_case(tmp_path: Path) -> str:
    facts = case("open")
    facts = replace(facts, facility=replace(facts.facility, suspended=True), listings=())
    return written(tmp_path, facts_as_dict(facts))


def test_three_readers_are_told_what_each_may_know(bundle: str, tmp_path: Path) -> None:
    file = refused_case(tmp_path)
    officer = json.loads(run("--json", "rules", "decide", bundle, file, "--explain").output)
    asker = json.loads(run("--json", "rules", "decide", bundle, file).output)
    partner = json.loads(run("--json", "rules", "decide", bundle, file, "--view", "partner").output)
    assert partner == {"code": "refused"}
    assert officer["gates"][0]["facts"]["facility.suspended"] == "yes"
    assert officer["gates"][0]["provisions"]
    assert [gate["rule"] for gate in asker["gates"]] == ["R05-facility-assurance-valid", "R13-listed-with-reason"]
    told = json.dumps(asker)
    for secret in ("psn_engineer", "IND-F001", "itm_", "ISA-", "MONSOON", "facts_digest", "citation"):
        assert secret not in told
    text = run("--language", "hi", "rules", "decide", bundle, file)
    assert text.exit_code == 0, text.output
    assert "R13-listed-with-reason" in text.output


def test_what_if_tells_sets_that_suffice_and_tries_named_changes(bundle: str, tmp_path: Path) -> None:
    file = refused_case(tmp_path)
    found = json.loads(run("--json", "rules", "what-if", bundle, file, "--change", "list_with_reason").output)
    assert [one["remedies"] for one in found["enough"]] == [["renew_facility_assurance", "list_with_reason"]]
    assert (found["tried"]["permitted"], found["tried"]["left"]) == (False, ["R05-facility-assurance-valid"])
    told = run("rules", "what-if", bundle, file)
    assert "renew_facility_assurance, list_with_reason" in told.output
    assert isinstance(run("rules", "what-if", bundle, file, "--change", "activate_agreement").exception, ReltoError)


@pytest.mark.parametrize("action", [action.value for action in Action])
def test_the_example_of_each_action_is_a_case_that_decides(action: str, tmp_path: Path) -> None:
    file = tmp_path / "example.json"
    made = run("rules", "decide", str(file), "--example", action)
    assert made.exit_code == 0, made.output
    facts = facts_from_dict(example_case(action)["facts"])  # type: ignore[arg-type]
    decision = decide(read_rules(unsigned()), action, facts, NOW)
    assert decision.errors == ()
    assert json.loads(file.read_text()) == example_case(action)
    assert len(file.read_text().splitlines()) > 50, "people change it by hand, line by line"


def test_a_file_that_is_no_case_is_refused_by_name(bundle: str, tmp_path: Path) -> None:
    for content in (b"[]", b"{}", canonical_bytes({"action": "open", "at": "2026-11-22T14:00:00Z", "facts": {}})):
        file = tmp_path / "bad.json"
        file.write_bytes(content)
        assert isinstance(run("rules", "decide", bundle, str(file)).exception, ReltoError)
    assert isinstance(run("rules", "what-if").exception, ReltoError)


def test_what_is_wrong_in_a_case_is_named(bundle: str, tmp_path: Path) -> None:
    case = example_case("open")
    facts = {name: fact for name, fact in case["facts"].items() if name != "channel"}  # type: ignore[union-attr]
    file = tmp_path / "bad.json"
    for changed, field in (({"facts": facts}, "facts.channel"), ({"action": "opn"}, "action"), ({"at": "noon"}, "at")):
        file.write_bytes(canonical_bytes({**case, **changed}))
        error = run("rules", "decide", bundle, str(file)).exception
        assert isinstance(error, ReltoError)
        assert error.field == field
