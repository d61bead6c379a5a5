"""What a meeting could talk about, from the shared record as this node holds it: `relto.alignment.agenda`."""

from __future__ import annotations

from collections.abc import Iterator

from relto.alignment.agenda import AgendaOffer, Matter, agenda_of
from relto.alignment.divergences import standing as divergence_standing
from relto.alignment.heads import heads
from relto.alignment.meetings import HELD, Meeting, read_meeting
from relto.alignment.shared_record import ACTION, DIVERGENCE, LAW_CHANGE, MEETING, PROPOSAL, REHEARSED
from relto.base.calendars import local_date
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.actions import rows_of
from relto.services.alignment.proposals_view import proposals
from relto.services.alignment.signed_entries import entries_with_signatures
from relto.services.alignment.titles import title_of
from relto.services.house import House
from relto.store.queries.alignment import READERS, visible_entries


def offered(house: House, actor: Actor, entry: str, meeting: Meeting) -> tuple[AgendaOffer, ...]:
    """What is ripe for this meeting and not on its agenda yet, each with why. Raises Refused("role").

    What came out of the meeting itself (`entry`) is no matter for it.
    """
    actor.require(*READERS)
    now = house.now()
    return agenda_of(
        (one for one in _matters(house, actor, now) if one.about != entry),
        meeting_day=local_date(meeting.starts, meeting.host),
        at=now,
        taken={one.entry for one in meeting.agenda},
        discussed=_discussed(actor),
    )


def _matters(house: House, actor: Actor, now: Instant) -> Iterator[Matter]:
    parties = sorted(active_bundle.active(house, now).parties)
    for entry in visible_entries(actor, kinds=(DIVERGENCE,)).values():
        stands = divergence_standing(entry, parties, now)
        yield Matter(entry.entry, DIVERGENCE, title_of(entry), stands.state, entry.opened, stands.owner)
    listed = entries_with_signatures(actor, (ACTION,))
    for (entry, _), row in zip(listed, rows_of(house, listed), strict=True):
        due = row.holds.due if row.holds is not None else row.due
        yield Matter(entry.entry, ACTION, title_of(entry), row.state, entry.opened, row.owner, due, row.late, row.about)
    for tabled in proposals(house, actor):
        yield Matter(tabled.entry, PROPOSAL, tabled.title, tabled.state, tabled.opened, tabled.opened_by)
    for entry in visible_entries(actor, kinds=(LAW_CHANGE,)).values():
        body = entry.newest[entry.opened_by].body
        yield Matter(entry.entry, LAW_CHANGE, title_of(entry), body["state"], entry.opened, Nation(body["nation"]))
    for entry in visible_entries(actor, kinds=(REHEARSED,)).values():
        about = str(heads(entry)[0].body["about"])
        yield Matter(entry.entry, REHEARSED, title_of(entry), "", entry.opened, entry.opened_by, about=about)


def _discussed(actor: Actor) -> dict[str, Instant]:
    """Entry -> the start of the newest held meeting that had it on its agenda."""
    found: dict[str, Instant] = {}
    for entry in visible_entries(actor, kinds=(MEETING,)).values():
        held = read_meeting(heads(entry)[0].body)
        if held.state == HELD:
            for item in held.agenda:
                found[item.entry] = max(held.starts, found.get(item.entry, held.starts))
    return found
