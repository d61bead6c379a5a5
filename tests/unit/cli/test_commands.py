"""The command's manners: wrong input names field and expectation, exit codes are as documented, nothing is left."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from relto.cli.main import relto, run
from tests.unit.ledger.workshop import (
    IND,
    NODE_IND,
    NODE_USA,
    USA,
    WITNESS_IND,
    WITNESS_USA,
    Log,
    cosigner_keys,
    leaf,
    log_keys,
)
from tools.write_reference import commands


@dataclass
class Said:
    status: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.err)
        return found


class Command(Protocol):
    def __call__(self, *words: str | Path) -> Said: ...


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.delenv("RELTO_PROFILE", raising=False)

    def call(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["relto", *map(str, words)])
        status = 0
        try:
            run()
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return call


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"node": "http://127.0.0.1:9", "client_id": "cli_x", "client_secret": "s"}))
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    log = Log()
    log.grow([leaf(index) for index in range(5)])
    log.publish(1_790_000_000)
    folder = tmp_path / "export"
    for name, data in log.export().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def parties(tmp_path: Path) -> list[Path]:
    found = []
    for nation, origin, node, witness in (("USA", USA, NODE_USA, WITNESS_USA), ("IND", IND, NODE_IND, WITNESS_IND)):
        record = {
            "nation": nation,
            "ledger": {"origin": origin, "vkeys": [key.vkey for key in log_keys(origin)]},
            "cosigner": {"vkeys": [key.vkey for key in cosigner_keys(node)]},
            "witness": {"vkeys": [key.vkey for key in cosigner_keys(witness)]},
        }
        path = tmp_path / f"{nation}.party.json"
        path.write_text(json.dumps(record))
        found.append(path)
    return found


def test_an_inspector_pins_keys_from_both_parties_and_verifies_offline(
    command: Command, export: Path, parties: list[Path], tmp_path: Path
) -> None:
    trust = tmp_path / "trust"
    made = command("ledger", "trust", "--party", parties[0], "--party", parties[1], "--output", trust)
    assert made.status == 0, made.err
    held = command("verify", export, "--trust", trust)
    assert held.status == 0, held.out
    assert "Verified: 5 entries" in held.out
    assert "Agreed by everybody" in held.out
    alone = command("verify", export)
    assert alone.status == 3
    assert "NOT authenticated" in alone.out
    bundle = next(path for path in (export / "tile" / "entries").rglob("*") if path.is_file())
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    altered = command("--json", "verify", export, "--trust", trust)
    assert altered.status == 10
    assert json.loads(altered.out)["findings"][0]["file"] == str(bundle.relative_to(export))
    assert "यह" in command("--language", "hi", "verify", export, "--trust", trust).out


_WHEN = ("--valid-from", "2026-11-22T00:00:00Z", "--valid-until", "2027-11-22T00:00:00Z")
_AUTHORISATION = ("authorisations", "record", "--kind", "export", "--reference", "R-1", "--nation", "IND", *_WHEN)
_CASE = ("cases", "decide", "rel_x", "--reason", "r")
_SEAL = ("seal", "--title", "T", "--programme", "P", "--level", "SECRET", "--audience", "USA", "--export-controlled")
_WRONG: list[tuple[tuple[str, ...], int, str]] = [
    (("verify", "nowhere"), 2, "folder"),
    (("verify", ".", "--trust", "nowhere"), 2, "trust"),
    (("rules", "show", "nowhere", "--party", "nowhere"), 2, "bundle"),
    (("rules", "sign", "nowhere", "--key", "nowhere"), 2, ""),
    (("ledger", "trust", "--party", "nowhere", "--output", "t"), 2, "party"),
    (("whoami",), 5, "profile"),
    (("items", "list"), 5, "profile"),
    (("release", "i", "--nation", "IND", "--facility", "F", "--reader", "nobody", "--purpose", "p"), 2, "reader"),
    (_AUTHORISATION, 2, "programme"),
    ((*_AUTHORISATION, "--programme", "P", "--item", "I"), 2, "programme"),
    (("open", "itm_x", "--output", "no/such/folder/file"), 2, "output"),
    (("people", "credential", "prs_x", "--days", "3", "--output", "no/such/file"), 2, "output"),
]


@pytest.mark.parametrize(("words", "status", "field"), _WRONG, ids=[" ".join(words[:3]) for words, _, _ in _WRONG])
def test_wrong_input_names_the_field_and_what_was_expected(
    words: tuple[str, ...], status: int, field: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = command(*words, "--json")
    assert said.status == status, said.err
    assert field in said.error.get("field", "")
    assert said.error["expected"]
    assert said.error["message"]
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["seal", "submit"])
def test_a_missing_document_is_named_before_the_node_is_asked(command: Command, profile: Path, verb: str) -> None:
    said = command("--profile", profile, verb, *_SEAL[1:], "no-such.pdf", "--json")
    assert (said.status, said.error["field"], said.error["found"]) == (2, "document", "no-such.pdf")


@pytest.mark.parametrize(
    "words",
    [("whoami",), ("items", "list"), ("register",), ("refusal", "dec_x"), ("ledger", "show"), ("cases", "show", "r")],
    ids=" ".join,
)
def test_a_closed_port_is_told_by_its_address(words: tuple[str, ...], command: Command, profile: Path) -> None:
    said = command("--profile", profile, *words, "--json")
    assert said.status == 6
    assert said.error["found"] == "127.0.0.1:9"


def test_a_profile_without_a_secret_is_named(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text('{"node": "http://127.0.0.1:9", "client_id": "c"}')
    said = command("--profile", path, "whoami", "--json")
    assert (said.status, said.error["field"]) == (2, "profile.client_secret")
    path.write_text("no json")
    assert command("--profile", path, "whoami").status == 2


def test_a_malformed_bundle_is_told_and_left_as_it_was(
    command: Command, tmp_path: Path, parties: list[Path], profile: Path
) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text("{}")
    shown = command("rules", "show", bundle, "--party", parties[0], "--json")
    assert shown.status in {2, 10}, shown.err
    assert shown.error["field"]
    assert command("--profile", profile, "rules", "activate", bundle).status == 6
    assert bundle.read_text() == "{}"


def test_a_choice_that_does_not_exist_is_a_usage_error(command: Command) -> None:
    for words in ((*_CASE, "--outcome", "maybe"), ("nothing",), ("assurances", "give", "--kind", "company")):
        said = command(*words)
        assert said.status == 2
        assert "Usage:" in said.err


def test_every_command_answers_help() -> None:
    found = list(commands(relto, ("relto",)))
    assert len(found) > 40
    for words, one in found:
        assert one.help, words
        assert one.get_short_help_str(), words


def test_verification_needs_no_django(export: Path) -> None:
    script = (
        "import sys; sys.modules['django'] = None; sys.argv = ['relto', 'verify', sys.argv[1]]; "
        "from relto.cli.main import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", script, str(export)], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
