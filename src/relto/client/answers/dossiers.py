"""Procedures and dossiers: forms with their words, what is found, who may do what next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.decisions import Provision
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class FormField(Answer):
    """A field of a form. `when_field`: it counts only while that one has one of `when_values`; "": always.

    `personal`: it never leaves the node; `shared`: the partner's node is told; `fields`: of rows, those of one row, as
    objects with these same members.
    """

    code: str
    kind: str
    section: str
    label: str
    hint: str
    required: bool
    personal: bool
    shared: bool
    names: str
    longest: int
    least: int | None
    most: int | None
    choices: Mapping[str, str]
    when_field: str
    when_values: tuple[str, ...]
    fields: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class DossierForm(Answer):
    """A form of one version. `sections`: section -> its words; `based_on`: what its layout follows, by ids."""

    code: str
    version: int
    title: str
    sections: Mapping[str, str]
    fields: tuple[FormField, ...]
    based_on: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProcedureSummary(Answer):
    """A procedure. `reach`: own (one node) or between (two); `may_begin`: a role of mine begins one."""

    code: str
    title: str
    what: str
    prefix: str
    topic: str
    reach: str
    may_begin: bool


@dataclass(frozen=True, kw_only=True)
class ProcedureStep(Answer):
    """A step: who takes it from where to where; `target` "": it stays where it was. `form`: what it asks for."""

    code: str
    words: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    side: str
    guards: tuple[str, ...]
    persons: int
    sends: bool
    at_will: bool
    form: DossierForm | None


@dataclass(frozen=True, kw_only=True)
class Procedure(ProcedureSummary):
    """A procedure whole."""

    form: DossierForm
    states: Mapping[str, str]
    start: str
    final: tuple[str, ...]
    steps: tuple[ProcedureStep, ...]


@dataclass(frozen=True, kw_only=True)
class Due(Answer):
    """When a limit runs out; `at` is None where no rule is loaded (`gap`)."""

    clock: str
    words: str
    limit: str
    nation: str
    at: datetime | None
    gap: bool
    provision: str
    confirmed: bool
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class Finding(Answer):
    """What is wrong or unknown: where, what, how to mend it, on what it rests. `stops`: it is not let through."""

    path: str
    place: str
    code: str
    kind: str
    stops: bool
    sentence: str
    fix: str
    reviewed: bool
    provisions: tuple[Provision, ...]


@dataclass(frozen=True, kw_only=True)
class Findings(Answer):
    """Everything that was found. `stops`: how many of them are not let through."""

    stops: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Dossier(Answer):
    """A dossier. `nation`: whose number it has; `side`: on which side this node stands.

    `waits_on`: role codes here, "node" or "partner"; `attention`: "refused" or "overtaken" when people should look.
    """

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
    waits_on: tuple[str, ...]
    attention: str
    opened: datetime
    changed: datetime
    since: datetime
    ended: datetime | None
    due: tuple[Due, ...]
    entry: str = ""


@dataclass(frozen=True, kw_only=True)
class Signature(Answer):
    """Somebody's signature under a step."""

    by: str
    role: str
    at: datetime
    entry: str


@dataclass(frozen=True, kw_only=True)
class TakenStep(Answer):
    """A step that was taken, here or by the partner. `overtaken`, `refused`: it is kept, without effect."""

    position: int
    step: str
    words: str
    before: str
    state: str
    at: datetime
    side: str
    by: str
    role: str
    signers: tuple[Signature, ...]
    answers: Mapping[str, Any]
    reason: str
    entry: str
    message: str
    overtaken: bool
    refused: str


@dataclass(frozen=True, kw_only=True)
class RelatedDossier(Answer):
    """Another dossier: the `parent` of this one, or a `child` of it."""

    number: str
    procedure: str
    state: str
    how: str


@dataclass(frozen=True, kw_only=True)
class DossierWhole(Dossier):
    """A dossier with its answers, both sides' steps, what is found, and what I may do: step -> its words."""

    form_version: int
    bundle_version: int
    bundle_digest: str
    opened_by: str
    answers: Mapping[str, Any]
    steps: tuple[TakenStep, ...]
    findings: tuple[Finding, ...]
    may_take: Mapping[str, str]
    may_write: bool
    signed_by: Mapping[str, Any]
    proposed: Mapping[str, Any]
    papers: tuple[str, ...]
    related: tuple[RelatedDossier, ...]


@dataclass(frozen=True, kw_only=True)
class QueueRow(Answer):
    """Something that waits. `where`: here for me, or partner; `steps`: step -> its words; `to_sign`: one signed."""

    dossier: Dossier
    where: str
    steps: Mapping[str, str]
    to_sign: tuple[str, ...]
    since: datetime
    due: Due | None
    receipt: str


@dataclass(frozen=True, kw_only=True)
class Amendment(Answer):
    """What changed in the main form with a step: `fields` by their codes, as they stood and as they stand."""

    step: str
    side: str
    at: datetime
    entry: str
    fields: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
