"""Reading in the browser: offered where it is on, one session's alone, with marking and without any trace in caches."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from relto.adapters.reading_room.rooms import ChildRooms
from relto.ports.reading_room import ReadingRules
from relto.services.reading_room import Readings
from relto.store.models import Item, LedgerEntry
from tests.unit.web.portal import LANGUAGES, Portal

SENTENCE = "The quick mongoose measured seventeen amber turbines"


@pytest.fixture
def readings(portal: Portal, settings: Settings) -> Iterator[Readings]:
    made = Readings(ChildRooms(2), ReadingRules(frozenset({"USA SECRET"})))
    settings.RELTO_READINGS = made
    yield made
    for session, item in list(made._held):  # what a test left open
        held = made.take(session, item)
        assert held is not None
        held.room.close()


def sealed(portal: Portal) -> Item:
    return portal.seal(document=SimpleUploadedFile("hull.txt", f"{SENTENCE}.\n".encode() * 90, "text/plain"))


def test_a_document_is_read_and_closed(portal: Portal, readings: Readings) -> None:
    item, engineer = sealed(portal), portal.as_person("engineer")
    offered = engineer.get(f"/en/documents/{item.id}/").content.decode()
    assert f"/en/documents/{item.id}/read/" in offered
    place = engineer.post(f"/en/documents/{item.id}/read/")["Location"]
    shown = engineer.get(place)
    text = shown.content.decode()
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    assert SENTENCE in text
    assert "SECRET" in text
    picture = re.search(r'<img class="relto-reading__page" src="([^"]+)"', text)
    assert picture is not None
    drawn = engineer.get(picture[1])
    assert (drawn["Content-Type"], drawn["Cache-Control"]) == ("image/png", "no-store")
    assert drawn.content.startswith(b"\x89PNG")
    assert engineer.get(f"/en/documents/{item.id}/read/2/").status_code == 200
    assert engineer.get(f"/en/documents/{item.id}/read/999/").status_code == 404
    assert engineer.post(f"/en/documents/{item.id}/read/close/").status_code == 302
    assert engineer.get(place).status_code == 404
    assert LedgerEntry.objects.filter(event__startswith="reading:").count() == 2
    engineer.post(f"/en/documents/{item.id}/read/")
    session = str(engineer.session["relto.session"])
    assert readings.find(session, item.id) is not None
    engineer.post("/en/account/sign-out/")
    assert readings.find(session, item.id) is None
    assert readings.take("", item.id) is None


def test_nobody_elses_session_finds_it_and_both_languages_say_what_happens(portal: Portal, readings: Readings) -> None:
    item, engineer = sealed(portal), portal.as_person("engineer")
    place = engineer.post(f"/en/documents/{item.id}/read/")["Location"]
    for other in ("engineer", "security_officer", "colleague", "inspector"):
        stranger = portal.as_person(other)
        assert stranger.get(place).status_code == 404, other
        assert stranger.get(place.rstrip("/") + ".png").status_code == 404, other
    for language in LANGUAGES:
        page = engineer.get(f"/{language}/documents/{item.id}/read/").content.decode()
        assert "reading_page" not in page
        assert "<form" in page
    assert readings.find("", item.id) is None


def test_where_it_is_off_the_page_says_how_to_open_it_elsewhere(portal: Portal) -> None:
    item, engineer = sealed(portal), portal.as_person("engineer")
    page = engineer.get(f"/en/documents/{item.id}/read/").content.decode()
    assert "relto open" in page
    answer = engineer.post(f"/en/documents/{item.id}/read/")
    assert answer.status_code == 400
    assert "does not show documents of this level" in answer.content.decode()
    assert not LedgerEntry.objects.filter(event__startswith="reading:").exists()
