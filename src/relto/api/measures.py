"""Measures of the working group: counts and days, as data and as the annual report."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from relto.api.answers import Answer
from relto.api.forms import Form
from relto.api.streams import bytes_out, file_answer
from relto.api.surroundings import caller, house
from relto.services.alignment.annual_report import annual_report
from relto.services.alignment.measures import whole_year, work_measured
from relto.services.alignment.measures_file import as_json
from relto.services.dossiers.papers import PDF

router = Router(tags=["alignment"])
Year = Annotated[int, Field(ge=2020, le=2999, strict=False)]  # of a query, where every value is text


class AskedReport(Form):
    """Which year, in which language: en, hi or both."""

    year: Year
    language: Annotated[str, Field(max_length=8)] = "en"


class AskedMeasures(Form):
    """Which year; the last twelve months without one."""

    year: Annotated[int, Field(ge=0, le=2999, strict=False)] = 0


class MeasuredSpan(Answer):
    """How long one stretch took, in days. `side`: who answered; null: too few to show."""

    span: str
    side: str
    ended: int | None
    median_days: int | None
    nine_of_ten_days: int | None


class MeasuredAge(Answer):
    """What of a kind is open, and how old; null: too few to show."""

    kind: str
    open: int | None
    ages: dict[str, int | None]


class MeasuredRule(Answer):
    """How many decisions a rule refused; null: too few to show."""

    rule: str
    refused: int | None


class MeasuredDecisions(Answer):
    """Of the newest `weighed` decisions: how many were refused, and how many rested on an unconfirmed rule."""

    weighed: int
    refused: int | None
    by_rule: list[MeasuredRule]
    on_unconfirmed: int | None


class MeasuredStep(Answer):
    """A step of a procedure: how often it was taken, on which side, after how many days."""

    step: str
    side: str
    taken: int | None
    median_days: int | None
    nine_of_ten_days: int | None


class MeasuredProcedure(Answer):
    """A procedure in a quarter: opened, sent on, and sent on without ever being returned; null: too few to show."""

    quarter: str
    procedure: str
    opened: int | None
    sent: int | None
    passed_first: int | None
    steps: list[MeasuredStep]


class WorkMeasures(Answer):
    """What is measured of a period."""

    since: str
    until: str
    spans: list[MeasuredSpan]
    ageing: list[MeasuredAge]
    decisions: MeasuredDecisions
    procedures: list[MeasuredProcedure]


@router.get("/alignment/measures", response=WorkMeasures)
def read_measures(request: HttpRequest, asked: Query[AskedMeasures]) -> dict[str, Any]:
    """How long the working group's loop takes, what is open, what is refused by which rule."""
    own, actor = house(), caller(request)
    begin, end = whole_year(asked.year, own) if asked.year else (None, None)
    return as_json(work_measured(own, actor, since=begin, until=end))


@router.get("/alignment/annual-report", openapi_extra=bytes_out(PDF, "The report."))
def read_annual_report(request: HttpRequest, asked: Query[AskedReport]) -> HttpResponseBase:
    """The annual report: numbers alone (co-chair, inspector)."""
    found = annual_report(house(), caller(request), asked.year, asked.language)
    return file_answer(iter([found.content]), PDF, found.name, len(found.content))
