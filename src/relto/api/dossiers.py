"""Dossiers: procedures and their forms, begin and write, check without keeping, take a step, what waits for me."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from relto.api.answers import Answer, plain
from relto.api.dossier_answers import (
    Dossier,
    DossierWhole,
    Finding,
    ProcedureAnswer,
    ProcedureSummary,
    QueueRow,
    detail_answer,
    finding_answers,
    findings_told,
    procedure_answer,
    queue_answer,
    summary_answer,
    view_answer,
)
from relto.api.forms import Code, Form, Id
from relto.api.surroundings import caller, house, language_of
from relto.base.errors import NotAvailable
from relto.procedures.packs.registry import procedure as procedure_of
from relto.procedures.packs.registry import procedures
from relto.services import dossiers as verbs
from relto.services.dossiers import DossierDetail
from relto.services.dossiers.editions import amendments

router = Router(tags=["dossiers"])
_MOST_FIELDS = 400
Answers = Annotated[
    dict[str, Any], Field(max_length=_MOST_FIELDS, description="Field -> answer, as the form has them.")
]
AskedCode = Annotated[str, Query(max_length=64)]
LONGEST_REASON = 2000


class DossierForm(Form):
    """A dossier to begin. A draft may be incomplete; what cannot be read is refused."""

    procedure: Code
    answers: Answers = Field(default_factory=dict)


class DossierAnswersForm(Form):
    """The main form, whole: it replaces what stood there."""

    answers: Answers


class DossierCheckForm(DossierForm):
    """A form to check; nothing of it is kept. `parent`: the number of the dossier that it would belong to."""

    parent: Annotated[str, Field(max_length=32)] = ""


class StepForm(Form):
    """A step. `answers`: to the step's own form; left out by the second of two persons, who signs the first one's."""

    answers: Answers | None = None
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class Findings(Answer):
    """What was found. `stops`: how many of them are not let through."""

    stops: int
    findings: list[Finding]


@router.get("/procedures", response=list[ProcedureSummary])
def list_procedures(request: HttpRequest) -> list[dict[str, Any]]:
    """The procedures of this node, in the order in which people meet them."""
    return [summary_answer(one, caller(request), language_of(request)) for one in procedures().values()]


@router.get("/procedures/{procedure}", response=ProcedureAnswer)
def read_procedure(request: HttpRequest, procedure: Code) -> dict[str, Any]:
    """One procedure: its form with words, its states, its steps with who takes them."""
    found = procedures().get(procedure)
    if found is None:
        raise NotAvailable("procedure", field="procedure")
    return procedure_answer(found, caller(request), language_of(request))


class Amendment(Answer):
    """What changed in the main form with a step: `fields` by their codes, as they stood and as they stand."""

    step: str
    side: str
    at: str
    entry: str
    fields: list[str]
    before: dict[str, Any]
    after: dict[str, Any]


@router.get("/dossiers", response=list[Dossier])
def list_dossiers(  # noqa: PLR0917  ninja calls by name
    request: HttpRequest,
    procedure: AskedCode = "",
    state: AskedCode = "",
    subject: AskedCode = "",
    programme: AskedCode = "",
    open_only: bool = False,  # noqa: FBT001, FBT002  a member of the query
    after: AskedCode = "",
) -> list[dict[str, Any]]:
    """The dossiers that I may see, the newest change first, at most 100; `after`: the last of the page before."""
    found = verbs.dossiers(
        house(),
        caller(request),
        procedure=procedure,
        state=state,
        subject=subject,
        programme=programme,
        open_only=open_only,
        after=after,
    )
    return [view_answer(one, language_of(request)) for one in found]


@router.get("/queue", response=list[QueueRow])
def read_queue(request: HttpRequest, procedure: AskedCode = "") -> list[dict[str, Any]]:
    """What waits for me, the most urgent first, 100 at most; then what of mine waits at the partner."""
    found = verbs.queue(house(), caller(request), procedure=procedure)
    return [queue_answer(one, language_of(request)) for one in found]


@router.post("/dossiers", response=Dossier)
def begin_dossier(request: HttpRequest, body: DossierForm) -> dict[str, Any]:
    """Begin a dossier; it gets its number at once. A refusal names each field that cannot be read."""
    pack = procedure_of(body.procedure)
    with findings_told(request, pack.form):
        view = verbs.begin(house(), caller(request), body.procedure, body.answers)
    return view_answer(view, language_of(request))


@router.post("/dossiers/check", response=Findings)
def check_form(request: HttpRequest, body: DossierCheckForm) -> dict[str, Any]:
    """What is wrong with a form; nothing is kept and nothing is entered."""
    pack = procedure_of(body.procedure)
    weighed = verbs.check_form(house(), caller(request), body.procedure, body.answers, parent=body.parent)
    told = finding_answers(weighed, (pack.form,), language_of(request))
    return {"stops": sum(one.stops for one in weighed), "findings": told}


@router.get("/dossiers/{dossier}", response=DossierWhole)
def read_dossier(request: HttpRequest, dossier: Id) -> dict[str, Any]:
    """One dossier, by its id or its number."""
    return _whole(request, verbs.dossier(house(), caller(request), dossier))


@router.get("/dossiers/{dossier}/amendments", response=list[Amendment])
def read_amendments(request: HttpRequest, dossier: Id) -> list[dict[str, Any]]:
    """What changed in the main form from one step to a later one, the newest first; only the fields that changed."""
    found = amendments(house(), caller(request), dossier)
    return [
        {**plain(one), **{name: _only(plain(one)[name], one.fields) for name in ("before", "after")}} for one in found
    ]


def _only(answers: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    return {code: value for code, value in answers.items() if code in fields}


@router.put("/dossiers/{dossier}", response=Dossier)
def write_dossier(request: HttpRequest, dossier: Id, body: DossierAnswersForm) -> dict[str, Any]:
    """Replace the main form while it may still be changed."""
    found = verbs.dossier(house(), caller(request), dossier)
    with findings_told(request, procedure_of(found.view.procedure).form):
        view = verbs.write(house(), caller(request), dossier, body.answers)
    return view_answer(view, language_of(request))


@router.get("/dossiers/{dossier}/findings", response=Findings)
def read_findings(request: HttpRequest, dossier: Id, step: AskedCode = "") -> dict[str, Any]:
    """What is found in a dossier now and, with a step, what stands against taking it."""
    found = verbs.dossier(house(), caller(request), dossier)
    pack = procedure_of(found.view.procedure)
    weighed = verbs.check(house(), caller(request), dossier, step)
    part = pack.step(step).form if step else None
    forms = (pack.form,) if part is None else (part, pack.form)
    told = finding_answers(weighed, forms, language_of(request))
    return {"stops": sum(one.stops for one in weighed), "findings": told}


@router.post("/dossiers/{dossier}/steps/{step}", response=DossierWhole)
def take_step(request: HttpRequest, dossier: Id, step: Code, body: StepForm) -> dict[str, Any]:
    """Take a step, or sign it where more than one person must. A refusal tells all that was found."""
    found = verbs.dossier(house(), caller(request), dossier)
    pack = procedure_of(found.view.procedure)
    with findings_told(request, pack.step(step).form, pack.form):
        taken = verbs.take(house(), caller(request), dossier, step, answers=body.answers, reason=body.reason)
    return _whole(request, taken)


def _whole(request: HttpRequest, detail: DossierDetail) -> dict[str, Any]:
    return detail_answer(detail, procedure_of(detail.view.procedure), language_of(request))
