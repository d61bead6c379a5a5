"""The command of rehearsals before any node is set up: what it lists, what it refuses, what it says of a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relto.cli.main import run
from relto.cli.rehearse_words import asked, closing, progress
from relto.rehearsal.exercise import Taken
from relto.rehearsal.scenario_reading import read_scenario, shipped, shipped_file

STEP = read_scenario(shipped_file("compromised_facility")).course[5]
COUNTS = {"steps": 16, "refused": 1, "errors": 0, "undone": 0}


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit status and all that the command said."""
    monkeypatch.setattr("sys.argv", ["relto", *words])
    code = 0
    try:
        run()
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.mark.parametrize(("language", "title"), [("en", "A courier is lost"), ("hi", "संदेशवाहक खो गया")])
def test_it_lists_what_ships(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, title: str
) -> None:
    code, told = said(monkeypatch, capsys, "--language", language, "rehearse", "--list")
    assert code == 0
    assert title in told
    assert all(one in told for one in shipped())


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ((), 2, "malformed.rehearsal"),
        (("lost_courier", "--all"), 2, "malformed.rehearsal"),
        (("no_such_scenario",), 4, "not_available.scenario"),
        (("nowhere.yaml",), 2, "malformed.no_file"),
        (("lost_courier", "--proposed", "nowhere.bundle"), 2, "malformed.no_file"),
        (("lost_courier", "--report", "nowhere/report.json"), 2, "malformed.no_write"),
        (("--all", "--paper", "nowhere"), 2, "malformed.no_write"),
    ],
)
def test_it_refuses_before_anything_is_set_up(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, told = said(monkeypatch, capsys, "rehearse", *words)
    assert (found, reason in told) == (code, True)
    assert list(tmp_path.iterdir()) == []


def test_a_step_is_told_in_a_line_and_a_role_player_in_words_with_her_link() -> None:
    taken = Taken(STEP, datetime(2026, 11, 23, 9, tzinfo=UTC), "done", 120)
    assert "day   1  break_in [compromised_facility]: IND.registrar suspend facility ... done (120 ms)" in progress(
        taken
    )
    assert "NOT AS EXPECTED" in progress(replace(taken, outcome="refused", code="refused.role"))
    assert "nobody did" in progress(replace(taken, undone=True))
    told = asked(STEP, "http://ind.localhost:1/sign-in/x")
    assert "The guard of the facility" in told
    assert told.endswith("sign in: http://ind.localhost:1/sign-in/x")


def test_at_the_end_stands_the_digest_and_with_a_draft_how_it_is_attached(tmp_path: Path) -> None:
    alone = closing({"counts": {"in_force": COUNTS}}, "f" * 64, None)
    assert "f" * 64 in alone
    assert "attach" not in alone
    differences = {"permitted": 0, "refused": 1, "delayed": 2}
    counts = {"in_force": COUNTS, "proposed": COUNTS, "differences": differences}
    report = tmp_path / "report.json"
    told = closing({"counts": counts}, "f" * 64, report)
    assert f"relto align attach PROPOSAL {report}" in told
    assert "2 delayed" in told
