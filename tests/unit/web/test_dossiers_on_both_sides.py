"""A dossier on the pages of both nations: sent by one, answered by the other, and each sees both sides' steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from relto.adapters.log_files import FolderLogFiles
from tests.support.houses import IND, USA
from tests.support.survey import register_survey
from tests.support.two_houses import TwoHouses
from tests.unit.web.portal import Portal

ANSWERS: dict[str, Any] = {
    "kind": "single",
    "partner": "IND",
    "purpose": "Measure the hull",
    "first_day": "2027-01-11",
    "last_day": "2027-01-15",
    "facility": "IND-F007",
    "escorted": False,
    "surveyors": [{"person": "prs_" + "s" * 24, "name": "A. Surveyor"}],
}


def test_the_partner_answers_on_its_page_and_no_name_crosses(
    db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_survey(monkeypatch)
    settings.RELTO_LOG_FILES = FolderLogFiles(tmp_path / "log")
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    with TwoHouses(tmp_path) as two:
        number = two.begin(USA, "security_officer", "survey", ANSWERS).number
        two.take(USA, "security_officer", number, "submit")
        two.take(USA, "release_officer", number, "sign", answers={"seen": True})
        two.take(USA, "registrar", number, "sign")
        two.deliver()
        with two.at(IND) as node:
            settings.RELTO_HOUSE = node.house
            officer = Portal(node).as_person("release_officer")
            listed = officer.get("/en/dossiers/").content.decode()
            assert number in listed
            assert "Needs you" in listed
            place = officer.get("/en/dossiers/", {"number": number})["Location"]
            page = officer.get(place).content.decode()
            assert "It waits for you." in page
            assert "the answering side" in page
            assert "Measure the hull" in page
            assert "A. Surveyor" not in page
            done = officer.post(f"{place}step/answer/", {"do": "sign"})
            assert done.status_code == 302
            assert "It is closed: nothing waits." in officer.get(place).content.decode()
        two.deliver()
        with two.at(USA) as node:
            settings.RELTO_HOUSE = node.house
            asker = Portal(node).as_person("security_officer")
            page = asker.get(asker.get("/en/dossiers/", {"number": number})["Location"]).content.decode()
            assert "answered" in page
            assert "A. Surveyor" in page
            assert "(stays at this node)" in page
