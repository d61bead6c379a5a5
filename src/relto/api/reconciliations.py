"""Do the two registers agree? Ask, list, read, and the certificate that both nodes signed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import Code, Form, Id
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house
from relto.services import reconciliations

router = Router(tags=["reconciliations"])
_JSON = "application/json"


class ReconciliationForm(Form):
    """Which registers: a programme, and the partner where more than one shares it."""

    programme: Code
    partner: str = Field("", max_length=3, description="Left out when the programme is shared with one nation only.")


class Reconciliation(Answer):
    """A comparison of the registers that ended. `state`: agree, differ, stopped; `code`: why it was stopped."""

    id: str
    programme: str
    partner: str
    side: str = Field(description="asker: this node began it; answerer: the partner did.")
    state: str
    code: str
    started_by: str
    started_at: str
    ended_at: str
    records: int
    partner_records: int
    findings: int
    alarms: int
    digest: str = Field(description="SHA-256 of the certificate that both signed; empty of a stopped run.")
    entry: str = ENTRY


class ReconciliationDetail(Reconciliation):
    """A comparison with what was found, as both nodes signed it, and the own records that the partner lacks."""

    differences: list[dict[str, Any]]
    own_records: list[dict[str, Any]]
    until: str = Field(description="Openings whose requests ended before were compared.")
    messages: dict[str, Any] = Field(description="By direction: messages below a number; how many were beyond.")
    compared: list[str]
    not_shown: list[str]


@router.post("/reconciliations", response={201: ReconciliationDetail})
def start_reconciliation(request: HttpRequest, body: ReconciliationForm) -> Status[dict[str, Any]]:
    """Compare the registers of a programme with the partner's now (release officer, registrar, inspector)."""
    found = reconciliations.reconcile(house(), caller(request), programme=body.programme, partner=body.partner)
    return Status(201, dict(plain(found)))


@router.get("/reconciliations", response=list[Reconciliation])
def list_reconciliations(request: HttpRequest, programme: Query[str] = "") -> list[dict[str, Any]]:
    """The comparisons that ended, newest first (release officer, registrar, inspector)."""
    return list(plain(reconciliations.reconciliations(house(), caller(request), programme)))


@router.get("/reconciliations/{run}", response=ReconciliationDetail)
def read_reconciliation(request: HttpRequest, run: Id) -> dict[str, Any]:
    """One comparison with its findings (release officer, registrar, inspector)."""
    return dict(plain(reconciliations.reconciliation(house(), caller(request), run)))


@router.get(
    "/reconciliations/{run}/certificate",
    openapi_extra=bytes_out(_JSON, "The certificate as both nodes signed it; `relto verify` checks it offline."),
)
def read_certificate(request: HttpRequest, run: Id) -> HttpResponseBase:
    """The certificate that both nodes signed (release officer, registrar, inspector)."""
    signed = reconciliations.certificate(house(), caller(request), run)
    return file_answer(iter([signed]), _JSON, f"{run}.json", len(signed))
