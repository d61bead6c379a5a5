"""Measures of the working group as a node answers them; None: too few to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relto.client.answers.reading import Answer


@dataclass(frozen=True, kw_only=True)
class MeasuredSpan(Answer):
    """How long one stretch took, in days; `side`: who answered."""

    span: str
    side: str
    ended: int | None
    median_days: int | None
    nine_of_ten_days: int | None


@dataclass(frozen=True, kw_only=True)
class MeasuredAge(Answer):
    """What of a kind is open, and how old."""

    kind: str
    open: int | None
    ages: Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class MeasuredRule(Answer):
    """How many decisions a rule refused."""

    rule: str
    refused: int | None


@dataclass(frozen=True, kw_only=True)
class MeasuredDecisions(Answer):
    """Of the newest `weighed` decisions: how many were refused, and how many rested on an unconfirmed rule."""

    weighed: int
    refused: int | None
    by_rule: tuple[MeasuredRule, ...]
    on_unconfirmed: int | None


@dataclass(frozen=True, kw_only=True)
class MeasuredStep(Answer):
    """A step of a procedure."""

    step: str
    side: str
    taken: int | None
    median_days: int | None
    nine_of_ten_days: int | None


@dataclass(frozen=True, kw_only=True)
class MeasuredProcedure(Answer):
    """A procedure in a quarter."""

    quarter: str
    procedure: str
    opened: int | None
    sent: int | None
    passed_first: int | None
    steps: tuple[MeasuredStep, ...]


@dataclass(frozen=True, kw_only=True)
class WorkMeasures(Answer):
    """What is measured of a period."""

    since: datetime
    until: datetime
    spans: tuple[MeasuredSpan, ...]
    ageing: tuple[MeasuredAge, ...]
    decisions: MeasuredDecisions
    procedures: tuple[MeasuredProcedure, ...]
