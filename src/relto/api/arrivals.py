"""Arrivals on the recipient's node: what came waits until the own authority accepts or refuses it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import ENTRY, Answer, Gate, Happening, Reader, plain
from relto.api.cases import detail
from relto.api.forms import Form, Id, Names, Reason
from relto.api.item_answers import Item
from relto.api.surroundings import caller, house, language_of
from relto.services import arrivals

router = Router(tags=["arrivals"])


class Arrival(Answer):
    """A release that arrived. `release` and `number` are the sender's; `control_number` is this nation's register's."""

    id: str
    release: str
    number: str
    sender: str
    item: Item
    facility: str
    purpose: str
    mode: str
    state: str
    arrived_at: str
    decided_at: str | None
    control_number: str
    readers: list[Reader]
    waits_on: list[str]
    entries: dict[str, str]
    entry: str = ENTRY


class ArrivalDetail(Arrival):
    """An arrival with its gates as they stand now, the reason of its decision and its history."""

    decided_by: str
    reason: str
    decision: str
    permitted_now: bool
    gates: list[Gate]
    bundle_version: int
    history: list[Happening]


class ArrivalDecisionForm(Form):
    """A decision with its reason. `accepts` names each gate that needs acceptance (training nodes only)."""

    outcome: Literal["accept", "refuse"]
    reason: Reason
    accepts: Annotated[Names, Field(default_factory=list)]


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
