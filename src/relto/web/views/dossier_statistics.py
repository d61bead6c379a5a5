"""Statistics of procedures: how long each step takes, and how much passes at once; nothing that names a case."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse

from relto.adapters.words import sentence
from relto.procedures.actors import AUTHORITY_ROLES, Role
from relto.procedures.statistics import FEWEST, Count, Days, QuarterOfProcedure
from relto.services.dossiers.statistics import statistics
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language, said

READERS: Final = tuple(sorted({Role.SECURITY_OFFICER, *AUTHORITY_ROLES}))
_PAGE: Final = "statistics_page"
_LONGEST: Final = 7


@page(*READERS)
def dossier_statistics(request: PageRequest) -> HttpResponse:
    """How long does it take, and how much passes at once? By quarter, the newest first."""
    since = request.GET.get("since", "").strip().upper()[:_LONGEST]
    found = statistics(house(), request.actor, since=since)
    context = {
        "counts": [_counts(one) for one in found],
        "days": [_row(one, days) for one in found for days in one.days],
        "few": sentence(f"{_PAGE}.few", language(), fewest=FEWEST),
        "since": since,
    }
    return show(request, "dossiers/statistics", context)


def _counts(one: QuarterOfProcedure) -> dict[str, Any]:
    passed = said(_PAGE, "hidden") if one.sent.shown != 0 else ""
    if one.sent.shown and one.passed_first.shown is not None:
        passed = sentence(f"{_PAGE}.passed", language(), passed=one.passed_first.shown, sent=one.sent.shown)
    return {
        "quarter": one.quarter,
        "title": said("procedure", one.procedure),
        "opened": _shown(one.opened),
        "sent": _shown(one.sent),
        "passed": passed,
        "states": [(said(f"state.{one.procedure}", state), _shown(count)) for state, count in one.states.items()],
    }


def _row(one: QuarterOfProcedure, days: Days) -> dict[str, Any]:
    return {
        "quarter": one.quarter,
        "title": said("procedure", one.procedure),
        "step": said(f"step.{one.procedure}", days.step),
        "side": said(_PAGE, f"side_{days.side}"),
        "taken": _shown(days.taken),
        "median": days.median,
        "nine_of_ten": days.nine_of_ten,
    }


def _shown(count: Count) -> str:
    return said(_PAGE, "hidden") if count.shown is None else str(count.shown)
