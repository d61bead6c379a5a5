"""Joint templates: propose a version, read what is published, make a document, check one, compare two versions."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router, Status
from pydantic import Field

from relto.alignment.shipped_templates import shipped_template, shipped_templates
from relto.alignment.templates import MOST_CLAUSES, MOST_FIELDS
from relto.api.alignment import Told
from relto.api.answers import Answer, plain
from relto.api.forms import Code, Form, Id
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house
from relto.base.canonical import canonical_bytes, read_object
from relto.services.alignment import template_documents, templates
from relto.services.dossiers.papers import PDF

router = Router(tags=["templates"])
Version = Annotated[str, Query(max_length=64, description="A label such as v3, or a digest.")]
AskedLanguage = Annotated[str, Query(max_length=8, description="en, hi or both.")]
ByLanguage = Annotated[dict[str, Annotated[str, Field(max_length=2000)]], Field(max_length=2)]


class TemplateRow(Answer):
    """A template. `newest`: label of the version in use, empty before any; `proposed`: drafts that wait."""

    entry: str
    code: str
    title: dict[str, str]
    paper: str
    newest: str
    published: int
    proposed: int


class TemplateVersion(Answer):
    """One version. `state`: published, proposed or overtaken; `content`: clauses and fields as they were signed."""

    label: str
    number: int
    nation: str
    line: int
    digest: str
    at: str
    state: str
    published_at: str | None
    signed: dict[str, str]
    content: dict[str, Any]


class TemplateDetail(TemplateRow):
    """A template whole: published versions, the newest first; proposed ones for the working group's people alone."""

    versions: list[TemplateVersion]


class ShippedDraft(Answer):
    """A draft that is shipped with relto, confirmed by nobody."""

    code: str
    title: dict[str, str]
    paper: str
    basis: str


class RunAnswer(Answer):
    """Some words in a row: kept, inserted or deleted."""

    kind: str
    text: str


class ClauseChange(Answer):
    """One clause: added, removed, changed, moved or same; `members`: what of it changed."""

    code: str
    word: str
    members: list[str]
    heading: dict[str, list[RunAnswer]]
    text: dict[str, list[RunAnswer]]
    provisions_added: list[str]
    provisions_removed: list[str]


class FieldChange(Answer):
    """One field that is not the same."""

    code: str
    word: str
    members: list[str]


class TemplateChange(Answer):
    """What the newer version changed of the older."""

    older: int
    newer: int
    clauses: list[ClauseChange]
    fields: list[FieldChange]
    members: list[str]


class TemplateMade(Answer):
    """A document: the signed statement, which is all of it. `digest`: of what was signed."""

    entry: str
    label: str
    digest: str
    document: dict[str, Any]
    ledger_entry: str


class TemplateDifference(Answer):
    """Where a document is not what its version gives."""

    code: str
    where: str


class TemplateValidation(Answer):
    """Whether a document is valid under the version that it names; `newest`: the version in use now."""

    valid: bool
    entry: str
    code: str
    label: str
    template: str
    newest: str
    signed_by: str
    at: str
    digest: str
    values: dict[str, str]
    differences: list[TemplateDifference]


class TemplateForm(Form):
    """A version as its author writes it; the node gives the number. `entry`: of a template that has versions."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    title: ByLanguage
    paper: Annotated[str, Field(max_length=40)]
    basis: Annotated[str, Field(max_length=40)]
    fields: Annotated[list[dict[str, Any]], Field(max_length=MOST_FIELDS)]
    clauses: Annotated[list[dict[str, Any]], Field(max_length=MOST_CLAUSES)]
    entry: Annotated[str, Field(max_length=32)] = ""


class ValuesForm(Form):
    """The values of a document's fields. `version`: such as v3; the newest published without it."""

    values: Annotated[dict[str, Annotated[str, Field(max_length=500)]], Field(max_length=MOST_FIELDS)]
    version: Annotated[str, Field(max_length=64)] = ""


class DocumentForm(Form):
    """A document under a template, as the node signed it."""

    document: Annotated[dict[str, Any], Field(max_length=8)]


@router.get("/templates", response=list[TemplateRow])
def list_templates(request: HttpRequest) -> list[dict[str, Any]]:
    """The joint templates that the caller may use, or negotiate."""
    return [_row(one) for one in templates.templates(house(), caller(request))]


@router.post("/templates", response={201: Told})
def propose_template(request: HttpRequest, body: TemplateForm) -> Status[dict[str, str]]:
    """Propose a version; it is published when both nations signed it (co-chair)."""
    content = body.model_dump(exclude={"entry"})
    told = templates.propose_template(house(), caller(request), content, entry=body.entry)
    return Status(201, {"entry": told})


# Before the templates: these are no template's ids.
@router.get("/templates/drafts", response=list[ShippedDraft])
def list_drafts(request: HttpRequest) -> list[dict[str, Any]]:
    """Drafts that are shipped with relto, in our own words and confirmed by nobody: where a co-chair may begin."""
    templates.templates(house(), caller(request))
    return [{name: one[name] for name in ("code", "title", "paper", "basis")} for one in shipped_templates().values()]


@router.post("/templates/drafts/{code}", response={201: Told})
def propose_draft(request: HttpRequest, code: Code) -> Status[dict[str, str]]:
    """Propose a shipped draft as a new template (co-chair)."""
    actor = caller(request)
    return Status(201, {"entry": templates.propose_template(house(), actor, shipped_template(code))})


@router.post("/templates/validations", response=TemplateValidation)
def validate_document(request: HttpRequest, body: DocumentForm) -> dict[str, Any]:
    """Whether a document is what the version that it names gives; a later version changes nothing of that."""
    found: dict[str, Any] = plain(template_documents.validate(house(), caller(request), _bytes(body)))
    return found


@router.post("/templates/papers", openapi_extra=bytes_out(PDF, "The document, PDF/UA-1 and PDF/A-3a."))
def print_document(request: HttpRequest, body: DocumentForm, language: AskedLanguage = "en") -> HttpResponseBase:
    """A valid document as PDF, with itself inside."""
    made = template_documents.document_paper(house(), caller(request), _bytes(body), language)
    return file_answer(iter([made.content]), made.media_type, made.name, len(made.content))


@router.get("/templates/{entry}", response=TemplateDetail)
def read_template(request: HttpRequest, entry: Id) -> dict[str, Any]:
    """One template with its versions."""
    found = templates.template(house(), caller(request), entry)
    every = (*found.published, *found.proposed)
    return {**_row(found.row), "versions": [_version(one) for one in every]}


@router.get("/templates/{entry}/comparison", response=TemplateChange)
def compare_templates(request: HttpRequest, entry: Id, older: Version, newer: Version) -> dict[str, Any]:
    """What one version changed of another: clause by clause, word by word, field by field."""
    found: dict[str, Any] = plain(templates.compare(house(), caller(request), entry, older, newer))
    return found


@router.post("/templates/{entry}/documents", response={201: TemplateMade})
def make_document(request: HttpRequest, entry: Id, body: ValuesForm) -> Status[dict[str, Any]]:
    """A document under a published version, signed by the node; it is not kept here (officers)."""
    made = template_documents.generate(house(), caller(request), entry, body.values, body.version)
    answer = {name: getattr(made, name) for name in ("entry", "label", "digest", "ledger_entry")}
    return Status(201, {**answer, "document": read_object(made.envelope)})


def _bytes(body: DocumentForm) -> bytes:
    return canonical_bytes(body.document)


def _row(row: templates.TemplateRow) -> dict[str, Any]:
    return {
        "entry": row.entry,
        "code": row.code,
        "title": dict(row.title),
        "paper": row.paper,
        "newest": row.newest.label if row.newest else "",
        "published": row.published,
        "proposed": row.proposed,
    }


def _version(one: templates.TemplateVersion) -> dict[str, Any]:
    shown: dict[str, Any] = plain(one)
    del shown["template"]
    return {**shown, "content": one.template.body()}
