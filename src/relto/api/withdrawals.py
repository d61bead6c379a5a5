"""What ends a release before its time: its withdrawal by either authority, and what became of what was held."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from relto.api.arrivals import ArrivalDetail
from relto.api.cases import ReleaseCaseDetail
from relto.api.forms import Form, Id, Reason
from relto.api.release_answers import WithdrawalForm, detail
from relto.api.surroundings import caller, house, language_of
from relto.services import withdrawals

router = Router(tags=["withdrawals"])


class DispositionForm(Form):
    """What was done with what the facility held, how, and before whom. The reason stays at this node."""

    outcome: Literal["destroyed", "returned"]
    reason: Reason


@router.post("/cases/{case}/withdrawal", response=ReleaseCaseDetail)
def withdraw_release(request: HttpRequest, case: Id, body: WithdrawalForm) -> dict[str, Any]:
    """Withdraw a release (release officer). No share leaves here for it from then on; its recipient is told."""
    withdrawn = withdrawals.withdraw_release(house(), caller(request), case, reason=body.reason)
    return detail(withdrawn, language_of(request))


@router.post("/arrivals/{arrival}/withdrawal", response=ArrivalDetail)
def withdraw_co_release(request: HttpRequest, arrival: Id, body: WithdrawalForm) -> dict[str, Any]:
    """Withdraw the own nation's release of a joint item (release officer); it is shut for both nations' people."""
    withdrawn = withdrawals.withdraw_co_release(house(), caller(request), arrival, reason=body.reason)
    return detail(withdrawn, language_of(request))


@router.post("/arrivals/{arrival}/disposition", response=ArrivalDetail)
def record_disposition(request: HttpRequest, arrival: Id, body: DispositionForm) -> dict[str, Any]:
    """Record that what was held under a withdrawn release was destroyed or returned (its security officer)."""
    recorded = withdrawals.record_disposition(
        house(), caller(request), arrival, outcome=body.outcome, reason=body.reason
    )
    return detail(recorded, language_of(request))
