"""The working group's table: what waits for this nation, what waits for the partner, which questions are oldest.

Promises: what waits is derived from the shared record alone, so both nodes find the same; whose turn it is stands on
every row, and a row that waits for both nations stands on both sides; the oldest first, on no other order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from relto.alignment.divergences import IN_REVIEW, OPEN
from relto.alignment.meeting_standing import CONFIRMED, NextMeeting
from relto.alignment.meetings import PLANNED
from relto.alignment.shared_record import DIVERGENCE
from relto.base.instants import Instant
from relto.procedures.actors import Actor
from relto.services.alignment import reading
from relto.services.alignment.law_changes import LawChangeRow, law_changes
from relto.services.alignment.meetings import MeetingRow, meetings, next_meeting
from relto.services.alignment.workbench_tasks import SOURCES, Task
from relto.services.house import House
from relto.store.queries.alignment import READERS

MOST_QUESTIONS: Final = 10
MOST_TASKS: Final = 50


@dataclass(frozen=True, slots=True)
class Workbench:
    """What waits for the own nation, what waits for partners alone, and the open questions, each the oldest first.

    `questions` are the first of them; `open_questions` how many there are. `meeting`: the next one that is planned, or
    None; `usual`: what is proposed for the next one then. `laws`: the notices under consultation.
    """

    mine: tuple[Task, ...]
    partners: tuple[Task, ...]
    questions: tuple[reading.EntryView, ...]
    open_questions: int
    meeting: MeetingRow | None
    usual: NextMeeting
    laws: tuple[LawChangeRow, ...]


def workbench(house: House, actor: Actor) -> Workbench:
    """The table as this node holds it. Raises Refused("role")."""
    actor.require(*READERS)
    tasks = sorted((task for source in SOURCES for task in source(house, actor)), key=_urgency)
    open_states = (OPEN, IN_REVIEW)
    found = [one for state in open_states for one in reading.record(house, actor, kind=DIVERGENCE, state=state)]
    questions = sorted(found, key=lambda one: (one.opened, one.entry))
    return Workbench(
        mine=tuple(task for task in tasks if house.nation in task.turn)[:MOST_TASKS],
        partners=tuple(task for task in tasks if task.turn and house.nation not in task.turn)[:MOST_TASKS],
        questions=tuple(questions[:MOST_QUESTIONS]),
        meeting=_next_planned(house, actor),
        usual=next_meeting(house, actor),
        laws=tuple(row for row in law_changes(house, actor) if row.open),
        open_questions=sum(reading.count(house, actor, kind=DIVERGENCE, state=state) for state in open_states),
    )


def _next_planned(house: House, actor: Actor) -> MeetingRow | None:
    now = house.now()
    planned = [row for row in meetings(house, actor) if row.ends >= now and row.state in {PLANNED, CONFIRMED}]
    return min(planned, key=lambda row: (row.starts, row.entry), default=None)


def _urgency(task: Task) -> tuple[int, date, Instant, str]:
    """What is most overdue first, then what is due soonest, then what waits longest."""
    return -task.late, task.due or date.max, task.since, task.entry
