"""Meetings as calendar entries: one as a file, and all of them for the calendar of a co-chair."""

from __future__ import annotations

from relto.adapters.meeting_calendar import CalendarMeeting
from relto.procedures.actors import Actor, Role
from relto.services.alignment.meetings import MeetingRow, meetings
from relto.services.house import House


def calendar_meeting(row: MeetingRow) -> CalendarMeeting:
    """A meeting for a calendar: number, time and place, nothing of its agenda."""
    return CalendarMeeting(
        entry=row.entry,
        number=row.number,
        place=row.place,
        form=row.form,
        zone=row.zone,
        starts=row.starts,
        ends=row.ends,
        state=row.state,
        changed=row.changed,
        version=row.versions,
    )


def calendar_meetings(house: House, actor: Actor) -> list[CalendarMeeting]:
    """Every meeting on record for a co-chair, called off or not; none for anybody else."""
    if not actor.holds(Role.CO_CHAIR):
        return []
    return [calendar_meeting(row) for row in meetings(house, actor)]
