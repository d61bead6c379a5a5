"""A calendar that closes when its owner says so, and notices that say nothing, over services and a real mail server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from icalendar import Calendar
from pytest_django import Settings

from relto.adapters.mail_notices import MailServer
from relto.base.errors import MalformedInput, NotAvailable
from relto.services import dossiers, notices, suspensions
from relto.services.dossiers import feeds
from relto.store.models import LedgerEntry, NoticeAddress, PersonNotice
from relto.store.models.dossiers import CalendarFeed
from tests.support.houses import Node
from tests.unit.adapters.test_mail_notices import Mailbox, serving
from tests.unit.services.dossiers.test_on_one_node import begun

pytestmark = pytest.mark.django_db


def events(feed: bytes) -> list[str]:
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(feed).walk("VEVENT")]


def test_a_calendar_tells_numbers_and_dates_to_whoever_has_its_address(usa: Node) -> None:
    view = begun(usa)
    actor = usa.actor("security_officer")
    dossiers.take(usa.house, actor, view.number, "endorse")
    secret = feeds.open_feed(usa.house, actor)
    data = feeds.read_feed(usa.house, secret)
    assert events(data)
    assert all(one.startswith(f"{view.number}: ") for one in events(data))
    for told in ("Name of engineer", "SECRET", usa.people["engineer"], "MONSOON"):
        assert told.encode() not in data
    assert secret not in CalendarFeed.objects.get().digest
    assert LedgerEntry.objects.filter(event="calendar:opened").count() == 1


def test_an_address_ends_when_it_is_closed_when_a_new_one_is_made_and_when_its_owner_is_suspended(usa: Node) -> None:
    actor = usa.actor("security_officer")
    first = feeds.open_feed(usa.house, actor)
    second = feeds.open_feed(usa.house, actor, "hi")
    feeds.read_feed(usa.house, second)
    feeds.close_feed(usa.house, actor)
    third = feeds.open_feed(usa.house, actor)
    suspensions.suspend(usa.house, usa.actor("registrar"), kind="person", subject=actor.person, reason="left")
    for secret in (first, second, third, "x" * 500, "nobody"):
        with pytest.raises(NotAvailable):
            feeds.read_feed(usa.house, secret)


def test_the_portal_gives_the_calendar_without_signing_in(usa: Node, settings: Settings) -> None:
    settings.RELTO_HOUSE = usa.house
    settings.ROOT_URLCONF = "tests.support.portal_urls"
    settings.ALLOWED_HOSTS = ["testserver"]
    secret = feeds.open_feed(usa.house, usa.actor("registrar"))
    answer = Client().get(f"/en/calendar/{secret}.ics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    assert Client().get("/en/calendar/nobody.ics").status_code == 404
    assert Client().post(f"/en/calendar/{secret}.ics").status_code == 405


def test_who_asked_is_told_once_each_time_that_a_dossier_comes_to_wait_for_her(usa: Node) -> None:
    before = begun(usa)
    usa.clock.forward(hours=1)
    actor = usa.actor("security_officer")
    notices.begin_notices(usa.house, actor, "fso@company.example")
    assert LedgerEntry.objects.filter(event="notices:begun").count() == 1
    view = begun(usa)
    mailbox = Mailbox()
    with serving(mailbox) as port:
        server = MailServer("127.0.0.1", port, "relto@node.example", security="none")
        assert notices.tell_who_waits(usa.house, server) == 1
        assert notices.tell_who_waits(usa.house, server) == 0
        dossiers.take(usa.house, actor, view.number, "endorse")
        assert notices.tell_who_waits(usa.house, server) == 0
    ((_, message),) = mailbox.messages
    assert view.number in message["Subject"]
    assert before.number not in message.as_string()
    assert usa.house.urls.portal in message.get_content()


def test_a_server_that_is_away_is_tried_again_later_and_not_for_ever(usa: Node) -> None:
    notices.begin_notices(usa.house, usa.actor("security_officer"), "fso@company.example")
    begun(usa)
    away = MailServer("127.0.0.1", 9, "relto@node.example", security="none")
    pauses = []
    for _ in range(8):
        assert notices.tell_who_waits(usa.house, away) == 0
        row = PersonNotice.objects.get()
        if row.try_at is not None:
            pauses.append(row.try_at - usa.clock.now())
            usa.clock.moment = row.try_at
    assert row.try_at is None
    assert pauses == sorted(pauses)
    assert pauses[0] >= timedelta(minutes=1)


def test_nobody_is_told_who_did_not_ask_or_asks_no_longer(usa: Node) -> None:
    actor = usa.actor("security_officer")
    for address in ("", "no address", "a@b\r\nBcc: c@d.example"):
        with pytest.raises(MalformedInput):
            notices.begin_notices(usa.house, actor, address)
    notices.begin_notices(usa.house, actor, "fso@company.example")
    begun(usa)
    notices.end_notices(usa.house, actor)
    assert not NoticeAddress.objects.exists()
    away = MailServer("127.0.0.1", 9, "relto@node.example", security="none")
    assert notices.tell_who_waits(usa.house, away) == 0
    assert not PersonNotice.objects.exists()
    with pytest.raises(NotAvailable):
        notices.end_notices(usa.house, actor)
