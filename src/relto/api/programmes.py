"""Joint programmes and who is assigned to them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Id, Reason, Text
from relto.api.surroundings import caller, house
from relto.services import programmes

router = Router(tags=["programmes"])


class ProgrammeForm(Form):
    """A programme to register under the code that both nations use."""

    code: Code
    title: Text


class Programme(Answer):
    """A joint programme; `members` are pseudonyms that the caller may see."""

    code: str
    title: str
    started_at: str
    members: list[str]
    entry: str = ENTRY


class MemberForm(Form):
    """A person, with the reason for her need-to-know, or for its end."""

    person: Id
    reason: Reason


class Member(Answer):
    """An assignment."""

    programme: str
    person: str
    since: str
    until: str | None
    entry: str = ENTRY


@router.post("/programmes", response={201: Programme})
def register_programme(request: HttpRequest, body: ProgrammeForm) -> Status[dict[str, Any]]:
    """Register a joint programme (registrar)."""
    made = programmes.register_programme(house(), caller(request), code=body.code, title=body.title)
    return Status(201, plain(made))


@router.get("/programmes", response=list[Programme])
def list_programmes(request: HttpRequest) -> list[dict[str, Any]]:
    """The programmes that I may see."""
    return [plain(view) for view in programmes.programmes(house(), caller(request))]


@router.post("/programmes/{programme}/members", response={201: Member})
def assign_member(request: HttpRequest, programme: Code, body: MemberForm) -> Status[dict[str, Any]]:
    """Assign a person to a programme (registrar, or the security officer of her company)."""
    made = programmes.assign_member(
        house(), caller(request), programme=programme, person=body.person, reason=body.reason
    )
    return Status(201, plain(made))


@router.post("/programmes/{programme}/members/end", response=Member)
def end_membership(request: HttpRequest, programme: Code, body: MemberForm) -> dict[str, Any]:
    """End a person's assignment (registrar, or the security officer of her company); nothing of it opens for her."""
    ended = programmes.end_membership(
        house(), caller(request), programme=programme, person=body.person, reason=body.reason
    )
    return dict(plain(ended))
