"""The ledger: how it stands, where an entry stands, and its export for offline verification."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from relto.api.answers import Answer, plain
from relto.api.forms import Id
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house, log_files
from relto.services import export, ledger

router = Router(tags=["records"])
_TAR = "application/x-tar"


class Ledger(Answer):
    """How the ledger stands, in entries; `checkpoint` is the newest signed one."""

    origin: str
    sequenced: int
    waiting: int
    checkpoint: str
    checkpoint_size: int
    signed_at: str | None
    witnessed_size: int
    agreed_size: int


class Entry(Answer):
    """Where an entry stands: recorded, sequenced, witnessed or agreed; `index` once it is sequenced."""

    entry: str
    origin: str
    index: int | None
    event: str
    at: str
    state: str


@router.get("/ledger", response=Ledger)
def read_ledger(request: HttpRequest) -> dict[str, Any]:
    """How the ledger stands."""
    found: dict[str, Any] = plain(ledger.ledger_view(house(), caller(request)))
    return found


@router.get("/ledger/entries/{entry}", response=Entry)
def read_entry(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """Where a ledger entry stands."""
    found: dict[str, Any] = plain(ledger.entry_state(house(), caller(request), entry))
    return found


@router.get("/ledger/export", openapi_extra=bytes_out(_TAR, "checkpoint, tile/ and witness/ as a tar stream."))
def export_ledger(request: HttpRequest) -> HttpResponseBase:
    """The ledger as a tar stream that verifies offline (inspector)."""
    chunks = export.export_chunks(house(), caller(request), log_files())
    return file_answer(chunks, _TAR, "ledger.tar")
