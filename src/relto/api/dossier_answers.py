"""Dossiers as answers: views, findings in the caller's language with what they rest on, procedures and their forms."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from pydantic import Field

from relto.adapters.dossier_words import choice_words, exact, field_hint, field_label, told
from relto.adapters.words import sentence
from relto.api.answers import ENTRY, Answer, Provision, plain
from relto.api.surroundings import caller, house, language_of
from relto.procedures.actors import Actor
from relto.procedures.findings import Weighed
from relto.procedures.forms.form import Field as FormField
from relto.procedures.forms.form import Form
from relto.procedures.procedure import Procedure
from relto.services import active_bundle
from relto.services import dossiers as verbs
from relto.services.dossiers import AnswersRefused, DossierDetail, DossierView, StepStopped


class FormFieldAnswer(Answer):
    """A field of a form: its code, kind and bounds, and what it is called in the caller's language."""

    code: str
    kind: str
    section: str
    label: str
    hint: str
    required: bool
    personal: bool = Field(description="About a person: it never leaves the node.")
    shared: bool = Field(description="Part of what the partner's node is told.")
    names: str = Field(description="What a code names, such as facility or person.")
    longest: int
    least: int | None
    most: int | None
    choices: dict[str, str] = Field(description="Choice -> its words.")
    when_field: str = Field(description="It counts only while this field has one of the values below; empty: always.")
    when_values: list[str]
    fields: list[dict[str, Any]] = Field(description="Of rows: the fields of one row, in this same form.")


class FormAnswer(Answer):
    """A form of one version."""

    code: str
    version: int
    title: str
    sections: dict[str, str]
    fields: list[FormFieldAnswer]
    based_on: list[str]


class ProcedureSummary(Answer):
    """A procedure. `may_begin`: whether a role of the caller's begins one."""

    code: str
    title: str
    what: str
    prefix: str
    topic: str
    reach: str = Field(description="own: one node; between: two.")
    may_begin: bool


class ProcedureStep(Answer):
    """A step of a procedure: who takes it from where to where, and what it asks for."""

    code: str
    words: str
    sources: list[str]
    target: str = Field(description="Empty: it stays in the state in which it was.")
    roles: list[str]
    side: str
    guards: list[str]
    persons: int
    sends: bool
    at_will: bool
    form: FormAnswer | None


class ProcedureAnswer(ProcedureSummary):
    """A procedure whole: its form, its states and its steps."""

    form: FormAnswer
    states: dict[str, str]
    start: str
    final: list[str]
    steps: list[ProcedureStep]


class Due(Answer):
    """When a limit runs out. `at` is null where no rule is loaded (`gap`)."""

    clock: str
    words: str
    limit: str
    nation: str
    at: str | None
    gap: bool
    provision: str
    confirmed: bool
    overdue: bool


class Finding(Answer):
    """What is wrong or unknown: where, what, how to mend it, and on what it rests. `stops`: it is not let through."""

    path: str
    place: str
    code: str
    kind: str
    stops: bool
    sentence: str
    fix: str
    reviewed: bool = Field(description="True when a native reader checked the wording.")
    provisions: list[Provision]


class Dossier(Answer):
    """A dossier. `nation`: whose number it has; `side`: on which side this node stands."""

    id: str
    number: str
    nation: str
    procedure: str
    title: str
    side: str
    partner: str
    company: str
    facility: str
    programme: str
    parent: str
    state: str
    state_words: str
    is_open: bool
    waits_on: list[str] = Field(description="Role codes here, node, or partner.")
    attention: str
    opened: str
    changed: str
    since: str
    ended: str | None
    due: list[Due]
    entry: str = ENTRY


class Signature(Answer):
    """Somebody's signature under a step."""

    by: str
    role: str
    at: str
    entry: str


class TakenStep(Answer):
    """A step that was taken, here or by the partner."""

    position: int
    step: str
    words: str
    before: str
    state: str
    at: str
    side: str
    by: str
    role: str
    signers: list[Signature]
    answers: dict[str, Any]
    reason: str
    entry: str
    message: str
    overtaken: bool
    refused: str


class RelatedDossier(Answer):
    """Another dossier that this one belongs to (`parent`), or that belongs to it (`child`)."""

    number: str
    procedure: str
    state: str
    how: str


class DossierWhole(Dossier):
    """A dossier with its answers, both sides' steps, what is found, and what the caller may do."""

    form_version: int
    bundle_version: int
    bundle_digest: str
    opened_by: str
    answers: dict[str, Any]
    steps: list[TakenStep]
    findings: list[Finding]
    may_take: dict[str, str] = Field(description="Step -> its words: those that the caller may take now.")
    may_write: bool
    signed_by: dict[str, list[Signature]]
    proposed: dict[str, Any] = Field(description="Step -> the answers that its first person signed.")
    papers: list[str]
    related: list[RelatedDossier]


class QueueRow(Answer):
    """Something that waits. `where`: here for the caller, or partner for the other node's people.

    `to_sign`: of the steps those that somebody signed already; `receipt`: of the message that told the partner.
    """

    dossier: Dossier
    where: str
    steps: dict[str, str]
    to_sign: list[str]
    since: str
    due: Due | None
    receipt: str


def form_answer(form: Form, language: str) -> dict[str, Any]:
    """A form with its words."""
    return {
        "code": form.code,
        "version": form.version,
        "title": sentence(f"form.{form.code}", language),
        "sections": {one: field_label(form, f"section/{one}", language) for one in form.sections},
        "fields": [_field(form, one, one.code, language) for one in form.fields],
        "based_on": list(form.based_on),
    }


def _field(form: Form, one: FormField, path: str, language: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "kind": one.kind,
        "section": one.section,
        "label": field_label(form, path, language),
        "hint": field_hint(form, path, language),
        "required": one.required,
        "personal": one.personal,
        "shared": one.shared,
        "names": one.names,
        "longest": one.longest,
        "least": one.least,
        "most": one.most,
        "choices": {code: choice_words(form, path, code, language) for code in one.choices},
        "when_field": one.when.field if one.when else "",
        "when_values": ["true" if value is True else str(value or "false") for value in one.when.values]
        if one.when
        else [],
        "fields": [_field(form, inner, f"{path}/{inner.code}", language) for inner in one.fields],
    }


def summary_answer(pack: Procedure, actor: Actor, language: str) -> dict[str, Any]:
    """A procedure in a list."""
    return {
        "code": pack.code,
        "title": sentence(f"procedure.{pack.code}", language),
        "what": exact(f"procedure.{pack.code}.what", language),
        "prefix": pack.prefix,
        "topic": pack.topic,
        "reach": pack.reach,
        "may_begin": bool(pack.begins & actor.roles),
    }


def procedure_answer(pack: Procedure, actor: Actor, language: str) -> dict[str, Any]:
    """A procedure whole."""
    return {
        **summary_answer(pack, actor, language),
        "form": form_answer(pack.form, language),
        "states": {state: sentence(f"state.{pack.code}.{state}", language) for state in pack.table.states},
        "start": pack.table.start,
        "final": sorted(pack.table.final),
        "steps": [_step(pack, one.name, language) for one in pack.table.transitions],
    }


def _step(pack: Procedure, name: str, language: str) -> dict[str, Any]:
    one, part = pack.table.transition(name), pack.step(name)
    return {
        "code": name,
        "words": sentence(f"step.{pack.code}.{name}", language),
        "sources": sorted(one.sources),
        "target": one.target,
        "roles": sorted(str(role) for role in one.roles),
        "side": one.side,
        "guards": list(one.guards),
        "persons": part.persons,
        "sends": part.sends,
        "at_will": one.at_will,
        "form": form_answer(part.form, language) if part.form is not None else None,
    }


def view_answer(view: DossierView, language: str) -> dict[str, Any]:
    """A dossier in a list."""
    plain_view: dict[str, Any] = plain(view)
    return {
        **plain_view,
        "title": sentence(f"procedure.{view.procedure}", language),
        "state_words": sentence(f"state.{view.procedure}.{view.state}", language),
        "due": [{**plain(one), "words": sentence(f"clock.{view.procedure}.{one.clock}", language)} for one in view.due],
    }


def queue_answer(row: verbs.QueueRow, language: str) -> dict[str, Any]:
    """Something that waits."""
    procedure = row.view.procedure
    due = view_answer(replace(row.view, due=(row.due,)), language)["due"][0] if row.due is not None else None
    return {
        "dossier": view_answer(row.view, language),
        "where": row.where,
        "steps": {step: sentence(f"step.{procedure}.{step}", language) for step in row.steps},
        "to_sign": list(row.to_sign),
        "since": plain(row.since),
        "due": due,
        "receipt": row.receipt,
    }


def detail_answer(detail: DossierDetail, pack: Procedure, language: str) -> dict[str, Any]:
    """A dossier whole."""
    members = {one.name: plain(getattr(detail, one.name)) for one in dataclasses.fields(detail) if one.name != "view"}
    return {
        **members,
        **view_answer(detail.view, language),
        "steps": [{**plain(one), "words": sentence(f"step.{pack.code}.{one.step}", language)} for one in detail.steps],
        "findings": finding_answers(detail.findings, (pack.form,), language),
        "may_take": {step: sentence(f"step.{pack.code}.{step}", language) for step in detail.may_take},
    }


def finding_answers(weighed: Sequence[Weighed], forms: Sequence[Form], language: str) -> list[dict[str, Any]]:
    """Findings in words, under the bundle in force."""
    here = house()
    bundle = active_bundle.active_or_none(here, here.now())
    provisions = bundle.provisions if bundle is not None else {}
    return [plain(one) for one in told(weighed, forms, provisions, language)]


@contextmanager
def findings_told(request: HttpRequest, *forms: Form | None) -> Iterator[None]:
    """A refusal with findings goes on with all of them, in the caller's language."""
    caller(request)
    try:
        yield
    except (AnswersRefused, StepStopped) as error:
        here = [form for form in forms if form is not None]
        error.findings = tuple(finding_answers(error.weighed, here, language_of(request)))
        raise
