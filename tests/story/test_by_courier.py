"""Two real nations whose link is down: a release, its acceptance and every receipt go by courier, by the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relto.rehearsal.documents import DemoDocument
from tests.story.conftest import SENTENCE, TITLE, World, document

pytestmark = [pytest.mark.story, pytest.mark.accept]
LINKS = ("IND/link", "USA/link")


def courier(world: World, nation: str, *arguments: str) -> dict[str, Any]:
    """`relto courier`, as the operator of a nation."""
    first = json.loads((world.ground.node(nation) / "first-credentials.json").read_text(encoding="utf-8"))
    profile = world.temporary / f"{nation}-operator.json"
    profile.write_text(json.dumps(first["operator"]), encoding="utf-8")
    profile.chmod(0o600)
    command = [sys.executable, "-m", "relto.cli", "--json", "--profile", str(profile), "courier", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def carried(world: World, sender: str, taker: str, place: Path) -> dict[str, Any]:
    """From one node to the other, in a folder that is then read like a medium."""
    made = courier(
        world, sender, "export", taker, "--output", str(place), "--media", "M-1", "--carried-by", "courier/C-1"
    )
    held = b"".join(path.read_bytes() for path in ([place] if place.is_file() else sorted(place.iterdir())))
    assert SENTENCE.encode() not in held
    assert TITLE.encode() not in held
    found = courier(world, taker, "import", str(place), "--wait", "30")
    assert (found["state"], found["number"]) == ("taken", made["number"])
    return found


def test_with_the_link_down_everything_goes_by_courier(world: World, tmp_path: Path) -> None:
    described: DemoDocument = document(tmp_path / "documents", "report.txt", SENTENCE.encode() * 50_000)
    path = world.path(described)
    path.prepare()
    for name in LINKS:
        world.supervisor.children[name].stop()
    way = path.eastward
    case = way.release(way.ask(way.seal(described), mode="transferred"))
    officer = path.usa["release_officer"].node
    path.wait_for(lambda: officer.case(case.id), lambda seen: seen.state == "sent")
    over = carried(world, "USA", "IND", tmp_path / "first")
    assert (over["messages"], over["payloads"], over["results"]) == (1, 1, [])
    arrival = way.accept(case)
    way.open(described, arrival)
    back = carried(world, "IND", "USA", tmp_path / "back.tar")
    assert back["answers"] >= 1
    assert officer.case(case.id).state == "accepted"
    carried(world, "USA", "IND", tmp_path / "second")
    for name in LINKS:
        world.supervisor.children[name].start()
    path.close()
