"""A row of what waits: the same for every kind of work, so that one list can hold them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.base.instants import Instant
from relto.services.dossiers.views import Due

MINE: Final = "mine"
HERE: Final = "here"
PARTNER: Final = "partner"
NODE: Final = "node"
KINDS: Final = (
    "alignment",
    "arrival",
    "assurances",
    "case",
    "courier",
    "disposition",
    "dossier",
    "inventory",
    "reconciliation",
    "role_change",
    "standing",
    "third_party",
    "witness",
    "working_group",
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits.

    `kind`: one of KINDS; `what`: of a dossier its procedure; `step`: what the reader does, "" where it is not hers;
    `turn`: mine, here (somebody else of this nation), partner, or node (it goes on by itself); `roles`: whose turn it
    is; `nation`: in whose nation it waits. `title` (`texts` by language, where there are
    several) only where the page of the thing shows it to her too. `count`: for
    how many it stands. `due`: None where no limit runs; with a gap where no rule is loaded.
    """

    kind: str
    id: str
    number: str
    state: str
    turn: str
    since: Instant
    step: str = ""
    what: str = ""
    roles: tuple[str, ...] = ()
    nation: str = ""
    title: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    programme: str = ""
    facility: str = ""
    partner: str = ""
    count: int = 1
    due: Due | None = None

    @property
    def mine(self) -> bool:
        """It waits for the reader."""
        return self.turn == MINE


@dataclass(frozen=True, slots=True)
class WaitingView:
    """`mine`: what waits for the reader, most urgent first; `others`: what she sent or follows, longest first.

    `more`: how many of both were left out, because each list has an end.
    """

    mine: tuple[Waiting, ...]
    others: tuple[Waiting, ...]
    more: int = 0
