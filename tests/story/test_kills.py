"""Every process is killed with SIGKILL and started again between any two steps: the same story, nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story.conftest import SENTENCE, World, document

pytestmark = pytest.mark.story


@pytest.mark.parametrize("every", [2, pytest.param(1, marks=pytest.mark.accept)])
def test_the_story_is_the_same_when_every_process_is_killed_between_any_two_steps(
    world: World, tmp_path: Path, every: int
) -> None:
    """`every`: between each two steps in `make accept`; in `make test` between every second two, for its time."""
    path = world.path(document(tmp_path, "known.txt", SENTENCE.encode()))
    kills = pauses = 0

    def kill_all() -> None:
        nonlocal kills, pauses
        pauses += 1
        if pauses % every:
            return
        for child in world.supervisor.children.values():
            child.kill()
            kills += 1
        for child in world.supervisor.children.values():
            child.start()
        world.supervisor.wait_ready()

    path.between = kill_all
    story = path.play()

    assert story.as_expected
    assert kills >= len(world.supervisor.children) * ((len(story.steps) - 1) // every)
    for nation in (path.usa, path.ind):
        officer = nation["release_officer"].node
        numbers = [line.number for line in officer.register()]
        assert len(numbers) == len(set(numbers))
    sent = [line for line in path.usa["release_officer"].node.register() if line.direction == "sent"]
    received = [line for line in path.ind["release_officer"].node.register() if line.direction == "received"]
    assert len(sent) == 1
    assert len(received) == 1
    assert [line.uuid for line in sent] == [line.uuid for line in received]
    assert len(path.usa["release_officer"].node.cases()) == 1
    assert len(path.ind["release_officer"].node.arrivals()) == 1
    assert len(path.ind.registrar.node.assurances()) == 6
    path.close()
