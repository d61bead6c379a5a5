"""The roadmap as this node derives it from the shared record and the bundle in force, with what is owed and what comes.

The annex's text is not public. The roadmap counts the work of both nations on their own rules, topic by topic; it says
nothing of what the annex says.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.alignment.divergences import standing
from relto.alignment.meeting_standing import CONFIRMED, NextMeeting
from relto.alignment.meetings import PLANNED
from relto.alignment.roadmap import TopicMatter, TopicRoad, reached, roadmap
from relto.alignment.shared_record import DIVERGENCE
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment import actions, meetings, reading
from relto.services.alignment.proposals_view import proposals
from relto.services.house import House
from relto.store.queries.alignment import READERS, visible_entries


@dataclass(frozen=True, slots=True)
class RoadmapView:
    """The topics between two nations, and for how many each step is done. `bundle`: version of the rules in force.

    `owed`: actions that are not closed; `coming`: the next planned meeting, None without; `proposed`: what is proposed
    for the one after.
    """

    one: Nation
    other: Nation
    bundle: int
    topics: tuple[TopicRoad, ...]
    reached: dict[str, int]
    owed: tuple[actions.ActionRow, ...]
    coming: meetings.MeetingRow | None
    proposed: NextMeeting


def roadmap_of(house: House, actor: Actor, other: str = "") -> RoadmapView:
    """The roadmap with `other` (the first partner without it). Raises Refused("role"), UnknownValue("nation")."""
    actor.require(*READERS)
    now = house.now()
    bundle = active_bundle.active(house, now)
    parties = sorted(bundle.parties)
    (one, partner), covered = reading.covered(house, actor, other)
    differences = [
        TopicMatter(entry.entry, entry.newest[entry.opened_by].body["topic"], standing(entry, parties, now).state)
        for entry in visible_entries(actor, kinds=(DIVERGENCE,)).values()
    ]
    tabled = [TopicMatter(row.entry, row.topic, row.state) for row in proposals(house, actor)]
    roads = roadmap(covered, differences, tabled)
    ahead = [row for row in meetings.meetings(house, actor) if row.state in {PLANNED, CONFIRMED} and row.ends >= now]
    return RoadmapView(
        one=one,
        other=partner,
        bundle=bundle.version,
        topics=roads,
        reached=reached(roads),
        owed=tuple(row for row in actions.actions(house, actor) if row.state not in {"done", "withdrawn"}),
        coming=min(ahead, key=lambda row: (row.starts, row.entry), default=None),
        proposed=meetings.next_meeting(house, actor),
    )
