"""A portal in front of a whole node: people sign in and look at pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from relto.adapters.log_files import FolderLogFiles
from tests.support.houses import USA
from tests.unit.web.portal import Portal, open_portal


@pytest.fixture
def portal(db: None, tmp_path: Path, settings: Settings) -> Portal:
    made = open_portal(tmp_path, USA)
    settings.RELTO_HOUSE = made.node.house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    return made


@pytest.fixture
def visitor() -> Client:
    return Client()
