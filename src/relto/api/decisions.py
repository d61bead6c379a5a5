"""Decisions made once more, with the facts and the rules of their day: the inspector's check (promise 9)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.forms import Id
from relto.api.surroundings import caller, house
from relto.services import replays

router = Router(tags=["records"])


class Replay(Answer):
    """What deciding once more gave. `permitted` is the answer of now, from the facts and the bundle of then."""

    reference: str
    same: bool = Field(description="True when answer, gates and the facts' digest are those that were recorded.")
    permitted: bool
    bundle_version: int
    engine_then: str
    engine_now: str


@router.get("/decisions/{reference}/replay", response=Replay)
def replay_decision(request: HttpRequest, reference: Id) -> dict[str, Any]:
    """Decide once more, with the facts and the bundle of then (inspector); nothing is changed."""
    return dict(plain(replays.replay(house(), caller(request), reference)))
