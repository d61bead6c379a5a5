"""Roles of the authority: one person asks, a second one confirms."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Form, Id
from relto.api.surroundings import caller, house
from relto.services import role_changes as changing

router = Router(tags=["people"])


class RoleChange(Answer):
    """An asked change of an authority's role."""

    change: str
    person: str
    role: str
    does: Literal["grant", "remove"]
    state: Literal["waits", "done", "declined"]
    asked_by: str
    asked_at: str
    decided_by: str
    decided_at: str | None
    mine: bool = Field(description="Whether I may confirm it now.")
    entry: str = ENTRY


class RoleChangeForm(Form):
    """What is asked for."""

    role: str = Field(max_length=32)
    does: Literal["grant", "remove"]


@router.post("/people/{person}/role-changes", response={201: RoleChange})
def ask_role_change(request: HttpRequest, person: Id, body: RoleChangeForm) -> Status[dict[str, Any]]:
    """Ask for a role of the authority to be given to a person or taken from her (registrar)."""
    made = changing.ask_change(house(), caller(request), person=person, role=body.role, does=body.does)
    return Status(201, plain(made))


@router.get("/role-changes", response=list[RoleChange])
def list_role_changes(request: HttpRequest) -> list[dict[str, Any]]:
    """What waits for a second person, then what was decided (registrar, co-chair, inspector, operator)."""
    return [plain(view) for view in changing.changes(house(), caller(request))]


@router.post("/role-changes/{change}/confirmation", response=RoleChange)
def confirm_role_change(request: HttpRequest, change: Id) -> dict[str, Any]:
    """Confirm what another person asked: the role is given or taken (registrar, co-chair)."""
    return dict(plain(changing.confirm_change(house(), caller(request), change=change)))


@router.post("/role-changes/{change}/refusal", response=RoleChange)
def decline_role_change(request: HttpRequest, change: Id) -> dict[str, Any]:
    """Say no to what was asked, or take it back (registrar, co-chair)."""
    return dict(plain(changing.decline_change(house(), caller(request), change=change)))
