"""A meeting of the working group as iCalendar (RFC 5545): number, time and place, and nothing of its agenda.

Promises: whoever imports the file learns when and where both sides meet; what they talk about stays on the node. The
same meeting has the same UID on both nodes, and each change a higher SEQUENCE, so that a moved date moves the entry and
a meeting that was called off is cancelled in every calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from icalendar import Calendar, Event

from relto.adapters.words import sentence
from relto.base.instants import Instant, instant_text

_PRODUCT: Final = "-//relto//meetings//EN"
_STATUS: Final = {"planned": "TENTATIVE", "cancelled": "CANCELLED"}
"""By how the meeting stands; one that both nations confirmed, or that was held, is CONFIRMED."""


@dataclass(frozen=True, slots=True)
class CalendarMeeting:
    """A meeting for a calendar. `version`: how many versions were said of it; `changed`: when the last was said."""

    entry: str
    number: str
    place: str
    form: str
    zone: str
    starts: Instant
    ends: Instant
    state: str
    changed: Instant
    version: int


def meeting_file(meeting: CalendarMeeting, language: str = "en") -> bytes:
    """The file with this one event."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add_component(meeting_event(meeting, language))
    written: bytes = calendar.to_ical()
    return written


def meeting_event(meeting: CalendarMeeting, language: str = "en") -> Event:
    """The event, for this file or for a feed."""
    event = Event()
    event.add("uid", f"{meeting.entry}@relto")
    event.add("sequence", meeting.version)
    event.add("dtstamp", meeting.changed.replace(microsecond=0))
    event.add("dtstart", meeting.starts.replace(microsecond=0))
    event.add("dtend", meeting.ends.replace(microsecond=0))
    event.add("summary", f"{meeting.number}: {sentence('meeting.calendar.name', language)}")
    event.add("location", f"{meeting.place} ({sentence(f'meeting.form.{meeting.form}', language)})")
    stands = sentence(f"meeting.state.{meeting.state}", language)
    event.add("description", f"{stands}. {instant_text(meeting.starts)}, {meeting.zone}")
    event.add("status", _STATUS.get(meeting.state, "CONFIRMED"))
    event.add("class", "CONFIDENTIAL")
    return event
