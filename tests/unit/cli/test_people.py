"""`relto people` at a node that answers: a registrar finds whom she keeps, and takes a lost credential back."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from werkzeug.test import Client as DoorClient

from relto.adapters.log_files import FolderLogFiles
from relto.api.urls import api
from relto.base.errors import Conflict, NotAuthenticated, NotAvailable, Refused
from relto.cli.main import relto
from relto.kas.doors import Unauthenticated, key_service_door
from relto.services import credentials
from relto.services.house import NodeUrls
from tests.support.houses import COMPANY, FACILITY, USA
from tests.unit.api.door import OTHER_COMPANY, OTHER_FACILITY, Door, open_door


class Desk:
    """People at their terminals, each with her profile."""

    def __init__(self, door: Door, address: str, folder: Path) -> None:
        self.door = door
        self._address = address
        self._folder = folder

    def profile(self, who: str) -> Path:
        place = self._folder / f"{who}.json"
        if not place.exists():
            house = self.door.node.house
            issued = credentials.bootstrap_credential(house, person=self.door.node.people[who], days=3)
            content = {
                "node": self._address,
                "client_id": issued.client_id,
                "client_secret": issued.client_secret,
            }
            place.write_text(json.dumps(content))
        return place

    def types(self, who: str, *words: str) -> str:
        said = CliRunner().invoke(relto, ["--profile", str(self.profile(who)), *words])
        if said.exception is not None:
            raise said.exception
        return said.stdout

    def asks(self, who: str, *words: str) -> Any:
        return json.loads(self.types(who, "--json", *words))


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


def test_a_registrar_finds_companies_facilities_and_people(desk: Desk) -> None:
    people = desk.door.node.people
    assert {row["code"] for row in desk.asks("registrar", "people", "companies")} == {COMPANY[USA], OTHER_COMPANY}
    assert {row["code"] for row in desk.asks("registrar", "people", "facilities")} == {FACILITY[USA], OTHER_FACILITY}
    found = {row["name"]: row for row in desk.asks("registrar", "people", "list")}
    assert found["Name of engineer"]["person"] == people["engineer"]
    assert found["Name of engineer"]["roles"] == ["engineer"]
    table = desk.types("security_officer", "people", "list")
    assert people["engineer"] in table
    assert people["stranger"] not in table
    assert OTHER_COMPANY not in desk.types("security_officer", "people", "companies")
    assert OTHER_FACILITY not in desk.types("security_officer", "people", "facilities")
    assert desk.types("release_officer", "people", "companies") == "No company is visible to you.\n"
    assert desk.types("release_officer", "--language", "hi", "people", "facilities").startswith("आपको कोई प्रतिष्ठान")


def test_a_registrar_takes_a_lost_credential_back(desk: Desk) -> None:
    engineer = desk.door.node.people["engineer"]
    assert desk.asks("engineer", "whoami")["person"] == engineer
    (held,) = desk.asks("registrar", "people", "credentials", engineer)
    assert held["client_id"] in desk.types("registrar", "people", "credentials", engineer)
    with pytest.raises(Refused):
        desk.types("security_officer", "people", "revoke", engineer, held["client_id"])
    with pytest.raises(NotAvailable):
        desk.types("registrar", "people", "revoke", desk.door.node.people["colleague"], held["client_id"])
    with pytest.raises(NotAvailable):
        desk.types("registrar", "people", "credentials", "../companies")
    revoked = desk.asks("registrar", "people", "revoke", engineer, held["client_id"])
    assert revoked["revoked_at"]
    assert revoked["entry"].startswith("ent_")
    with pytest.raises(NotAuthenticated):
        desk.types("engineer", "whoami")
    with pytest.raises(Conflict):
        desk.types("registrar", "people", "revoke", engineer, held["client_id"])
    stranger = desk.door.node.people["stranger"]
    assert desk.types("registrar", "people", "credentials", stranger) == "This person holds no client credential.\n"
