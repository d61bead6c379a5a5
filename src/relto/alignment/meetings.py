"""Meetings of the joint working group: planned, held or cancelled, in one nation's words.

A meeting is one entry of the shared record. Each nation writes the whole meeting as it sees it, on its own line only;
every item of the agenda names an entry of the record and the nation that owns it; minutes are of items, and decisions
concern entries. What both nations make of their words stands in `relto.alignment.meeting_standing`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from relto.alignment.bilingual import read_bilingual
from relto.alignment.shared_record import Said
from relto.base.calendars import calendar_of
from relto.base.errors import Conflict, MalformedInput, UnknownValue
from relto.base.ids import read_id
from relto.base.instants import Instant, instant_text, read_instant
from relto.base.nations import Nation

PLANNED: Final = "planned"
HELD: Final = "held"
CANCELLED: Final = "cancelled"
STATES: Final = (PLANNED, HELD, CANCELLED)
IN_PERSON: Final = "in_person"
REMOTE: Final = "remote"
FORMATS: Final = (IN_PERSON, REMOTE)

MOST_ITEMS: Final = 30
MOST_DECISIONS: Final = 20
LONGEST_PLACE: Final = 100
LONGEST_ITEM: Final = 500
LONGEST_SAID: Final = 1500
LONGEST_DECISION: Final = 1000
LONGEST_REASON: Final = 500
LONGEST_MEETING: Final = timedelta(days=14)
MOST_A_YEAR: Final = 12
NUMBER: Final = re.compile(r"\AJWG-(\d{4})-([1-9]\d?)\Z")
_ZONE: Final = re.compile(r"\A[A-Za-z_]{2,20}(/[A-Za-z0-9_+-]{1,30}){0,2}\Z")


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One item: the entry that it is about, its title when it was taken up, whose item it is, and why it is there."""

    entry: str
    title: str
    owner: Nation
    why: str


@dataclass(frozen=True, slots=True)
class Minute:
    """What was said under an item. `text`: language -> text."""

    entry: str
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A joint decision. `code`: D1, D2 and so on within the meeting; `entry`: what it concerns."""

    code: str
    entry: str
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting in one nation's words. `per_year`: how many meetings a year it sets, 0 when it sets nothing.

    `zone`: IANA name in which its times are read; `reason`: why it was cancelled; `on`: digest of the version that its
    author had before her, "" for the first.
    """

    number: str
    host: Nation
    place: str
    starts: Instant
    ends: Instant
    zone: str
    form: str
    per_year: int
    agenda: tuple[AgendaItem, ...] = ()
    minutes: tuple[Minute, ...] = ()
    decisions: tuple[Decision, ...] = ()
    state: str = PLANNED
    reason: str = ""
    on: str = ""

    def body(self) -> dict[str, Any]:
        """As it stands in the statement."""
        return {
            "number": self.number,
            "host": str(self.host),
            "place": self.place,
            "starts": instant_text(self.starts),
            "ends": instant_text(self.ends),
            "zone": self.zone,
            "format": self.form,
            "per_year": self.per_year,
            "agenda": [
                {"entry": one.entry, "title": one.title, "owner": str(one.owner), "why": one.why} for one in self.agenda
            ],
            "minutes": [{"entry": one.entry, "text": dict(one.text)} for one in self.minutes],
            "decisions": [{"code": one.code, "entry": one.entry, "text": dict(one.text)} for one in self.decisions],
            "state": self.state,
            "reason": self.reason,
            "on": self.on,
        }


def make_meeting(
    parties: Sequence[Nation],
    *,
    number: str,
    host: Nation,
    place: str,
    starts: Instant,
    ends: Instant,
    zone: str,
    form: str,
    per_year: int = 0,
) -> Meeting:
    """A planned meeting without an agenda. `place`: checked text. Raises MalformedInput or UnknownValue by field."""
    if not NUMBER.match(number):
        raise MalformedInput("alignment.number", field="number", expected="JWG, the year, a number from 1 to 99")
    if host not in parties:
        raise UnknownValue("nation", field="host", expected=", ".join(sorted(parties)))
    if form not in FORMATS:
        raise UnknownValue("alignment.format", field="form", expected=", ".join(FORMATS))
    if not _ZONE.match(zone):
        raise MalformedInput("alignment.zone", field="zone", expected="a zone such as Asia/Kolkata")
    if not timedelta(0) < ends - starts <= LONGEST_MEETING:
        raise MalformedInput("period", field="ends", expected=f"after the start, within {LONGEST_MEETING.days} days")
    if not 0 <= per_year <= MOST_A_YEAR:
        raise MalformedInput("alignment.per_year", field="per_year", expected=f"0 to {MOST_A_YEAR}")
    return Meeting(number, host, place, starts, ends, zone, form, per_year)


def with_agenda(meeting: Meeting, items: Sequence[AgendaItem], parties: Sequence[Nation]) -> Meeting:
    """The meeting with this agenda, item by item as it was chosen. Raises MalformedInput, UnknownValue, Conflict."""
    require_open(meeting)
    if len(items) > MOST_ITEMS or len({one.entry for one in items}) != len(items):
        raise MalformedInput("alignment.agenda", field="agenda", expected=f"at most {MOST_ITEMS}, each entry once")
    for one in items:
        read_id(one.entry, "ale", field="agenda")
        if one.owner not in parties:
            raise UnknownValue("nation", field="owner", expected=", ".join(sorted(parties)))
    return replace(meeting, agenda=tuple(items))


def with_minutes(
    meeting: Meeting,
    minutes: Sequence[tuple[str, Mapping[str, str]]],
    decisions: Sequence[tuple[str, Mapping[str, str]]],
) -> Meeting:
    """The meeting as held. `minutes`: (entry of the agenda, text by language); `decisions`: (entry, text by language).

    Raises MalformedInput or UnknownValue by field, Conflict("alignment.meeting") for a cancelled meeting.
    """
    require_open(meeting)
    on_agenda = {one.entry for one in meeting.agenda}
    if len({entry for entry, _ in minutes}) != len(minutes):
        raise MalformedInput("alignment.minutes", field="minutes", expected="each item of the agenda once")
    if not {entry for entry, _ in (*minutes, *decisions)} <= on_agenda:
        raise UnknownValue("alignment.item", field="minutes", expected="entries on the agenda")
    if len(decisions) > MOST_DECISIONS:
        raise MalformedInput("alignment.decisions", field="decisions", expected=f"at most {MOST_DECISIONS}")
    return replace(
        meeting,
        state=HELD,
        minutes=tuple(
            Minute(entry, read_bilingual(text, field="minutes", longest=LONGEST_SAID)) for entry, text in minutes
        ),
        decisions=tuple(
            Decision(f"D{number}", entry, read_bilingual(text, field="decisions", longest=LONGEST_DECISION))
            for number, (entry, text) in enumerate(decisions, 1)
        ),
    )


def cancelled(meeting: Meeting, reason: str) -> Meeting:
    """The meeting called off. `reason`: checked text. Raises Conflict("alignment.meeting") for one that was held."""
    require_open(meeting)
    if meeting.state == HELD:
        raise Conflict("alignment.meeting", field="state", found=meeting.state, expected=PLANNED)
    return replace(meeting, state=CANCELLED, reason=reason)


def require_open(meeting: Meeting) -> None:
    """Raises Conflict("alignment.meeting") for a cancelled meeting."""
    if meeting.state == CANCELLED:
        raise Conflict("alignment.meeting", field="state", found=meeting.state, expected=f"{PLANNED} or {HELD}")


def read_meeting(body: Mapping[str, Any]) -> Meeting:
    """A nation's words from a checked statement. Raises MalformedInput for an instant that is none."""
    return Meeting(
        number=body["number"],
        host=Nation(body["host"]),
        place=body["place"],
        starts=read_instant(body["starts"], field="starts"),
        ends=read_instant(body["ends"], field="ends"),
        zone=body["zone"],
        form=body["format"],
        per_year=body["per_year"],
        agenda=tuple(
            AgendaItem(one["entry"], one["title"], Nation(one["owner"]), one["why"]) for one in body["agenda"]
        ),
        minutes=tuple(Minute(one["entry"], one["text"]) for one in body["minutes"]),
        decisions=tuple(Decision(one["code"], one["entry"], one["text"]) for one in body["decisions"]),
        state=body["state"],
        reason=body["reason"],
        on=body["on"],
    )


def check_meeting(said: Said) -> None:
    """What a meeting's statement must hold beside its form, the own and the partner's. Raises MalformedInput by field.

    A host without a calendar is UnknownValue. Nothing that two nodes could say in good faith at once is refused: two
    meetings may have one number, and it shows.
    """
    meeting = read_meeting(said.body)
    calendar_of(meeting.host)  # its days are those of the meeting
    if not timedelta(0) < meeting.ends - meeting.starts <= LONGEST_MEETING:
        raise MalformedInput("period", field="ends", expected="after the start")
    if not NUMBER.match(meeting.number) or not _ZONE.match(meeting.zone):
        raise MalformedInput("alignment.number", field="number", expected="a number and a zone")
    codes = [one.code for one in meeting.decisions]
    if codes != [f"D{number}" for number in range(1, len(codes) + 1)]:
        raise MalformedInput("alignment.decisions", field="decisions", expected="D1, D2 and so on")
    listed = [one.entry for one in meeting.agenda]
    if len(set(listed)) != len(listed) or not {one.entry for one in meeting.minutes} <= set(listed):
        raise MalformedInput("alignment.agenda", field="agenda", expected="each entry once, minutes of items")
