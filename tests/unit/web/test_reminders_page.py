"""How am I reminded? An address for a calendar, shown once, and notices by mail; each ends with one button."""

from __future__ import annotations

import re

from relto.store.models import LedgerEntry, NoticeAddress
from tests.unit.web.portal import Portal

PAGE = "/en/account/reminders/"


def test_a_calendar_address_is_shown_once_works_and_ends(portal: Portal) -> None:
    browser = portal.as_person("security_officer")
    assert "Your calendar has no address yet." in browser.get(PAGE).content.decode()
    made = browser.post(PAGE, {"what": "open_calendar"}).content.decode()
    found = re.search(r"(/en/calendar/[\w-]+\.ics)", made)
    assert found is not None
    assert browser.get(found[1]).content.startswith(b"BEGIN:VCALENDAR")
    again = browser.get(PAGE).content.decode()
    assert "Your calendar has an address that works." in again
    assert found[1] not in again
    assert browser.post(PAGE, {"what": "close_calendar"}).status_code == 302
    assert browser.get(found[1]).status_code == 404
    assert LedgerEntry.objects.filter(event__in=("calendar:opened", "calendar:closed")).count() == 2


def test_notices_begin_at_an_address_that_is_shown_to_nobody_and_end(portal: Portal) -> None:
    browser = portal.as_person("release_officer")
    wrong = browser.post(PAGE, {"what": "begin_mail", "address": "not an address\nBcc: all"})
    assert wrong.status_code == 422
    assert NoticeAddress.objects.count() == 0
    assert browser.post(PAGE, {"what": "begin_mail", "address": "officer@authority.example"}).status_code == 302
    page = browser.get("/hi/account/reminders/").content.decode()
    assert "अब न बताएँ" in page
    assert "officer@authority.example" not in page
    assert browser.post(PAGE, {"what": "end_mail"}).status_code == 302
    assert NoticeAddress.objects.count() == 0


def test_another_wish_is_not_known_and_the_account_leads_here(portal: Portal) -> None:
    browser = portal.as_person("engineer")
    assert browser.post(PAGE, {"what": "everything"}).status_code == 404
    assert browser.post(PAGE, {"what": "end_mail"}).status_code == 404
    assert PAGE in browser.get("/en/account/").content.decode()


def test_she_chooses_of_what_she_is_told_and_whether_together_once_a_day(portal: Portal) -> None:
    browser = portal.as_person("release_officer")
    assert browser.post(PAGE, {"what": "wish", "kinds": ["turn"]}).status_code == 404, "nobody tells her anything yet"
    browser.post(PAGE, {"what": "begin_mail", "address": "officer@authority.example"})
    page = browser.get(PAGE).content.decode()
    assert page.count('name="kinds"') == page.count(" checked>") - 1 == 7
    assert browser.post(PAGE, {"what": "wish", "kinds": ["turn", "alarm"], "daily": "yes"}).status_code == 302
    row = NoticeAddress.objects.get()
    assert row.daily
    assert set(row.declined) == {"answer", "assurance", "suspension", "meeting", "emergency"}
    assert browser.get(PAGE).content.decode().count(" checked>") == 3
    assert browser.post(PAGE, {"what": "wish", "kinds": ["sign_in"]}).status_code >= 400, "that is no choice"
