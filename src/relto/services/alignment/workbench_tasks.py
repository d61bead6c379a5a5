"""What waits in the working group, kind by kind: each source reads its own room and says whose turn it is.

A proposal waits for whoever acts next; an action for its owner, and for the signature that its newest text lacks; a
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from relto.alignment import actions as action_words
from relto.alignment.shared_record import ACTION, LAW_CHANGE, MEETING, PROPOSAL, TEMPLATE
from relto.base.instants import Instant
from relto.base.nations import Nation
from relto.procedures.actors import Actor
from relto.services import active_bundle
from relto.services.alignment.actions import actions
from relto.services.alignment.law_changes import law_changes
from relto.services.alignment.meetings import meetings
from relto.services.alignment.proposals_view import proposals
from relto.services.alignment.templates import template_details
from relto.services.house import House


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits. `why`: a code of what is to be done; `turn`: the nations that it waits for.

    `title`: in the words of the entry, or `texts` by language where the entry has both; `due`: the last day of the
    owner's calendar, None when there is none; `late`: days past it, 0 when it is not overdue.
    """

    entry: str
    kind: str
    why: str
    turn: tuple[Nation, ...]
    since: Instant
    title: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    due: date | None = None
    late: int = 0


def of_proposals(house: House, actor: Actor) -> Iterator[Task]:
    """One task for each act that is next, with the nations whose it is."""
    parties = sorted(house_parties(house))
    for row in proposals(house, actor):
        acts: dict[str, list[Nation]] = {}
        for turn in row.turns:
            acts.setdefault(turn.act, []).extend([Nation(turn.nation)] if turn.nation else parties)
        for act, nations in acts.items():
            yield Task(row.entry, PROPOSAL, act, tuple(nations), row.changed, title=row.title)


def of_actions(house: House, actor: Actor) -> Iterator[Task]:
    """Agreed actions that are to be done, and those whose newest version waits for a signature."""
    for row in actions(house, actor):
        if row.waits_for:
            yield Task(row.entry, ACTION, "sign", row.waits_for, row.changed, texts=row.what, due=row.due)
        holds = row.holds
        if holds is not None and holds.state == action_words.OPEN:
            turn = (holds.owner,)
            yield Task(row.entry, ACTION, "do", turn, row.opened, texts=holds.what, due=holds.due, late=row.late)


def of_meetings(house: House, actor: Actor) -> Iterator[Task]:
    """Meetings of which a version waits for a signature."""
    for row in meetings(house, actor):
        if row.waits_for:
            yield Task(row.entry, MEETING, "sign", row.waits_for, row.starts, title=row.number)


def of_law_changes(house: House, actor: Actor) -> Iterator[Task]:
    """Notices under consultation: the other nations may speak until a day."""
    parties = sorted(house_parties(house))
    for row in law_changes(house, actor):
        if row.open:
            others = tuple(one for one in parties if one != row.nation)
            title = f"{row.source} {row.edition}".strip()
            due = row.consultation_until
            yield Task(row.entry, LAW_CHANGE, "consult", others, row.opened, title=title, due=due)


def of_templates(house: House, actor: Actor) -> Iterator[Task]:
    """Versions of joint templates that lack a nation's signature."""
    parties = sorted(house_parties(house))
    for found in template_details(house, actor):
        for version in found.proposed:
            waits = tuple(one for one in parties if one not in version.signed)
            yield Task(found.row.entry, TEMPLATE, "sign", waits, version.at, texts=version.template.title)


def house_parties(house: House) -> Iterable[Nation]:
    """The nations of the agreement in force."""
    return active_bundle.active(house).parties


Source = Callable[[House, Actor], Iterable[Task]]
SOURCES: Final[tuple[Source, ...]] = (of_proposals, of_actions, of_meetings, of_law_changes, of_templates)
