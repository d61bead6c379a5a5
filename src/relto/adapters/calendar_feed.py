"""A calendar of due dates as iCalendar (RFC 5545): numbers, kinds of limits and instants, nothing else.

Of a co-chair the meetings of the working group stand beside them, as `relto.adapters.meeting_calendar` shows them.

Promises: whoever reads the feed on a telephone or on a company's mail server learns which number is due when and by
which limit; never a title, a name, a nation's level or a text of a form (issue of procedures, part 11). Same dues, same
bytes: an event keeps its UID as long as its dossier and clock do, so that a moved date moves the entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from icalendar import Calendar, Event

from relto.adapters.meeting_calendar import CalendarMeeting, meeting_event
from relto.adapters.words import sentence
from relto.base.instants import Instant, instant_text

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_PRODUCT: Final = "-//relto//dossiers//EN"
_REFRESH: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DueEntry:
    """One entry. `clock`: its code; `changed`: when the dossier last changed; `is_overdue`: as of the asking."""

    number: str
    nation: str
    procedure: str
    clock: str
    whose: str
    at: Instant
    changed: Instant
    is_overdue: bool


def calendar_feed(
    entries: Sequence[DueEntry], *, node: str, language: str = "en", meetings: Sequence[CalendarMeeting] = ()
) -> bytes:
    """The feed. `node`: the host of the portal, which makes the UIDs unique."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", sentence("feed.name", language))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for one in entries:
        calendar.add_component(_event(one, node, language))
    for meeting in meetings:
        calendar.add_component(meeting_event(meeting, language))
    written: bytes = calendar.to_ical()
    return written


def _event(one: DueEntry, node: str, language: str) -> Event:
    event = Event()
    event.add("uid", f"{one.nation}-{one.number}-{one.clock}-{one.whose}@{node}".lower())
    event.add("dtstamp", one.changed.replace(microsecond=0))
    event.add("dtstart", one.at.replace(microsecond=0))
    event.add("summary", _summary(one, language))
    event.add("description", f"{sentence('feed.due', language)}: {instant_text(one.at)} ({one.whose})")
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    return event


def _summary(one: DueEntry, language: str) -> str:
    clock = sentence(f"clock.{one.procedure}.{one.clock}", language)
    late = f" ({sentence('feed.overdue', language)})" if one.is_overdue else ""
    return f"{one.number}: {clock}{late}"
