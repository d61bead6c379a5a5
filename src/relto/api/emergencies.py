"""A role of the authority for some hours, when nobody who holds it can act: an operator asks, another confirms."""

from __future__ import annotations

from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Form, Id
from relto.api.surroundings import caller, house
from relto.services import emergency_roles

router = Router(tags=["people"])


class Emergency(Answer):
    """A role in an emergency."""

    emergency: str
    person: str
    role: str
    reason: str
    hours: int
    state: Literal["waits", "stands", "over"]
    asked_by: str
    asked_at: str
    confirmed_by: str
    until: str | None
    ended_by: str
    entry: str = ENTRY


class EmergencyForm(Form):
    """For whom, which role, why, and for how many hours."""

    person: Id
    role: str = Field(max_length=32)
    reason: str = Field(max_length=2000)
    hours: int


@router.post("/emergency-roles", response={201: Emergency})
def ask_emergency(request: HttpRequest, body: EmergencyForm) -> Status[dict[str, Any]]:
    """Ask for a role of the authority for some hours (operator); another person confirms."""
    longest = int(getattr(settings, "RELTO_EMERGENCY_HOURS", emergency_roles.LONGEST_HOURS))
    return Status(201, plain(emergency_roles.ask(house(), caller(request), **body.model_dump(), longest=longest)))


@router.get("/emergency-roles", response=list[Emergency])
def list_emergencies(request: HttpRequest) -> list[dict[str, Any]]:
    """Every emergency of the node, newest first (the authority, operator)."""
    return [plain(view) for view in emergency_roles.emergencies(house(), caller(request))]


@router.post("/emergency-roles/{emergency}/confirmation", response=Emergency)
def confirm_emergency(request: HttpRequest, emergency: Id) -> dict[str, Any]:
    """Confirm what an operator asked: the role stands for its hours (the authority, operator)."""
    return dict(plain(emergency_roles.confirm(house(), caller(request), emergency=emergency)))


@router.post("/emergency-roles/{emergency}/end", response=Emergency)
def end_emergency(request: HttpRequest, emergency: Id) -> dict[str, Any]:
    """End it before its time, or say no to what was asked (co-chair, inspector, registrar, operator)."""
    return dict(plain(emergency_roles.end(house(), caller(request), emergency=emergency)))
