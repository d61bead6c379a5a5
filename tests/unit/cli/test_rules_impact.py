"""`relto rules impact`: a co-chair sees what a draft changes for everybody before anybody signs."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from relto.base.errors import MalformedInput, UnknownValue
from relto.cli.main import relto
from relto.rules.builtin import package_data
from tests.unit.rules.agreement import NOW, unsigned

AT = NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(*words: str) -> Result:
    return CliRunner().invoke(relto, [*words])


def _files(tmp_path: Path) -> tuple[str, str, str]:
    limits = json.loads(package_data("limits.json"))
    limits["limits"]["assurance_status_max_age"]["value"] = 6
    old, new, held = (tmp_path / name for name in ("old.json", "new.json", "held.npz"))
    old.write_bytes(unsigned())
    new.write_bytes(unsigned(version=2, supersedes=1, limits=limits))
    sizes = ("--people", "300", "--items", "500", "--seed", "4", "--at", AT)
    made = _run("rules", "generate", str(held), *sizes, "--bundle", str(old))
    assert made.exit_code == 0, made.output
    return str(old), str(new), str(held)


def test_a_draft_is_weighed_told_and_exported(tmp_path: Path) -> None:
    old, new, held = _files(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    asked = ("rules", "impact", old, new, "--holdings", held, "--at", AT, "--cells", "20")
    told = _run("--json", *asked, "--changed", old, "--list", "5", "--export", str(folder), "--parquet")
    assert told.exit_code == 0, told.output
    first, second = json.loads(told.output)
    assert first["pairs_lost"] > 0 == first["pairs_gained"]
    assert len(first["pairs"]) == 5
    assert (second["pairs_lost"], second["cells_worked_out_anew"], second["pairs"]) == (0, 0, [])
    lines = (folder / "impact-1-people.csv").read_text().splitlines()
    assert sum(int(line.split(",")[2]) for line in lines[1:]) == first["pairs_lost"]
    assert (folder / "impact-1-items.parquet").read_bytes().startswith(b"PAR1")
    assert "<title>Pairs gained and lost, by programme</title>" in (folder / "impact-1-programmes.svg").read_text()


def test_counts_are_told_in_words_and_name_nobody(tmp_path: Path) -> None:
    old, new, held = _files(tmp_path)
    told = _run("rules", "impact", old, new, "--holdings", held, "--at", AT, "--cells", "20")
    assert told.exit_code == 0, told.output
    assert "people who lose something" in told.output
    assert "0 differences" in told.output
    assert "person-" not in told.output


def test_what_is_no_holdings_is_refused_by_name(tmp_path: Path) -> None:
    old, new, held = _files(tmp_path)
    Path(held).write_bytes(b'{"type": "person"}\n')
    told = _run("rules", "impact", old, new, "--holdings", held)
    assert isinstance(told.exception, MalformedInput)
    assert (told.exception.field or "").startswith("line 1")


def test_a_channel_that_no_bundle_approves_is_refused_by_name(tmp_path: Path) -> None:
    old, new, held = _files(tmp_path)
    told = _run("rules", "impact", old, new, "--holdings", held, "--action", "release", "--channel", "pigeon")
    assert isinstance(told.exception, UnknownValue)
    assert (told.exception.field, told.exception.found) == ("channel", "pigeon")
