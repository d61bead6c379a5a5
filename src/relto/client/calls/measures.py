"""Measures of the working group, and the annual report."""

from __future__ import annotations

from urllib.parse import urlencode

from relto.client.answers.measures import WorkMeasures
from relto.client.calls.law_changes import taken
from relto.client.session import Session
from relto.client.steps import Call, Request, Steps, get


def measures(*, year: int = 0) -> Call[WorkMeasures]:
    """Counts and days of a year; of the last twelve months without one."""
    return get(f"/alignment/measures?{urlencode({'year': year})}", WorkMeasures)


def annual_report(_session: Session, year: int, *, language: str = "en") -> Steps[bytes]:
    """The annual report as PDF; `language`: en, hi or both."""
    path = f"/alignment/annual-report?{urlencode({'year': year, 'language': language})}"
    return (yield from taken(Request("GET", path)))
