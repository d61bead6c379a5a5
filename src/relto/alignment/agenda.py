"""What a meeting could talk about, and why: the agenda that proposes itself from the shared record.

Rules enforced here: nothing is on an agenda by default; each matter is offered with the reason why it is ripe, and the
secretary takes it or leaves it. What is offered: proposals that are proven, ripe or objected to, the oldest open
divergences, actions that are due by the meeting, overdue or not yet agreed, law changes under consultation, and
rehearsals that no meeting has discussed since. A matter that the agenda holds already is not offered again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from relto.alignment.actions import AGREED, AMENDED, PROPOSED
from relto.alignment.divergences import IN_REVIEW, OPEN
from relto.alignment.shared_record import ACTION, DIVERGENCE, LAW_CHANGE, PROPOSAL, REHEARSED
from relto.base.instants import Instant
from relto.base.nations import Nation

PROPOSAL_RIPE: Final = "proposal_ripe"
PROPOSAL_PROVEN: Final = "proposal_proven"
PROPOSAL_OBJECTED: Final = "proposal_objected"
ACTION_OVERDUE: Final = "action_overdue"
ACTION_DUE: Final = "action_due"
ACTION_UNSIGNED: Final = "action_unsigned"
LAW_CONSULTATION: Final = "law_consultation"
DIVERGENCE_OPEN: Final = "divergence_open"
REHEARSAL_NEW: Final = "rehearsal_new"
CHOSEN: Final = "chosen"
"""Put on the agenda by a secretary although nothing offered it."""
WHYS: Final = (
    PROPOSAL_PROVEN,
    PROPOSAL_RIPE,
    PROPOSAL_OBJECTED,
    ACTION_OVERDUE,
    ACTION_DUE,
    ACTION_UNSIGNED,
    LAW_CONSULTATION,
    DIVERGENCE_OPEN,
    REHEARSAL_NEW,
    CHOSEN,
)
"""In the order in which they are offered."""
MOST_DIVERGENCES: Final = 10
MOST_OF_A_KIND: Final = 25
"""So many are offered for each other reason, those that have waited longest."""
CONSULTING: Final = "consulting"
_BY_WORD: Final[Mapping[tuple[str, str], str]] = {
    (PROPOSAL, "ripe"): PROPOSAL_RIPE,
    (PROPOSAL, "proven"): PROPOSAL_PROVEN,
    (PROPOSAL, "signed_by_one"): PROPOSAL_PROVEN,
    (PROPOSAL, "objected"): PROPOSAL_OBJECTED,
    (LAW_CHANGE, CONSULTING): LAW_CONSULTATION,
    (DIVERGENCE, OPEN): DIVERGENCE_OPEN,
    (DIVERGENCE, IN_REVIEW): DIVERGENCE_OPEN,
    (ACTION, PROPOSED): ACTION_UNSIGNED,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """An entry as it stands. `word`: the state of its kind; `since`: its first word; `due`: of an agreed action.

    `late`: days past the due day; `about`: what a rehearsal is of, or an action comes from; `owner`: None where no
    nation owns it.
    """

    entry: str
    kind: str
    title: str
    word: str
    since: Instant
    owner: Nation | None = None
    due: date | None = None
    late: int = 0
    about: str = ""


@dataclass(frozen=True, slots=True)
class AgendaOffer:
    """A matter that is offered. `why`: one of WHYS; `days`: since its first word."""

    entry: str
    kind: str
    title: str
    why: str
    owner: Nation | None
    days: int


def agenda_of(
    matters: Iterable[Matter],
    *,
    meeting_day: date,
    at: Instant,
    taken: Collection[str] = (),
    discussed: Mapping[str, Instant] | None = None,
) -> tuple[AgendaOffer, ...]:
    """What is offered, in the order of WHYS and the oldest first.

    `meeting_day`: actions due on it or before are offered; `at`: the present instant, from which days count; `taken`:
    entries that the agenda holds; `discussed`: entry -> the start of the newest held meeting that had it on its agenda.
    """
    found = [
        (why, one)
        for one in matters
        if one.entry not in taken and (why := _why(one, meeting_day, discussed or {})) is not None
    ]
    found.sort(key=lambda pair: (WHYS.index(pair[0]), pair[1].since, pair[1].entry))
    counted: Counter[str] = Counter()
    offers = []
    for why, one in found:
        counted[why] += 1
        if counted[why] <= (MOST_DIVERGENCES if why == DIVERGENCE_OPEN else MOST_OF_A_KIND):
            offers.append(AgendaOffer(one.entry, one.kind, one.title, why, one.owner, max(0, (at - one.since).days)))
    return tuple(offers)


def _why(one: Matter, meeting_day: date, discussed: Mapping[str, Instant]) -> str | None:
    if one.kind == ACTION and one.word in {AGREED, AMENDED}:
        if one.late:
            return ACTION_OVERDUE
        return ACTION_DUE if one.due is not None and one.due <= meeting_day else None
    if one.kind == REHEARSED:
        talks = [discussed[entry] for entry in (one.entry, one.about) if entry in discussed]
        return None if talks and max(talks) > one.since else REHEARSAL_NEW
    return _BY_WORD.get((one.kind, one.word))
