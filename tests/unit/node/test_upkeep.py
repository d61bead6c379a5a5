"""An older node is upgraded or stays as it was; keys are rotated; a node and a backup are verified, harm is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relto.witness.process import WitnessServer
from tests.unit.node import upkeep_story
from tests.unit.node.doctored import Seeded


def told(root: Path, elsewhere: Path) -> dict[str, dict[str, Any]]:
    words = [sys.executable, "-m", upkeep_story.__name__, str(root), str(elsewhere)]
    here = Path(__file__).resolve().parents[3]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == 0, done.stderr[-3000:]
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    return {str(step["step"]): step for step in steps}


@pytest.mark.accept
def test_an_older_node_is_upgraded_whole_or_not_at_all_and_every_harm_is_found(
    made: tuple[Seeded, WitnessServer], tmp_path: Path
) -> None:
    shutil.copytree(made[0].root, tmp_path / "node")
    steps = told(tmp_path / "node", tmp_path)
    assert steps["doctor"]["troubles"] == []
    older = steps["older"]
    assert older["size"] >= 4
    assert "store.0015_alignment" in older["plan"]
    assert steps["no backup"]["code"] == "conflict.backup_needed"
    nowhere = steps["a row that leads nowhere"]
    assert nowhere["code"] in {"not_verified.upgrade", "unreachable.database"}
    assert (nowhere["same"], [name for name in nowhere["left"] if "upgrading" in name]) == (True, [])
    assert steps["upgraded"]["migrations"] == older["plan"]
    assert (steps["upgraded"]["size"], steps["upgraded"]["root"]) == (older["size"], older["root"])
    assert steps["again"]["migrations"] == []
    node = steps["node"]
    own = {"record_extra": 1}  # the document that the story put there without an entry: it is found
    assert (node["counts"], node["kind"], node["root"], node["size"]) == (own, "node", older["root"], older["size"])
    assert node["payloads"] == 1
    assert steps["harmed"]["counts"] == {"payload_changed": 1, "secret_closed": 1, **own}
    assert steps["rotated"]["made"] == [1, 2, 3]
    assert len(steps["rotated"]["retired"]) == 2  # the agreement names the strongest key, so that one waits
    assert all(steps["still there"]["known"])
    interrupted = steps["interrupted"]
    assert (interrupted["left"], interrupted["same"], interrupted["finished"]) == (["rotation_unfinished"], True, True)
    master = steps["master"]
    assert (master["counts"], master["troubles"], master["again"]) == (own, [], False)
    assert (master["kept"], master["fresh"]) == (True, True)
    assert (steps["backup"]["counts"], steps["backup"]["files"] > 20) == ({}, True)
    assert steps["harmed backup"]["counts"] == {"listed_changed": 1, "not_listed": 1}
    assert steps["another master secret"]["code"] == "not_verified.backup_foreign"
