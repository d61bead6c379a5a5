"""Recoveries by custodians: their records are handed in here, and what is overdue is seen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.streams import BYTES_IN, small_body
from relto.api.surroundings import caller, house
from relto.sealing.recovery_record import LARGEST_RECORD
from relto.services import custodian_records

router = Router(tags=["records"])


class CustodianPart(Answer):
    """A custodian's part in a recovery: which use of her key it was."""

    nation: str
    number: int
    kid: str
    use: int


class RecoveryRecord(Answer):
    """An imported record of a recovery. `item`: its item here, empty for a container that is not known."""

    id: str
    container: str
    item: str
    manifest: str
    recovered_at: str
    imported_at: str
    imported_by: str
    reason: str
    custodians: list[CustodianPart]
    findings: list[str] = Field(description="unknown_container, other_manifest, withdrawn, faulty_piece, future.")
    entry: str = ENTRY


class OpenMatter(Answer):
    """What the numbered uses of one custodian's key show: records that lack, came twice, or do not follow."""

    code: str = Field(description="overdue (uses `use` to `until` have no record here), fork, chain.")
    nation: str
    number: int
    kid: str
    use: int
    until: int


class RecoveryBook(Answer):
    """`quorum` of `custodians` of this nation recover; 0 of 0: the agreement in force names none, so nobody does."""

    quorum: int
    custodians: int
    records: list[RecoveryRecord]
    open_matters: list[OpenMatter]


@router.post("/recoveries", response={201: RecoveryRecord}, openapi_extra=BYTES_IN)
def import_recovery(request: HttpRequest) -> Status[dict[str, Any]]:
    """Hand in the signed record of a recovery (release officer, registrar); each nation imports for its custodians."""
    actor = caller(request)
    data = small_body(request, LARGEST_RECORD)
    return Status(201, dict(plain(custodian_records.import_record(house(), actor, data))))


@router.get("/recoveries", response=RecoveryBook)
def list_recoveries(request: HttpRequest) -> dict[str, Any]:
    """The recoveries on record, newest first, and what is overdue (authority)."""
    return dict(plain(custodian_records.recovery_book(house(), caller(request))))
