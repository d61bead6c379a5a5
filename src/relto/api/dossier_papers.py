"""Files out of dossiers and into them: papers, signed data, the shape of forms; filled forms, earlier records."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from relto.api.answers import Answer
from relto.api.dossier_answers import Dossier, Finding, finding_answers, view_answer
from relto.api.dossiers import DossierForm
from relto.api.forms import Code, Form, Id
from relto.api.streams import bytes_out, file_answer, small_body
from relto.api.surroundings import caller, house, language_of, log_files
from relto.procedures.packs.registry import procedure as procedure_of
from relto.services import notices
from relto.services.dossiers import feeds
from relto.services.dossiers.exporting import export_dossier, form_as_schema
from relto.services.dossiers.importing import (
    LONGEST_LINE,
    MOST_LINES,
    RefusedLine,
    begin_filled,
    take_over,
)
from relto.services.dossiers.papers import PDF, paper

router = Router(tags=["dossiers"])
_JSON = "application/json"
_LINES = "application/x-ndjson"
_LARGEST_BATCH = 8 * 1024 * 1024
AskedStep = Annotated[str, Query(max_length=64)]
AskedLanguage = Annotated[str, Query(max_length=8, description="en, hi or both.")]


class FormSchema(Answer):
    """The shape of a form's answers, as JSON Schema draft 2020-12."""

    json_schema: dict[str, Any]


class Imported(Answer):
    """What became of a filled form: the dossier that it began, null when an answer cannot be read; what is found."""

    dossier: Dossier | None
    stops: int
    findings: list[Finding]


class LineRefused(Answer):
    """A line that was not taken over; `line` counts from 0 in this batch."""

    line: int
    code: str
    field: str


class TakenOver(Answer):
    """What became of a batch. `known`: lines that were taken over before; they are not doubled."""

    numbers: list[str]
    known: int
    refused: list[LineRefused]


def _body_of(media_type: str) -> dict[str, Any]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": {media_type: schema}}}


@router.get("/procedures/{procedure}/schema", response=FormSchema)
def read_schema(request: HttpRequest, procedure: Code, step: AskedStep = "") -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a procedure's main form, or of the form of one of its steps."""
    caller(request)
    return {"json_schema": form_as_schema(procedure, step)}


@router.post("/dossiers/imports", response=Imported)
def import_dossier(request: HttpRequest, body: DossierForm) -> dict[str, Any]:
    """Begin a dossier from a form that was filled elsewhere. All that is found is told."""
    made = begin_filled(house(), caller(request), body.procedure, body.answers)
    pack = procedure_of(body.procedure)
    language = language_of(request)
    return {
        "dossier": view_answer(made.view, language) if made.view is not None else None,
        "stops": sum(one.stops for one in made.findings),
        "findings": finding_answers(made.findings, (pack.form,), language),
    }


@router.post("/dossiers/taken-over", response=TakenOver, openapi_extra=_body_of(_LINES))
def take_over_records(request: HttpRequest) -> dict[str, Any]:
    """Take over records kept elsewhere, one JSON object a line, 200 at most (registrar, security officer)."""
    body = small_body(request, min(_LARGEST_BATCH, MOST_LINES * LONGEST_LINE))
    lines = [line for line in body.split(b"\n") if line.strip()]
    done = take_over(house(), caller(request), lines)
    return {"numbers": list(done.numbers), "known": done.known, "refused": [_refused(one) for one in done.refused]}


@router.get(
    "/dossiers/{dossier}/export",
    openapi_extra=bytes_out(_JSON, "The dossier as signed data with the proof of its ledger entries."),
)
def read_export(request: HttpRequest, dossier: Id) -> HttpResponseBase:
    """All of a dossier as signed data, with its ledger entries and their proofs."""
    data = export_dossier(house(), caller(request), dossier, log_files())
    return file_answer(iter([data]), _JSON, "dossier.json", len(data))


@router.get(
    "/dossiers/{dossier}/papers/{paper_code}", openapi_extra=bytes_out(PDF, "The paper, PDF/UA-1 and PDF/A-3a.")
)
def read_paper(request: HttpRequest, dossier: Id, paper_code: Code, language: AskedLanguage = "en") -> HttpResponseBase:
    """One paper of a dossier as PDF, with its data and proof inside."""
    made = paper(house(), caller(request), dossier, paper_code, language, files=log_files())
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


class FeedForm(Form):
    """In which language the calendar speaks."""

    language: Annotated[str, Field(max_length=2)] = "en"


class NoticesForm(FeedForm):
    """Where to be told that something waits: a number and the portal's address, nothing else."""

    address: Annotated[str, Field(max_length=254)]


class Feed(Answer):
    """The address of a calendar; it is told once. Whoever has it reads numbers and dates."""

    url: str


class MailNotices(Answer):
    """Whether a person is told by mail."""

    told: bool


@router.post("/calendar-feed", response=Feed)
def open_calendar_feed(request: HttpRequest, body: FeedForm) -> dict[str, Any]:
    """A new address of my calendar of due dates (iCalendar); an earlier one ends."""
    own = house()
    secret = feeds.open_feed(own, caller(request), body.language)
    return {"url": f"{own.urls.portal}/{body.language}/calendar/{secret}.ics"}


@router.delete("/calendar-feed", response=MailNotices)
def close_calendar_feed(request: HttpRequest) -> dict[str, Any]:
    """End the address of my calendar."""
    feeds.close_feed(house(), caller(request))
    return {"told": False}


@router.put("/mail-notices", response=MailNotices)
def begin_mail_notices(request: HttpRequest, body: NoticesForm) -> dict[str, Any]:
    """Be told by mail that something waits for me; nothing is sent unless the operator named a mail server."""
    notices.begin_notices(house(), caller(request), body.address, body.language)
    return {"told": True}


@router.delete("/mail-notices", response=MailNotices)
def end_mail_notices(request: HttpRequest) -> dict[str, Any]:
    """Be told by mail no longer."""
    notices.end_notices(house(), caller(request))
    return {"told": False}


def _refused(one: RefusedLine) -> dict[str, Any]:
    return {"line": one.line, "code": one.code, "field": one.field}
