"""Statistics of dossiers: counts and days by quarter, none so small that it names a case."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from relto.adapters.words import sentence
from relto.api.answers import Answer
from relto.api.surroundings import caller, house, language_of
from relto.procedures.statistics import FEWEST, Days, QuarterOfProcedure
from relto.services.dossiers.statistics import statistics

router = Router(tags=["dossiers"])
AskedCode = Annotated[str, Query(max_length=64)]


class StateCount(Answer):
    """How many of the dossiers opened in the quarter stand in this state now; null where too few to be shown."""

    state: str
    words: str
    count: int | None


class StepDays(Answer):
    """How long the step was waited for on that side, in whole days; null where too few were taken."""

    step: str
    words: str
    side: str
    taken: int | None
    median: int | None
    nine_of_ten: int | None


class ProcedureQuarter(Answer):
    """One procedure in one quarter. `fewest`: smaller counts are not shown, nor what would give them away.

    `sent`: left the hands of their writers; `passed_first`: of these, never returned to be mended.
    """

    quarter: str
    procedure: str
    title: str
    fewest: int
    opened: int | None
    sent: int | None
    passed_first: int | None
    states: list[StateCount]
    days: list[StepDays]


@router.get("/dossier-statistics", response=list[ProcedureQuarter])
def read_dossier_statistics(
    request: HttpRequest, procedure: AskedCode = "", since: AskedCode = ""
) -> list[dict[str, Any]]:
    """Counts and turnaround by quarter, the newest first, from `since` ("2026-Q1") or for a year.

    A security officer is told of her company's dossiers, the authority's people of the nation's.
    """
    found = statistics(house(), caller(request), procedure=procedure, since=since)
    return [_quarter(one, language_of(request)) for one in found]


def _quarter(one: QuarterOfProcedure, language: str) -> dict[str, Any]:
    code = one.procedure
    return {
        "quarter": one.quarter,
        "procedure": code,
        "title": sentence(f"procedure.{code}", language),
        "fewest": FEWEST,
        "opened": one.opened.shown,
        "sent": one.sent.shown,
        "passed_first": one.passed_first.shown,
        "states": [
            {"state": state, "words": sentence(f"state.{code}.{state}", language), "count": count.shown}
            for state, count in one.states.items()
        ],
        "days": [_days(code, days, language) for days in one.days],
    }


def _days(code: str, days: Days, language: str) -> dict[str, Any]:
    return {
        "step": days.step,
        "words": sentence(f"step.{code}.{days.step}", language),
        "side": days.side,
        "taken": days.taken.shown,
        "median": days.median,
        "nine_of_ten": days.nine_of_ten,
    }
