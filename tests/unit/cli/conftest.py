from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from werkzeug.test import Client as DoorClient

from relto.adapters.log_files import FolderLogFiles
from relto.api.urls import api
from relto.kas.doors import Unauthenticated, key_service_door
from relto.services.house import NodeUrls
from tests.unit.api.door import open_door
from tests.unit.cli.desk import Desk


@pytest.fixture
def desk(transactional_db: None, live_server: LiveServer, tmp_path: Path, settings: Settings) -> Desk:
    door = open_door(tmp_path)
    address = live_server.url
    house = dataclasses.replace(door.node.house, urls=NodeUrls(address, address, address))
    door.node.house = house
    token_door = DoorClient(key_service_door(house, door.keyring, Unauthenticated()))

    def token(request: HttpRequest) -> HttpResponse:
        """The key service's own token endpoint, behind the one port that a test has."""
        headers = {"Authorization": request.headers["Authorization"], "Content-Type": request.headers["Content-Type"]}
        said = token_door.post("/token", data=request.body, headers=headers)
        return HttpResponse(said.data, status=said.status_code, content_type=said.content_type)

    settings.RELTO_HOUSE = house
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = (path("api/v1/", api.urls), path("token", csrf_exempt(token)))
    settings.ALLOWED_HOSTS = ["localhost"]
    return Desk(door, address, tmp_path)
