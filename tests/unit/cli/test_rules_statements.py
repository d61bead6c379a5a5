"""An authority signs offline what it states; a co-chair submits it; everybody reads the history and the differences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relto.base.errors import MalformedInput, Refused
from relto.cli.main import relto
from relto.node.authority_key import read_authority_key
from relto.rules.manifest import sign_bundle
from tests.unit.cli.desk import Desk
from tests.unit.rules.agreement import unsigned


def typed(*words: str | Path) -> Result:
    return CliRunner().invoke(relto, [str(word) for word in words])


def said(*words: str | Path) -> str:
    done = typed(*words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


@pytest.fixture
def key(tmp_path: Path) -> Path:
    said("authority", "init", tmp_path / "usa.key", "--nation", "USA")
    return tmp_path / "usa.key"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    place = tmp_path / "in-force.json"
    place.write_bytes(unsigned())
    return place


def test_what_a_draft_changes_is_told_in_both_languages(bundle: Path, tmp_path: Path) -> None:
    limits = json.loads(json.loads(unsigned())["files"]["limits.json"])
    limits["limits"]["link_clock_skew"]["value"] = 30
    draft = tmp_path / "draft.json"
    draft.write_bytes(unsigned(version=2, supersedes=1, limits=limits))
    assert "Limit link_clock_skew value: 60 → 30" in said("rules", "diff", bundle, draft)
    assert "सीमा link_clock_skew value: 60 → 30" in said("--language", "hi", "rules", "diff", bundle, draft)
    told = json.loads(said("--json", "rules", "diff", bundle, draft))
    assert {one["part"] for one in told} == {"manifest", "limits"}
    assert said("rules", "diff", bundle, bundle) == "They say the same.\n"


def test_lint_says_all_that_is_wrong_and_fails(bundle: Path, tmp_path: Path) -> None:
    clean = typed("rules", "lint", bundle)
    assert clean.exit_code == 0
    assert "No fault was found" in clean.output
    members = json.loads(unsigned())
    members["files"]["limits.json"] = "["
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(members))
    found = typed("rules", "lint", broken)
    assert found.exit_code == 1
    assert "error: limits.json" in found.output
    assert "[malformed.json.syntax]" in found.output
    assert typed("rules", "lint", tmp_path / "nothing").exception.full_code == "malformed.no_file"  # type: ignore[union-attr]


def test_an_authority_confirms_a_rule_offline(bundle: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "confirmation.json"
    words = ("rules", "confirm", bundle, "USR-07", "--key", key, "--citation", "paragraph 4", "--output", out)
    told = json.loads(said("--json", *words))
    assert (told["confirms"], told["signed_by"]) == ("USR-07", "USA/authority")
    assert json.loads(out.read_text())["payloadType"] == "application/vnd.relto.rule-confirmation.v1+json"
    for rule, error in (("GAP-IND-disclosure", "confirmation.gap"), ("IND-18", "confirmation.nation"), ("X", "rule")):
        refused = typed("rules", "confirm", bundle, rule, "--key", key, "--citation", "c", "--output", out)
        assert error in str(refused.exception)


def test_an_authority_hands_over_to_its_next_key_offline(key: Path, tmp_path: Path) -> None:
    following = tmp_path / "usa-2.key"
    said("authority", "init", following, "--nation", "USA")
    out = tmp_path / "rotation.json"
    told = json.loads(said("--json", "authority", "rotate", key, following, "--output", out))
    assert told["root_version"] == 2
    assert told["new"] == read_authority_key(following).public.key_id
    other = tmp_path / "ind.key"
    said("authority", "init", other, "--nation", "IND")
    refused = typed("authority", "rotate", key, other, "--output", out)
    assert isinstance(refused.exception, MalformedInput)


def test_an_authority_says_which_signed_bundle_is_the_newest(bundle: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "fresh.json"
    unsigned_one = typed("authority", "fresh", bundle, "--key", key, "--hours", "24", "--output", out)
    assert "bundle.unsigned" in str(unsigned_one.exception)
    bundle.write_bytes(sign_bundle(bundle.read_bytes(), read_authority_key(key)))
    told = json.loads(said("--json", "authority", "fresh", bundle, "--key", key, "--hours", "24", "--output", out))
    assert told["highest_version"] == 1


def test_a_co_chair_submits_and_everybody_reads(desk: Desk, bundle: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "confirmation.json"
    said("rules", "confirm", bundle, "USR-07", "--key", key, "--citation", "p. 4", "--output", out)
    with pytest.raises(Refused):
        desk.types("engineer", "rules", "submit", str(out))
    assert "nothing" not in desk.types("engineer", "rules", "statements")
    assert desk.asks("engineer", "rules", "statements") == []
    (version,) = desk.asks("engineer", "rules", "history")
    assert (version["version"], version["until"], len(version["signers"])) == (1, None, 2)
    listed = desk.types("engineer", "rules", "history")
    assert all(f"{one['nation']} {one['key_id']}" in listed for one in version["signers"])
    assert "{" not in listed
    assert desk.types("engineer", "rules", "history", "--changes", "1") == "They say the same.\n"
    assert desk.asks("engineer", "rules", "active")["border_closed_by"] == ""
    kept = tmp_path / "in-force.bundle"
    assert desk.asks("engineer", "rules", "active", "--output", str(kept))["file"] == str(kept)
    assert said("rules", "diff", kept, kept) == "They say the same.\n"
