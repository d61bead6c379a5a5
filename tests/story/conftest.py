"""Two real nations in real processes: set up once for a test module, played through their doors."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relto.cli.demo import story_on, straight_path_on, whole_story
from relto.node.processes import Supervisor
from relto.node.training_ground import Ground, prepare_ground, start_ground
from relto.rehearsal.documents import DemoDocument
from relto.rehearsal.straight_path import StraightPath

SENTENCE = "A known sentence that no folder of a node may ever hold."
TITLE = "A known title of a training document"


@dataclass
class World:
    """A running training ground with its own temporary folder for everything the processes write aside."""

    ground: Ground
    supervisor: Supervisor
    temporary: Path
    seen_secrets: dict[str, bytes] = field(default_factory=dict)

    def path(self, *documents: DemoDocument) -> StraightPath:
        """A straight path over these documents."""
        return straight_path_on(self.ground, documents, lambda _step: None)

    def whole_story(self, *documents: DemoDocument) -> StraightPath:
        """The whole story, whose straight path is over these documents."""
        return story_on(self.ground, documents, lambda _step: None, whole_story())


def document(folder: Path, name: str, content: bytes, title: str = TITLE) -> DemoDocument:
    """A document of the story."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return DemoDocument(path, title, "application/octet-stream", despite="a test's own text, without markings")


def start_world(folder: Path) -> World:
    """Prepare and start both nations below `folder`; the processes' TMPDIR is a folder of its own."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None
    try:
        ground = prepare_ground(folder / "ground")
        return World(ground, start_ground(ground), temporary)
    finally:
        tempfile.tempdir = None
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both nations, running."""
    made = start_world(tmp_path_factory.mktemp("world"))
    yield made
    made.supervisor.stop()
