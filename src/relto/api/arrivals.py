"""Arrivals on the recipient's node: what came waits until the own authority accepts or refuses it."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from relto.api.answers import Gate, plain
from relto.api.forms import Id
from relto.api.release_answers import DecisionForm, Examined, Release, detail
from relto.api.surroundings import caller, house, language_of
from relto.services import arrivals

router = Router(tags=["arrivals"])


class Arrival(Release):
    """A release that arrived. `release` and `number` are the sender's; `control_number` is this nation's register's."""

    release: str
    sender: str
    arrived_at: str


class ArrivalDetail(Arrival, Examined):
    """An arrival with its gates as they stand now, the reason of its decision and its history.

    To accept a joint item is to release it too: `co_release_gates` are this nation's gates for the sender's readers,
    `co_permitted_now` whether they hold, `co_decision` the reference of that decision once it is made.
    """

    co_decision: str
    co_permitted_now: bool
    co_release_gates: list[Gate]


class ArrivalDecisionForm(DecisionForm):
    """A release officer's decision on an arrival."""

    outcome: Literal["accept", "refuse"]


@router.get("/arrivals", response=list[Arrival])
def list_arrivals(request: HttpRequest) -> list[dict[str, Any]]:
    """What arrived from the partner nation, as far as I may see it."""
    return [plain(view) for view in arrivals.arrivals(house(), caller(request))]


@router.get("/arrivals/{arrival}", response=ArrivalDetail)
def read_arrival(request: HttpRequest, arrival: Id) -> dict[str, Any]:
    """One arrival with its gates as they stand now."""
    return detail(arrivals.arrival(house(), caller(request), arrival), language_of(request))


@router.post("/arrivals/{arrival}/decision", response=ArrivalDetail)
def decide_arrival(request: HttpRequest, arrival: Id, body: ArrivalDecisionForm) -> dict[str, Any]:
    """Accept, which gives the item a control number and sends the custody receipt, or refuse (release officer)."""
    decided = arrivals.decide_arrival(
        house(), caller(request), arrival, outcome=body.outcome, reason=body.reason, accepts=frozenset(body.accepts)
    )
    return detail(decided, language_of(request))
