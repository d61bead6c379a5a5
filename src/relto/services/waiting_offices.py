"""What waits in the authority itself: roles that a second person must confirm, and the working group's next acts.

The working group's tasks are told to the co-chairs, whose acts they are; everybody else of the authority reads them on
the working group's own table. A day is the last one of the owner's calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from relto.alignment.shared_record import DIVERGENCE
from relto.base import calendars
from relto.base.errors import Conflict
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor, Role
from relto.services.alignment import workbench_tasks
from relto.services.alignment.reading import record
from relto.services.dossiers.views import Due
from relto.services.house import House
from relto.services.role_changes import READERS, WAITS, changes
from relto.services.waiting_view import MINE, PARTNER, Waiting

_MOST: Final = 60
_OPEN: Final = frozenset({"one_sided", "in_dispute", "open", "in_review"})


def role_changes(house: House, actor: Actor) -> Iterator[Waiting]:
    """Roles of the authority that another person asked for, and that this one may confirm."""
    if not actor.roles.intersection(READERS):
        return
    for row in changes(house, actor):
        if row.state == WAITS and row.mine:
            yield Waiting(
                "role_change",
                row.change,
                row.change,
                row.state,
                MINE,
                row.asked_at,
                step="confirm_role",
                what=row.role,
                nation=str(house.nation),
            )


def working_group(house: House, actor: Actor) -> Iterator[Waiting]:
    """Proposals, meetings, actions, changes of law and templates: each act, with the nation whose it is."""
    if not actor.holds(Role.CO_CHAIR):
        return
    now = house.now()
    try:
        tasks = [task for source in workbench_tasks.SOURCES for task in source(house, actor) if task.turn]
    except Conflict:
        return  # without an agreement there is no working group
    for task in sorted(tasks, key=lambda one: (one.since, one.entry))[:_MOST]:
        mine = house.nation in task.turn
        nation = house.nation if mine else task.turn[0]
        yield Waiting(
            "working_group",
            task.entry,
            "",
            task.kind,
            MINE if mine else PARTNER,
            min(task.since, now),
            step=task.why if mine else "",
            what=task.kind,
            roles=(Role.CO_CHAIR.value,),
            nation=str(nation),
            title=task.title or task.texts.get("en", ""),
            texts=task.texts,
            partner=str(next((one for one in task.turn if one != house.nation), "")),
            due=_due(nation, task.due, now),
        )


def shared_record(house: House, actor: Actor) -> Iterator[Waiting]:
    """Relations and differences on which one nation has spoken and the other has not."""
    if not actor.holds(Role.CO_CHAIR):
        return
    try:
        entries = [one for one in record(house, actor) if one.state in _OPEN]
    except Conflict:
        return
    for one in entries[:_MOST]:
        mine = one.owner == house.nation if one.owner else one.opened_by != house.nation
        nation = str(house.nation) if mine else one.owner or str(next(iter(house.partners), ""))
        yield Waiting(
            "alignment",
            one.entry,
            " / ".join(one.provisions[:2]),
            one.state,
            MINE if mine else PARTNER,
            one.changed,
            step="answer" if mine else "",
            what=one.kind,
            roles=(Role.CO_CHAIR.value,),
            nation=nation,
            title=one.title if one.kind == DIVERGENCE else "",
            partner=one.opened_by if mine else nation,
        )


def _due(nation: Nation, day: date | None, now: Instant) -> Due | None:
    """The end of a day in its owner's zone."""
    if day is None or nation not in calendars.CALENDARS:
        return None
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=calendars.zone_of(nation)) - timedelta(seconds=1)
    return Due("agreed_day", "", str(nation), end, gap=False, provision="", confirmed=True, overdue=end < now)
