"""The courier's room: make and read bundles, see what came and what has no receipt, and the register of media."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router, Status
from pydantic import Field

from relto.api.answers import ENTRY, Answer, plain
from relto.api.forms import AskedNation, Form
from relto.api.streams import BYTES_IN, body_chunks, bytes_out, file_answer
from relto.api.surroundings import caller, house, log_files
from relto.exchange.courier_file import MEDIA_TYPE
from relto.services import courier_making, courier_reading, courier_view, media

router = Router(tags=["courier"])
Short = Annotated[str, Field(max_length=48)]
Direction = Literal["out", "in"]


class MakeForm(Form):
    """How long the medium may be out, and whether everything without a final answer goes once more."""

    days: int = Field(courier_making.DAYS, description="Until the medium must be back or destroyed.")
    again: bool = Field(default=False, description="Carry also what earlier bundles carried and nobody answered.")


class MediumForm(Form):
    """A step of a medium: who had it in hand, by role and opaque id, never by name."""

    medium: Short = Field(description="The medium's serial number.")
    partner: AskedNation
    direction: Direction
    number: int = Field(ge=1, description="Of the courier bundle on it.")
    step: Short = Field(description="packed, handed_over, arrived, opened, returned, destroyed.")
    performer: Short = Field(description="role/id, for example courier/C-114.")
    seal: Short = ""
    certificate: Short = Field("", description="Number of the courier certificate.")


class FileResult(Answer):
    """A file that was not taken as it came."""

    name: str
    code: str


class CourierBundle(Answer):
    """A courier bundle: numbers, sizes and codes; `state`: made, held or taken."""

    partner: str
    direction: str
    number: int
    digest: str = Field(description="SHA-384 of the signed manifest.")
    state: str
    created_at: str
    expires_at: str
    received_at: str | None
    taken_at: str | None
    size: int
    messages: int
    answers: int
    payloads: int
    missing: list[int] = Field(description="Bundles that must come before a held one.")
    problem: str = Field(description="Why this node cannot take a held one now.")
    results: list[FileResult]


class OverdueReceipt(Answer):
    """A message that went by courier and has no receipt; `due` null: no rule is loaded."""

    partner: str
    message: str
    sequence: int
    bundle: int
    since: str
    due: str | None
    late: bool | None
    call: str = Field(description="Whom to ask: nation/role.")


class MediumLine(Answer):
    """A line of the register of media."""

    medium: str
    partner: str
    direction: str
    number: int
    step: str
    state: str
    performer: str
    seal: str
    certificate: str
    at: str
    recorded_by: str
    entry: str = ENTRY


@router.get("/courier/bundles", response=list[CourierBundle])
def list_courier_bundles(request: HttpRequest) -> list[dict[str, Any]]:
    """The newest courier bundles of both directions (operator, registrar, release officer, inspector)."""
    return list(plain(courier_view.courier_bundles(house(), caller(request))))


@router.get("/courier/overdue", response=list[OverdueReceipt])
def list_overdue_receipts(request: HttpRequest) -> list[dict[str, Any]]:
    """What went by courier and has no receipt: for people to chase."""
    return list(plain(courier_view.overdue_receipts(house(), caller(request))))


@router.get("/courier/media", response=list[MediumLine])
def list_media(request: HttpRequest) -> list[dict[str, Any]]:
    """The register of media, newest first."""
    return list(plain(media.media_register(house(), caller(request))))


@router.post("/courier/media", response={201: MediumLine})
def record_medium(request: HttpRequest, form: MediumForm) -> Status[dict[str, Any]]:
    """Record a step of a medium; which role may record which step is the procedure's."""
    made = media.record_medium(house(), caller(request), **form.model_dump())
    return Status(201, dict(plain(made)))


@router.post("/courier/arrivals", response={201: CourierBundle}, openapi_extra=BYTES_IN)
def read_courier_bundle(request: HttpRequest) -> Status[dict[str, Any]]:
    """Read a courier bundle in, as the tar stream that the partner's node made (operator). The worker takes it."""
    found = courier_reading.read_bundle(house(), caller(request), body_chunks(request))
    return Status(201, dict(plain(found)))


@router.post("/courier/{partner}/bundles", response={201: CourierBundle})
def make_courier_bundle(request: HttpRequest, partner: AskedNation, form: MakeForm) -> Status[dict[str, Any]]:
    """Make the next courier bundle for a partner (operator)."""
    actor = caller(request)
    made = courier_making.make_bundle(house(), actor, partner, files=log_files(), days=form.days, again=form.again)
    return Status(201, dict(plain(made)))


@router.get(
    "/courier/{partner}/bundles/{number}/file",
    openapi_extra=bytes_out(MEDIA_TYPE, "The bundle: manifest first, then its files, as an uncompressed tar."),
)
def courier_bundle_file(request: HttpRequest, partner: AskedNation, number: int) -> HttpResponseBase:
    """A bundle that was made here, the same bytes each time (operator)."""
    size, chunks = courier_making.bundle_stream(house(), caller(request), partner, number)
    return file_answer(chunks, MEDIA_TYPE, f"courier-{house().nation}-{partner}-{number}.tar", size)


@router.get("/courier/{partner}/{direction}/{number}", response=CourierBundle)
def read_courier_state(request: HttpRequest, partner: AskedNation, direction: Direction, number: int) -> dict[str, Any]:
    """One courier bundle."""
    return dict(plain(courier_view.courier_bundle(house(), caller(request), partner, direction, number)))
