"""Joint templates: what both nations use, one template with its versions, what changed, documents made and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from relto.adapters.words import DEFAULT_LANGUAGE, error_sentence, sentence
from relto.alignment.shipped_templates import shipped_template, shipped_templates
from relto.alignment.templates import TemplateClause
from relto.base.errors import NotAvailable, ReltoError, Unreachable
from relto.services.active_bundle import active
from relto.services.alignment import template_documents, templates
from relto.services.dossiers.papers import PDF
from relto.store.queries.alignment import READERS
from relto.store.queries.alignment_templates import USERS
from relto.web.alignment_pages import speaks
from relto.web.pages import PageRequest, page, show
from relto.web.signing import signature_boxes
from relto.web.surroundings import house
from relto.web.template_forms import DocumentForm, FileForm
from relto.web.words import language, said

_POSTED = ("GET", "HEAD", "POST")
_LONGEST = 64
_JSON = "application/json"


def _word(code: str) -> str:
    return said("template_page", code)


@page(*USERS, methods=_POSTED)
def template_list(request: PageRequest) -> HttpResponse:
    """Which texts do both nations use?"""
    own, actor = house(), request.actor
    form = _version_form(request) if speaks(request) else None
    if request.method == "POST":
        told = _proposed(request, form, "")
        if told:
            return redirect("template", entry=told)
    rows = templates.templates(own, actor)
    taken = {row.code for row in rows}
    context = {
        "rows": [(row, _said(row.title)) for row in rows],
        "drafts": [(code, _said(one["title"])) for code, one in shipped_templates().items() if code not in taken],
        "negotiates": not actor.roles.isdisjoint(READERS),
        "file_form": form,
        "form": form if form is not None and form.is_bound else None,
    }
    return show(request, "joint_templates/list", context, status=422 if request.method == "POST" else 200)


@page(*USERS, methods=_POSTED)
def template(request: PageRequest, entry: str) -> HttpResponse:
    """What does it say, and under which versions?"""
    own, actor = house(), request.actor
    found = templates.template(own, actor, entry)
    form = _version_form(request) if speaks(request) else None
    if request.method == "POST" and _proposed(request, form, entry):
        return redirect("template", entry=entry)
    every = (*found.published, *found.proposed)
    named = request.GET.get("version", "")[:_LONGEST]
    shown = templates.version_of(found, named) if named or found.published else every[0]
    context = {
        "row": found.row,
        "title": _said(shown.template.title),
        "versions": [(one, _older(found, one)) for one in every],
        "shown": shown,
        "clauses": [
            {"one": one, "heading": _said(one.heading), "texts": list(_texts(one))} for one in shown.template.clauses
        ],
        "fields": [(one, _said(one.label), _word(f"kind_{one.kind}")) for one in shown.template.fields],
        "signatures": signature_boxes(request, entry) if not actor.roles.isdisjoint(READERS) else None,
        "file_form": form,
        "form": form if form is not None and form.is_bound else None,
    }
    return show(request, "joint_templates/one", context, status=422 if request.method == "POST" else 200)


@page(*USERS)
def compare(request: PageRequest, entry: str) -> HttpResponse:
    """What changed between two versions?"""
    own, actor = house(), request.actor
    older, newer = (request.GET.get(name, "")[:_LONGEST] for name in ("older", "newer"))
    found = templates.template(own, actor, entry)
    before, after = (templates.version_of(found, one) for one in (older, newer))
    change = templates.compare(own, actor, entry, before.digest, after.digest)
    headings = {clause.code: _said(clause.heading) for one in (before, after) for clause in one.template.clauses}
    context = {
        "row": found.row,
        "title": _said(after.template.title),
        "older": before,
        "newer": after,
        "change": change,
        "clauses": [(one, headings[one.code], one.text.items()) for one in change.clauses],
    }
    return show(request, "joint_templates/compare", context)


@page(*USERS, methods=_POSTED)
def generate(request: PageRequest, entry: str) -> HttpResponseBase:
    """What stands in the document?"""
    own, actor = house(), request.actor
    found = templates.template(own, actor, entry)
    version = templates.version_of(found, request.GET.get("version", "")[:_LONGEST])
    if version.published_at is None:
        raise NotAvailable("template_version", field="version")
    nations = sorted(str(one) for one in active(own).parties)
    form = DocumentForm(request.POST if request.method == "POST" else None, template=version.template, nations=nations)
    if request.method == "POST" and form.is_valid():
        try:
            made = template_documents.generate(own, actor, entry, form.values, version.digest)
            return _file(request, made, form.cleaned_data["form"], found.row.code)
        except Unreachable:
            raise
        except ReltoError as error:
            form.take_error(error, error_sentence(error, language()))
    context = {"row": found.row, "title": _said(version.template.title), "version": version, "form": form}
    return show(request, "joint_templates/generate", context, status=422 if form.is_bound else 200)


@page(*USERS, methods=_POSTED)
def check(request: PageRequest) -> HttpResponse:
    """Is this document what its version gives?"""
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = FileForm(*posted, label=_word("check_file"), hint=_word("check_hint"))
    found = None
    if form.is_bound and form.is_valid():
        try:
            found = template_documents.validate(house(), request.actor, form.content())
        except Unreachable:
            raise
        except ReltoError as error:
            form.take_error(error, error_sentence(error, language()))
    context = {"form": form, "found": found}
    return show(request, "joint_templates/check", context, status=422 if form.errors and form.is_bound else 200)


def _version_form(request: PageRequest) -> FileForm:
    sent = request.method == "POST" and request.POST.get("what") == "file"
    return FileForm(*((request.POST, request.FILES) if sent else ()), label=_word("file"), hint=_word("file_hint"))


def _proposed(request: PageRequest, form: FileForm | None, entry: str) -> str:
    """The entry in which a version was proposed: a shipped draft, or a file; "" when it does not fit."""
    if form is None:
        raise NotAvailable("page")
    own, actor = house(), request.actor
    if not form.is_bound:
        draft = shipped_template(request.POST.get("draft", "")[:_LONGEST])
        return templates.propose_template(own, actor, draft, entry=entry)
    if not form.is_valid():
        return ""
    try:
        content: dict[str, Any] = dict(form.read())
        return templates.propose_template(own, actor, content.get("content", content), entry=entry)
    except Unreachable:
        raise
    except ReltoError as error:
        form.take_error(error, error_sentence(error, language()))
        return ""


def _file(request: PageRequest, made: template_documents.MadeDocument, form: str, code: str) -> HttpResponse:
    """The document as the form asked for it."""
    if form == "data":
        content, kind, name = made.envelope, _JSON, f"{code.replace('_', '-')}-{made.digest[:12]}.json"
    else:
        paper = template_documents.document_paper(house(), request.actor, made.envelope, form)
        content, kind, name = paper.content, PDF, paper.name
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _texts(clause: TemplateClause) -> Iterator[tuple[str, str, str]]:
    """(language, text, the tag of a translation that no native reader checked)."""
    for code, text in clause.text.items():
        is_checked = code in (DEFAULT_LANGUAGE, *clause.reviewed)
        yield code, text, "" if is_checked else sentence("paper.unreviewed", code)


def _older(found: templates.TemplateDetail, one: templates.TemplateVersion) -> str:
    """The label of the published version before this one; "" for the first."""
    return next((before.label for before in found.published if before.number < one.number), "")


def _said(texts: Any) -> str:
    return str(texts.get(language()) or next(iter(texts.values()), ""))
