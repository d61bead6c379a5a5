"""National overlays: what this nation's own authority tightens or suspends at this node, on top of the agreement."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from relto.api.answers import Answer, plain
from relto.api.streams import BYTES_IN, small_body
from relto.api.surroundings import caller, house
from relto.rules.overlays import LARGEST_OVERLAY
from relto.services import overlays

router = Router(tags=["agreement"])


class NationalOverlay(Answer):
    """An accepted overlay. `rules`: those it adds; `changes`: its members that change something.

    `withdraws`: it changes nothing and takes the place of an earlier one; `in_force`: it is on the bundle followed now.
    """

    nation: str
    agreement: str
    version: int
    digest: str
    base_from: int
    base_to: int | None = None
    effective_from: str
    ends: str | None = None
    reason: str
    changes: list[str]
    rules: list[str]
    withdraws: bool
    in_force: bool
    proof: str
    accepted_at: str
    entry: str


@router.post("/overlays", response={201: NationalOverlay}, openapi_extra=BYTES_IN)
def submit_overlay(request: HttpRequest) -> Status[dict[str, Any]]:
    """Submit an overlay that the own authority signed (co-chair); it is proved to tighten only, then followed."""
    actor = caller(request)
    return Status(201, plain(overlays.submit_overlay(house(), actor, small_body(request, LARGEST_OVERLAY))))


@router.get("/overlays", response=list[NationalOverlay])
def list_overlays(request: HttpRequest) -> list[dict[str, Any]]:
    """The overlays that this node accepted, newest first."""
    found: list[dict[str, Any]] = plain(overlays.overlays(house(), caller(request)))
    return found
