"""Assurances: what one authority vouches for to the other."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Moment, NationCode
from relto.api.surroundings import caller, house
from relto.base.instants import read_instant
from relto.services import assurances

router = Router(tags=["assurances"])


class AssuranceForm(Form):
    """Whom to vouch for, to whom, until when at the latest. `subject_kind`: facility or person."""

    subject_kind: Code
    subject: Code
    recipient: NationCode
    valid_until: Moment


class Assurance(Answer):
    """An assurance given or received; levels are names in the issuer's policy."""

    id: str
    direction: str
    issuer: str
    recipient: str
    subject_kind: str
    subject: str
    facility: str
    level: str
    safeguarding_level: str
    caveats: list[str]
    valid_from: str
    valid_until: str
    status: str
    status_at: str
    entry: str = ENTRY


@router.post("/assurances", response={201: Assurance})
def give_assurance(request: HttpRequest, body: AssuranceForm) -> Status[dict[str, Any]]:
    """Give the partner authority a signed assurance about an own facility or person (registrar)."""
    given = assurances.give_assurance(
        house(),
        caller(request),
        subject_kind=body.subject_kind,
        subject=body.subject,
        recipient=body.recipient,
        valid_until=read_instant(body.valid_until, field="valid_until"),
    )
    return Status(201, plain(given))


@router.get("/assurances", response=list[Assurance])
def list_assurances(request: HttpRequest) -> list[dict[str, Any]]:
    """Assurances given and received that I may see, newest status first."""
    return [plain(view) for view in assurances.list_assurances(house(), caller(request))]


@router.post("/assurances/{assurance}/renewal", response=Assurance)
def renew_assurance(request: HttpRequest, assurance: Code) -> dict[str, Any]:
    """Confirm the status of a given assurance as of now (registrar)."""
    renewed: dict[str, Any] = plain(assurances.renew_assurance(house(), caller(request), assurance=assurance))
    return renewed


@router.post("/assurances/{assurance}/revocation", response=Assurance)
def revoke_assurance(request: HttpRequest, assurance: Code) -> dict[str, Any]:
    """Revoke a given assurance (registrar); it is never revived."""
    revoked: dict[str, Any] = plain(assurances.revoke_assurance(house(), caller(request), assurance=assurance))
    return revoked
