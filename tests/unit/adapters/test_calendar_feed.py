"""Due dates in anybody's calendar: numbers, limits and instants, read back by another reading of RFC 5545."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from relto.adapters.calendar_feed import DueEntry, calendar_feed
from tests.support.known import NOW

DUE = DueEntry("VIS-2026-0001", "USA", "form", "answer", "IND", NOW + timedelta(days=30), NOW, is_overdue=False)


def events(feed: bytes) -> list[Any]:
    return list(Calendar.from_ical(feed).walk("VEVENT"))


def test_an_entry_says_the_number_the_limit_and_when() -> None:
    (event,) = events(calendar_feed([DUE], node="usa.example"))
    assert event["SUMMARY"].startswith("VIS-2026-0001: ")
    assert event.decoded("DTSTART") == datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    assert event.decoded("DTSTAMP") == NOW
    assert str(event["UID"]) == "usa-vis-2026-0001-answer-ind@usa.example"
    assert str(event["CLASS"]) == "CONFIDENTIAL"


def test_the_same_dues_give_the_same_bytes_and_a_moved_date_keeps_its_entry() -> None:
    feed = calendar_feed([DUE], node="usa.example")
    assert feed == calendar_feed([DUE], node="usa.example")
    moved = calendar_feed([replace(DUE, at=DUE.at + timedelta(days=1), is_overdue=True)], node="usa.example")
    assert events(moved)[0]["UID"] == events(feed)[0]["UID"]
    assert "overdue" in events(moved)[0]["SUMMARY"]


def test_lines_end_and_fold_as_the_standard_says() -> None:
    feed = calendar_feed([DUE] * 3, node="a-rather-long-host-name-of-a-portal.company.example", language="hi")
    assert all(len(line) <= 75 for line in feed.split(b"\r\n"))
    assert feed.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"\n" not in feed.replace(b"\r\n", b"")


def test_an_empty_feed_is_a_calendar() -> None:
    assert not events(calendar_feed([], node="usa.example"))
