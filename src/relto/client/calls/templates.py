"""Joint templates: read and propose versions, make documents under them, check documents, compare versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from relto.client.answers.alignment import Told
from relto.client.answers.templates import (
    ShippedDraft,
    TemplateChange,
    TemplateDetail,
    TemplateMade,
    TemplateRow,
    TemplateValidation,
)
from relto.client.calls.law_changes import taken
from relto.client.session import Session, part
from relto.client.steps import Call, Request, Steps, get, listed, post

_TEMPLATES = "/templates"


def templates() -> Call[list[TemplateRow]]:
    """The joint templates that I may use, or negotiate."""
    return listed(_TEMPLATES, TemplateRow)


def template(entry: str) -> Call[TemplateDetail]:
    """One template with its versions."""
    return get(f"{_TEMPLATES}/{part(entry)}", TemplateDetail)


def template_drafts() -> Call[list[ShippedDraft]]:
    """Drafts that are shipped with relto, confirmed by nobody."""
    return listed(f"{_TEMPLATES}/drafts", ShippedDraft)


def propose_draft(code: str) -> Call[Told]:
    """Propose a shipped draft as a new template."""
    return post(f"{_TEMPLATES}/drafts/{part(code)}", Told)


def propose_template(
    code: str,
    title: Mapping[str, Any],
    paper: str,
    basis: str,
    *,
    fields: Sequence[Mapping[str, Any]],
    clauses: Sequence[Mapping[str, Any]],
    entry: str = "",
) -> Call[Told]:
    """Propose a version of a template, of a new one without `entry`; the node gives it its number."""
    return post(
        _TEMPLATES,
        Told,
        code=code,
        title=dict(title),
        paper=paper,
        basis=basis,
        fields=[dict(one) for one in fields],
        clauses=[dict(one) for one in clauses],
        entry=entry,
    )


def compare_templates(entry: str, older: str, newer: str) -> Call[TemplateChange]:
    """What one version changed of another; each as a label such as v3, or a digest."""
    return get(f"{_TEMPLATES}/{part(entry)}/comparison?{urlencode({'older': older, 'newer': newer})}", TemplateChange)


def make_document(entry: str, values: Mapping[str, Any], version: str = "") -> Call[TemplateMade]:
    """A document under a published version, signed by the node and kept by whoever asked."""
    return post(f"{_TEMPLATES}/{part(entry)}/documents", TemplateMade, values=dict(values), version=version)


def validate_document(document: Mapping[str, Any]) -> Call[TemplateValidation]:
    """Whether a document is what the version that it names gives."""
    return post(f"{_TEMPLATES}/validations", TemplateValidation, document=dict(document))


def template_paper(_session: Session, document: Mapping[str, Any], *, language: str = "en") -> Steps[bytes]:
    """A valid document as PDF; `language`: en, hi or both."""
    path = f"{_TEMPLATES}/papers?{urlencode({'language': language})}"
    return (yield from taken(Request("POST", path, json={"document": dict(document)})))
