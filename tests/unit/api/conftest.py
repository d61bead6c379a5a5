from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from relto.adapters.log_files import FolderLogFiles
from tests.unit.api.door import Door, open_door


@pytest.fixture
def door(db: None, tmp_path: Path, settings: Settings) -> Door:
    made = open_door(tmp_path)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.unit.api.urls"
    settings.ALLOWED_HOSTS = ["usa.localhost"]
    return made
