"""What waits, over all kinds of work; what is missing before something is shared; and what a search found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.decisions import Gate
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class WaitingDue(Answer):
    """Until when. `gap`: no rule is loaded for that nation; `provision`: on what the limit rests, "" when on none."""

    clock: str
    limit: str
    nation: str
    at: datetime | None
    gap: bool
    provision: str
    confirmed: bool
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class WaitingRow(Answer):
    """Something that waits. `turn`: mine, here (somebody else of this nation), partner, or node.

    `step`: what I do, "" where it is not mine; `what`: of a dossier its procedure; `count`: for how many it stands.
    """

    kind: str
    id: str
    number: str
    state: str
    turn: str
    since: datetime
    step: str
    what: str
    roles: tuple[str, ...]
    nation: str
    title: str
    programme: str
    facility: str
    partner: str
    count: int
    due: WaitingDue | None


@dataclass(frozen=True, kw_only=True)
class Waiting(Answer):
    """What waits for me, the most urgent first; what I wait for, the longest first. `more`: how many are left out."""

    mine: tuple[WaitingRow, ...]
    others: tuple[WaitingRow, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class MayShare(Answer):
    """What a release to this facility would meet now. `readers`: how many the partner vouches for there.

    `gates`: those that do not hold; `case`: where it is asked for or released already, as far as I may see it.
    """

    item: str
    facility: str
    nation: str
    permitted: bool
    readers: int
    gates: tuple[Gate, ...]
    bundle_version: int
    case: str


@dataclass(frozen=True, kw_only=True)
class SearchHit(Answer):
    """Something found. `exact`: its id or number is what was sought. `title`: only of what I may open now."""

    kind: str
    id: str
    number: str
    state: str
    what: str
    title: str
    nation: str
    facility: str
    programme: str
    at: datetime | None
    exact: bool


@dataclass(frozen=True, kw_only=True)
class SearchGroup(Answer):
    """What was found of one kind, at most 8; `more`: there are others."""

    kind: str
    hits: tuple[SearchHit, ...]
    more: bool


@dataclass(frozen=True, kw_only=True)
class SearchFound(Answer):
    """What was found, by kind. `exact`: the one thing that was named whole, None when none or several were."""

    exact: SearchHit | None
    groups: tuple[SearchGroup, ...]
