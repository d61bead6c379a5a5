"""Comparisons of the two registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class Reconciliation(Answer):
    """A comparison that ended. `state`: agree, differ, stopped; `code`: why it was stopped."""

    id: str
    programme: str
    partner: str
    side: str
    state: str
    code: str
    started_by: str
    started_at: datetime
    ended_at: datetime
    records: int
    partner_records: int
    findings: int
    alarms: int
    digest: str
    entry: str


@dataclass(frozen=True, kw_only=True)
class ReconciliationDetail(Reconciliation):
    """A comparison with what both nodes signed of it, and the own records that the partner lacks or holds otherwise."""

    differences: tuple[Mapping[str, Any], ...]
    own_records: tuple[Mapping[str, Any], ...]
    until: str
    messages: Mapping[str, Any]
    compared: tuple[str, ...]
    not_shown: tuple[str, ...]
