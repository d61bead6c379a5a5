"""Joint templates as a node answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class TemplateRow(Answer):
    """A template; `newest`: label of the version in use."""

    entry: str
    code: str
    title: Mapping[str, str]
    paper: str
    newest: str
    published: int
    proposed: int


@dataclass(frozen=True, kw_only=True)
class TemplateVersion(Answer):
    """One version; `content`: as it was signed."""

    label: str
    number: int
    nation: str
    line: int
    digest: str
    at: datetime
    state: str
    published_at: datetime | None
    signed: Mapping[str, str]
    content: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class TemplateDetail(TemplateRow):
    """A template whole."""

    versions: tuple[TemplateVersion, ...]


@dataclass(frozen=True, kw_only=True)
class ShippedDraft(Answer):
    """A draft that is shipped with relto, confirmed by nobody."""

    code: str
    title: Mapping[str, str]
    paper: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class ClauseChange(Answer):
    """One clause; `heading`, `text`: language -> runs of words, each kept, inserted or deleted."""

    code: str
    word: str
    members: tuple[str, ...]
    heading: Mapping[str, Any]
    text: Mapping[str, Any]
    provisions_added: tuple[str, ...]
    provisions_removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FieldChange(Answer):
    """One field that is not the same."""

    code: str
    word: str
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TemplateChange(Answer):
    """What the newer version changed of the older."""

    older: int
    newer: int
    clauses: tuple[ClauseChange, ...]
    fields: tuple[FieldChange, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TemplateMade(Answer):
    """A document under a template."""

    entry: str
    label: str
    digest: str
    document: Mapping[str, Any]
    ledger_entry: str


@dataclass(frozen=True, kw_only=True)
class TemplateDifference(Answer):
    """Where a document is not what its version gives."""

    code: str
    where: str


@dataclass(frozen=True, kw_only=True)
class TemplateValidation(Answer):
    """Whether a document is valid under the version that it names."""

    valid: bool
    entry: str
    code: str
    label: str
    template: str
    newest: str
    signed_by: str
    at: datetime
    digest: str
    values: Mapping[str, str]
    differences: tuple[TemplateDifference, ...]
