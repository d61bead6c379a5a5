"""`relto rules prove`: a co-chair compares a draft with what is in force before anybody signs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relto.base.canonical import read_object
from relto.cli.main import relto
from relto.rules.builtin import package_data
from tests.unit.rules.agreement import unsigned


@pytest.fixture
def in_force(tmp_path: Path) -> Path:
    path = tmp_path / "in-force.json"
    path.write_bytes(unsigned())
    return path


def _draft(tmp_path: Path, holds: str) -> Path:
    gates = json.loads(package_data("gates.json"))
    for gate in gates["gates"]:
        if gate["rule"] == "R10-personal-status-fresh":
            gate["holds"] = holds
    path = tmp_path / "draft.json"
    path.write_bytes(unsigned(version=2, supersedes=1, gates=gates))
    return path


def _prove(*words: str) -> Result:
    return CliRunner().invoke(relto, [*words])


def test_a_draft_that_forgets_how_old_a_status_may_be_is_told_as_a_case(in_force: Path, tmp_path: Path) -> None:
    draft = _draft(tmp_path, "principal.statusAt <= context.now")
    told = _prove("rules", "prove", str(in_force), str(draft))
    assert told.exit_code == 10
    assert "NOT SO: nothing is permitted for items of USA that USA's rules refuse" in told.output
    assert "R10-personal-status-fresh: The status of the person's assurance was confirmed recently" in told.output
    assert "Intended? Then USA consents: USA gate R10-personal-status-fresh" in told.output
    assert "no node will follow it" in told.output


def test_a_loosening_with_the_originators_consent_is_proved(in_force: Path, tmp_path: Path) -> None:
    draft = _draft(tmp_path, "principal.statusAt <= context.now")
    pieces = [f"{nation} gate R10-personal-status-fresh because both agreed it" for nation in ("USA", "IND")]
    assert _prove("rules", "consent", str(draft), *pieces).exit_code == 0
    told = _prove("rules", "prove", str(in_force), str(draft))
    assert told.exit_code == 0, told.output


def test_the_same_rules_under_a_new_version_are_proved(in_force: Path, tmp_path: Path) -> None:
    renewed = tmp_path / "renewed.json"
    renewed.write_bytes(unsigned(version=2, supersedes=1))
    told = _prove("--json", "rules", "prove", str(in_force), str(renewed))
    assert told.exit_code == 0
    answer = read_object(told.output.encode(), field="answer")
    assert answer["proved"] is True
    obligations = answer["obligations"]
    assert isinstance(obligations, list)
    assert len(obligations) == 5 * (3 + 2)


def test_what_is_no_bundle_is_refused_by_name(in_force: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"{}")
    assert _prove("rules", "prove", str(in_force), str(broken)).exit_code != 0
    assert _prove("rules", "prove", str(tmp_path / "absent"), str(in_force)).exit_code != 0
