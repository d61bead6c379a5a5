"""Disclosure and export authorisations: two facts, none implying the other."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status

from relto.api.affected_answers import Affected
from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Id, Moment, NationCode
from relto.api.release_answers import WithdrawalForm
from relto.api.surroundings import caller, house
from relto.base.instants import read_instant
from relto.services import authorisations

router = Router(tags=["authorisations"])


class AuthorisationForm(Form):
    """An authorisation to record, for one programme or one item."""

    kind: Literal["disclosure", "export"]
    reference: Code
    nation: NationCode
    programme: Code | None = None
    item: Id | None = None
    valid_from: Moment
    valid_until: Moment


class Authorisation(Answer):
    """An authorisation; `company` is empty for the authority's own."""

    id: str
    kind: str
    reference: str
    nation: str
    programme: str
    item: str
    company: str
    valid_from: str
    valid_until: str
    withdrawn_at: str | None
    withdrawal_reason: str
    entry: str = ENTRY


class WithdrawnAuthorisation(Authorisation):
    """A withdrawn authorisation with the releases that nothing of its kind covers any more."""

    affected: Affected


@router.post("/authorisations", response={201: Authorisation})
def record_authorisation(request: HttpRequest, body: AuthorisationForm) -> Status[dict[str, Any]]:
    """Record a disclosure authorisation (registrar) or the company's export authorisation (security officer)."""
    record = authorisations.record_disclosure if body.kind == "disclosure" else authorisations.record_export
    made = record(
        house(),
        caller(request),
        reference=body.reference,
        nation=body.nation,
        programme=body.programme,
        item=body.item,
        valid_from=read_instant(body.valid_from, field="valid_from"),
        valid_until=read_instant(body.valid_until, field="valid_until"),
    )
    return Status(201, plain(made))


@router.get("/authorisations", response=list[Authorisation])
def list_authorisations(request: HttpRequest) -> list[dict[str, Any]]:
    """The authorisations that I may see."""
    return [plain(view) for view in authorisations.authorisations(house(), caller(request))]


@router.post("/authorisations/{authorisation}/withdrawal", response=WithdrawnAuthorisation)
def withdraw_authorisation(request: HttpRequest, authorisation: Id, body: WithdrawalForm) -> dict[str, Any]:
    """Withdraw an authorisation (disclosure: registrar; export: its company's security officer); openings stop."""
    withdrawn = authorisations.withdraw_authorisation(house(), caller(request), authorisation, reason=body.reason)
    return dict(plain(withdrawn))
