"""How an opening's decision is recorded: with all that wait for the same, and only while what it rests on still holds.

A decision is made from facts read outside of any transaction. In the one that records it, what governs (the bundle
and overlay in force, how often rights were narrowed, what authorities stated) is read again and must be the same, or
nothing is written and it is decided anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from relto.base.nations import Nation
from relto.rules.decision import Decision
from relto.services import unregistered
from relto.services.decisions import PreparedDecision, write_decisions
from relto.services.house import House
from relto.store.committer import AlikeStep
from relto.store.queries.governing import Governing, governing

_AT_ONCE = timedelta(seconds=5)  # what ends by its date meanwhile is no narrowing that was counted


@dataclass(frozen=True, slots=True)
class OpeningGrant:
    """A permitted, recorded opening. `partner`: the nation that must also agree, None for an own or transferred item.

    `item` and `manifest` are empty for a container that was never registered.
    """

    decision: str
    item: str
    uuid: str
    manifest: str
    partner: Nation | None
    entry: str


class OvertakenError(Exception):
    """What a decision rests on changed before it was recorded: nothing was written."""


@dataclass(frozen=True, slots=True)
class MadeDecision:
    """A decision about an opening, its facts read and all it leaves prepared. `unknown`: who must stay unregistered."""

    decision: Decision
    grant: OpeningGrant
    prepared: PreparedDecision
    ruling: Governing
    unknown: str

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that do not hold."""
        return () if self.decision.permitted else tuple(one.gate for one in self.decision.failed)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A decision to be recorded; `serve`: its share leaves at once, if it is permitted."""

    made: MadeDecision
    serve: bool


def recording(house: House, made: MadeDecision, *, serve: bool) -> AlikeStep[_Waiting, MadeDecision]:
    """The step that records a decision. Raises OvertakenError; see there.

    `serve`: its share leaves at once, if it is permitted, so the decision is used up.
    """
    return AlikeStep(_record_together, house, _Waiting(made, serve))


def _record_together(house: House, asked: Sequence[_Waiting]) -> list[MadeDecision | Exception]:
    """The step of several who wait together: what governs is read once for all, and all are written together.

    OvertakenError for each whose share would leave under a decision that is not what it would be now.
    """
    now = house.now()
    present = governing(now)
    found: list[MadeDecision | Exception] = []
    written: list[PreparedDecision] = []
    for one in asked:
        made = one.made
        served = one.serve and made.decision.permitted
        is_late = not made.decision.at <= now < made.decision.at + _AT_ONCE
        if served and (is_late or present != made.ruling or (made.unknown and unregistered.is_known(made.unknown))):
            found.append(OvertakenError())
            continue
        written.append(made.prepared.used(now) if served else made.prepared)
        found.append(made)
    write_decisions(house, written)
    return found
