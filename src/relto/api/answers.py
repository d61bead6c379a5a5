"""The forms of answers, and how a service's view becomes one: codes, instants in UTC, texts where they may be seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from relto.base.instants import instant_text

ENTRY = Field("", description="The ledger entry of this change; GET /ledger/entries/{entry} says where it stands.")


class Answer(BaseModel):
    """An answer: instants are RFC 3339 texts in UTC."""

    model_config = ConfigDict(extra="ignore")


class Provision(Answer):
    """A provision that a rule rests on: its citation, and how well it is known here."""

    id: str
    citation: str | None = None
    source: str | None = None
    evidence: str | None = None
    confirmed: bool | None = None
    nation: str | None = None
    title: str | None = None
    requirement: str | None = None
    is_gap: bool | None = None


class Gate(Answer):
    """One rule of one gate: what came out, on what it rests, what would fix it and who can.

    To the person concerned, provisions and facts stay empty: only her security officer and the authority see them.
    """

    gate: str
    rule: str
    outcome: str
    unconfirmed: bool
    text: str = Field("", description="The rule's wording in the caller's language.")
    text_reviewed: bool = Field(default=False, description="True when a native reader checked the wording.")
    remedy: str
    who: str
    needs_acceptance: bool = Field(
        default=False, description="True when no rule is loaded there: a decision accepts it by name in `accepts`."
    )
    sentence: str = Field("", description="What is missing and who can supply it; empty when the gate holds.")
    evidence: str | None = None
    provisions: list[Provision] = []
    facts: dict[str, str | None] = {}


class Happening(Answer):
    """Something that happened to a case or an arrival."""

    event: str
    at: str
    actor: str
    entry: str


class Reader(Answer):
    """A named reader with the reason for her need-to-know."""

    pseudonym: str
    reason: str


def plain(value: Any) -> Any:
    """A view as JSON values: dataclasses become objects, instants texts, sets sorted lists."""
    if isinstance(value, datetime):
        return instant_text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    return value.value if isinstance(value, Enum) else value
