"""The command as people type it: a terminal each, a profile each, one node that answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from relto.cli.main import relto
from relto.services import credentials
from tests.unit.api.door import Door


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
