"""What a rehearsal leaves and removes: training grounds, and nothing that somebody else put there."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.base.errors import Conflict
from relto.node import rehearsal_ground
from relto.node.rehearsal_ground import RehearsalGrounds
from relto.node.training_ground import MARKER


def test_only_training_grounds_are_removed(tmp_path: Path) -> None:
    for name, marked in (("prepared", True), ("course", False)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "something").write_text("x", encoding="ascii")
        if marked:
            (tmp_path / name / MARKER).write_text("1\n", encoding="ascii")
    grounds = object.__new__(RehearsalGrounds)
    grounds._folder = tmp_path
    grounds.remove()
    assert [one.name for one in tmp_path.iterdir()] == ["course"]
    assert (tmp_path / "course" / "something").exists()


def test_a_folder_of_somebody_else_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / rehearsal_ground._PREPARED).mkdir()
    (tmp_path / rehearsal_ground._PREPARED / "thesis.txt").write_text("x", encoding="ascii")
    with pytest.raises(Conflict, match="folder_in_use"):
        RehearsalGrounds(tmp_path)
    assert (tmp_path / rehearsal_ground._PREPARED / "thesis.txt").exists()
