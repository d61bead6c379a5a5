"""Meetings and actions in words: days on both calendars, who is waited for, times in each nation's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.formats import date_format

from relto.adapters.words import sentence
from relto.base.calendars import CALENDARS, zone_named, zone_of
from relto.base.errors import UnknownValue
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.alignment.actions import ActionRow, actions
from relto.services.alignment.meetings import MeetingRow, meetings
from relto.services.house import House
from relto.web.dossier_rows import days_said
from relto.web.frame import city
from relto.web.words import language, said

_DAY = "l j F Y"
_ICONS = {
    "agreed": "wait",
    "proposed": "needs",
    "amended": "needs",
    "done": "holds",
    "withdrawn": "gap",
    "planned": "wait",
    "confirmed": "holds",
    "draft_minutes": "needs",
    "agreed_minutes": "holds",
    "amended_minutes": "needs",
    "cancelled": "gap",
}


@dataclass(frozen=True, slots=True)
class ActionLine:
    """An action in words. `text`: in the reader's language where it was written in it, else as it was, `lang`.

    `due`: the day that counts, in words; `days`: how far it is on both calendars; `other_due`: the day that a newer
    version would set, "" when it is the same; `is_past`: a day that nobody agreed to, and that is over.
    """

    row: ActionRow
    text: str
    lang: str
    role: str
    state: str
    icon: str
    due: str
    days: str
    other_due: str
    is_past: bool
    waits: str
    done: str


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting in words. `times`: (city or zone, its time) in each nation's zone and in the meeting's own."""

    row: MeetingRow
    state: str
    icon: str
    day: str
    times: tuple[tuple[str, str], ...]
    waits: str


def action_lines(own: House, rows: Sequence[ActionRow]) -> list[ActionLine]:
    """The actions in their order."""
    return [action_line(own, row) for row in rows]


def action_line(own: House, row: ActionRow) -> ActionLine:
    """One action in words: the day that counts is the agreed one, and while none is agreed the proposed one."""
    due = row.holds.due if row.holds is not None else row.due
    spoken = language() if language() in row.what else next(iter(row.what))
    now = own.now()
    is_open = row.state not in {"done", "withdrawn"}
    return ActionLine(
        row=row,
        text=row.what[spoken],
        lang=spoken,
        role=said("role", row.role),
        state=said("action.state", row.state),
        icon="fails" if row.late else _ICONS[row.state],
        due=date_format(due, _DAY),
        days=days_said(now, last_instant(due, row.owner), Nation(str(own.nation))) if is_open else "",
        other_due=date_format(row.due, _DAY) if row.due != due else "",
        is_past=is_open and not row.late and last_instant(due, row.owner) < now,
        waits=waits_words(row.waits_for),
        done=row.done.get(language()) or next(iter(row.done.values()), ""),
    )


def meeting_line(row: MeetingRow) -> MeetingLine:
    """One meeting in words."""
    return MeetingLine(
        row=row,
        state=said("meeting.state", row.state),
        icon=_ICONS[row.state],
        day=date_format(row.starts.astimezone(zone_of(row.host)), _DAY),
        times=times_of(row.starts, row.ends, row.zone),
        waits=waits_words(row.waits_for),
    )


def talked_about(own: House, actor: Actor, entry: str) -> dict[str, Any]:
    """What the page of an entry shows of it: the meetings that have it on their agenda, and what is owed of it."""
    return {
        "talked": [meeting_line(row) for row in meetings(own, actor, about=entry)],
        "owed": action_lines(own, actions(own, actor, about=entry)),
        "owed_about": entry,
        "may_owe": actor.holds(Role.CO_CHAIR),
    }


def times_of(starts: Instant, ends: Instant, zone: str) -> tuple[tuple[str, str], ...]:
    """The time of a meeting in each nation's zone, and in its own when that is another one."""
    places: dict[str, Any] = {row.zone: city(nation) for nation, row in CALENDARS.items()}
    places.setdefault(zone, zone)
    found = []
    for name, place in places.items():
        try:
            local = zone_named(name)
        except UnknownValue:
            continue  # another node's database of zones knows it, this one does not
        first, last = starts.astimezone(local), ends.astimezone(local)
        until = f"{last:%H:%M}" if first.date() == last.date() else f"{date_format(last, 'D j F')}, {last:%H:%M}"
        found.append((str(place), f"{date_format(first, 'D j F Y')}, {first:%H:%M} - {until}"))
    return tuple(found)


def waits_words(nations: Sequence[Nation]) -> str:
    """Whose signature is missing, in words; "" when none is."""
    if not nations:
        return ""
    code = "both" if len(nations) > 1 else str(nations[0])
    return sentence(f"meeting_page.waits.{code}", language())


def last_instant(day: date, nation: Nation) -> Instant:
    """The last second of the day where its owner is."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone_of(nation)).astimezone(UTC)
