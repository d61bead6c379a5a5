"""What a node says of files that went into dossiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relto.client.answers.dossiers import Dossier, Finding
from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class FormSchema(Answer):
    """The shape of a form's answers, as JSON Schema draft 2020-12."""

    json_schema: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Imported(Answer):
    """What became of a filled form: the dossier that it began, None when an answer cannot be read."""

    dossier: Dossier | None
    stops: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class LineRefused(Answer):
    """A line that was not taken over; `line` counts from 0 in its batch."""

    line: int
    code: str
    field: str


@dataclass(frozen=True, kw_only=True)
class TakenOver(Answer):
    """What became of a batch of records."""

    numbers: tuple[str, ...]
    known: int
    refused: tuple[LineRefused, ...]


@dataclass(frozen=True, kw_only=True)
class Feed(Answer):
    """The address of a calendar; it is told once."""

    url: str


@dataclass(frozen=True, kw_only=True)
class MailNotices(Answer):
    """Whether a person is told by mail."""

    told: bool
