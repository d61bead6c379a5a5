"""Suspension of an own facility or person: what it would cut, cutting it, and making good again."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router

from relto.api.affected_answers import Affected
from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Id, Reason
from relto.api.surroundings import caller, house
from relto.services import affected, suspensions

router = Router(tags=["suspensions"])
SubjectKind = Literal["facility", "person"]


class SuspensionForm(Form):
    """Whom, and why: a facility by its code, a person by her pseudonym."""

    kind: SubjectKind
    subject: Code
    reason: Reason


class Suspension(Answer):
    """A facility or person, suspended since `suspended_at` or, when that is null, no longer.

    `affected`: what the suspension cut; of one that ended, the assurances that vouch again.
    """

    kind: str
    subject: str
    suspended_at: str | None
    affected: Affected
    entry: str = ENTRY


@router.get("/suspensions/consequences", response=Affected)
def suspension_consequences(request: HttpRequest, kind: SubjectKind, subject: Query[Code]) -> dict[str, Any]:
    """What a suspension would cut, as things stand now (registrar); nothing is changed."""
    return dict(plain(suspensions.consequences(house(), caller(request), kind=kind, subject=subject)))


@router.post("/suspensions", response=Suspension)
def suspend(request: HttpRequest, body: SuspensionForm) -> dict[str, Any]:
    """Suspend a facility or a person (registrar): every opening that depends on it stops, and the partner is told."""
    return dict(plain(suspensions.suspend(house(), caller(request), **body.model_dump())))


@router.post("/suspensions/end", response=Suspension)
def reinstate(request: HttpRequest, body: SuspensionForm) -> dict[str, Any]:
    """End a suspension (registrar); the assurances that it suspended, and no others, vouch again."""
    return dict(plain(suspensions.reinstate(house(), caller(request), **body.model_dump())))


@router.get("/assurances/{assurance}/affected", response=Affected)
def affected_by_assurance(request: HttpRequest, assurance: Id) -> dict[str, Any]:
    """What a received assurance that no longer vouches closes here (release officer, registrar)."""
    return dict(plain(affected.affected_by_assurance(house(), caller(request), assurance)))
