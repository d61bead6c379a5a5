"""The way of a transfer as a picture with its table: each step, on whose side, when; what is still to come is hollow.

The table below the picture has the same steps in words and is the record; the picture is its index. Positions are in
the units of the view box; the order of the dots is that of the steps, their distances do not measure time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relto.base.instants import Instant
from relto.procedures import acceptance, release
from relto.services.arrival_view import ArrivalView
from relto.services.release_view import CaseView, HistoryLine
from relto.web.dossier_pages import SideRow
from relto.web.frame import country

DONE: Final = "done"
NOW: Final = "now"
TO_COME: Final = "to_come"
STOPPED: Final = "stopped"
_STATES: Final = {DONE: _("Done"), NOW: _("Now"), TO_COME: _("To come"), STOPPED: _("Stopped")}
_WIDTH: Final = 780
_LEFT, _RIGHT = 130, 700
_LANES: Final = (92, 196)
_LANE_HEIGHT: Final = 76
_TOP: Final = 22
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. `nation`: on whose side, "" of both; `state`: done, now, to_come or stopped."""

    number: int
    words: str
    nation: str
    at: Instant | None
    state: str

    @property
    def state_words(self) -> str:
        """How it stands, in words."""
        return str(_STATES[self.state])


@dataclass(frozen=True, slots=True)
class FlowDot:
    """A step in the picture. `label_y`: where its words stand."""

    stage: Stage
    x: int
    y: int
    label_y: int


@dataclass(frozen=True, slots=True)
class FlowLine:
    """From step to step: `crosses` the border, or `ahead`: it was not gone yet."""

    path: str
    crosses: bool
    ahead: bool


@dataclass(frozen=True, slots=True)
class FlowLane:
    """A nation's band."""

    nation: str
    y: int
    text_y: int


@dataclass(frozen=True, slots=True)
class Flow:
    """A picture and its table."""

    stages: tuple[Stage, ...]
    lanes: tuple[FlowLane, ...]
    lines: tuple[FlowLine, ...]
    dots: tuple[FlowDot, ...]
    lane_height: int = _LANE_HEIGHT
    width: int = _WIDTH
    top: int = _TOP
    height: int = _LANES[1] + _LANE_HEIGHT // 2 + 12 - _TOP


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened, in the column of the nation whose act it was."""

    line: HistoryLine
    here: bool


def flow_of_case(own: str, case: CaseView) -> Flow:
    """From the company's request to the readers, at the originator's node."""
    closed = case.state in {release.REFUSED, release.WITHDRAWN, release.RETURNED}
    decided = gettext("Refused") if case.state == release.REFUSED else gettext("Release officer decides")
    steps = [
        (gettext("Company asked"), own, case.asked_at),
        (decided, own, case.decided_at),
        (gettext("Sent and received"), case.nation, case.delivered_at or case.custody_at),
        (gettext("Partner accepts"), case.nation, case.custody_at),
        _last(case.state == release.WITHDRAWN, own, case.nation, case.withdrawn_at),
    ]
    return _flow(own, case.nation, _stages(steps, closed=closed, reached=case.state == release.ACCEPTED))


def flow_of_arrival(own: str, arrival: ArrivalView) -> Flow:
    """From the partner's release to the own readers, at the recipient's node."""
    withdrawn = arrival.state == acceptance.WITHDRAWN
    closed = withdrawn or arrival.state not in {acceptance.ARRIVED, acceptance.ACCEPTED}
    refused = closed and not withdrawn
    steps = [
        (gettext("Partner released it"), arrival.sender, arrival.arrived_at),
        (gettext("Arrived whole, verified"), own, arrival.arrived_at),
        (gettext("Refused") if refused else gettext("Release officer accepts"), own, arrival.decided_at),
        _last(withdrawn, own, own, arrival.withdrawn_at),
    ]
    return _flow(own, arrival.sender, _stages(steps, closed=closed, reached=arrival.state == acceptance.ACCEPTED))


def flow_of_dossier(own: str, partner: str, sides: Sequence[SideRow], turn: str, words: str) -> Flow | None:
    """The newest steps of a dossier between two nations, and where it waits now; None for one that has no partner.

    `turn`: the nation on which it waits, "" when it is closed; `words`: what is waited for.
    """
    if not partner:
        return None
    taken = sorted(
        ((row, side.nation) for side in sides for row in side.steps if not row.effect),
        key=lambda one: one[0].taken.position,
    )[-(_MOST - 1) :]
    stages = [
        Stage(number, row.words, nation, row.taken.at, DONE) for number, (row, nation) in enumerate(taken, start=1)
    ]
    if turn:
        stages.append(Stage(len(stages) + 1, words, turn, None, NOW))
    return _flow(own, partner, stages) if stages else None


def both_sides(history: Iterable[HistoryLine], partner: str) -> list[EventRow]:
    """What happened, newest first, each in its nation's column: the partner's acts are told by its messages."""
    rows = [EventRow(line, line.actor != partner) for line in history]
    return rows[::-1]


def _last(withdrawn: bool, own: str, where: str, at: Instant | None) -> tuple[str, str, Instant | None]:  # noqa: FBT001  how it ended
    if withdrawn:
        return gettext("Withdrawn"), own, at
    return gettext("Readers can open"), where, None


def _stages(steps: Sequence[tuple[str, str, Instant | None]], *, closed: bool, reached: bool) -> list[Stage]:
    """Done as far as there is a day for it; then the one that is waited for, then those to come."""
    made: list[Stage] = []
    waiting = False
    for number, (words, nation, at) in enumerate(steps, start=1):
        is_last = number == len(steps)
        if at is not None and not (is_last and closed):
            state = DONE
        elif is_last and closed:
            state = STOPPED
        elif is_last and reached:
            state = NOW
        elif not waiting and not closed:
            state, waiting = NOW, True
        else:
            state = TO_COME
        made.append(Stage(number, words, nation, at, state))
    return made


def _flow(own: str, partner: str, stages: Sequence[Stage]) -> Flow:
    nations = (own, partner)
    lanes = tuple(
        FlowLane(nation, _LANES[place] - _LANE_HEIGHT // 2, _LANES[place] + 5) for place, nation in enumerate(nations)
    )
    step = (_RIGHT - _LEFT) // max(len(stages) - 1, 1)
    dots = []
    for place, stage in enumerate(stages):
        lane = 1 if stage.nation == partner else 0
        y = _LANES[lane]
        dots.append(FlowDot(stage, _LEFT + place * step, y, y - 20 if lane == 0 else y + 30))
    lines = tuple(
        FlowLine(
            f"M{before.x} {before.y}L{after.x} {after.y}",
            before.y != after.y,
            after.stage.state in {TO_COME, NOW} and after.stage.at is None,
        )
        for before, after in itertools.pairwise(dots)
    )
    return Flow(tuple(stages), lanes, lines, tuple(dots))


def nations_said(own: str, partner: str) -> dict[str, Any]:
    """Both nations as a heading of two columns names them."""
    return {"own": own, "own_country": country(own), "partner": partner, "partner_country": country(partner)}
