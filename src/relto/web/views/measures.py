"""Measures of the working group: days, ages, refusals, with small counts hidden; as a file; the annual report."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from relto.adapters.words import sentence
from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.procedures.statistics import FEWEST, Count
from relto.services.alignment import annual_report
from relto.services.alignment.measures import WEIGHED, work_measured
from relto.services.alignment.measures_file import as_csv, as_json
from relto.store.queries.alignment import READERS
from relto.web.measures_chart import bars_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language, said

_YEARS = 5
_LANGUAGES = ("en", "hi", "both")


@page(*READERS)
def measures(request: PageRequest) -> HttpResponse:
    """How long does it take from a gap to an enforced rule, and what waits?"""
    own = house()
    found = work_measured(own, request.actor)
    group = found.group
    spans = [
        {
            "words": said("measures.span", one.code),
            "side": one.side,
            "ended": _shown(one.ended),
            "median": one.median,
            "nine_of_ten": one.nine_of_ten,
        }
        for one in group.spans
    ]
    drawn = [
        (f"{said('measures.span', one.code)} {one.side}".strip(), one.median, one.nine_of_ten)
        for one in group.spans
        if one.median is not None and one.nine_of_ten is not None
    ]
    year = own.now().year
    context = {
        "since": group.since,
        "until": group.until,
        "spans": spans,
        "bars": bars_of(drawn),
        "ages": [said("measures.age", age) for age in group.ageing[0].ages],
        "ageing": [
            {
                "words": said("measures.kind", one.kind),
                "open": _shown(one.open),
                "ages": [_shown(count) for count in one.ages.values()],
            }
            for one in group.ageing
        ],
        "weighed": group.refusals.weighed,
        "most": WEIGHED,
        "refused": _shown(group.refusals.refused),
        "on_unconfirmed": _shown(group.refusals.on_unconfirmed),
        "by_rule": [(rule, _shown(count)) for rule, count in group.refusals.by_rule.items()],
        "few": sentence("statistics_page.few", language(), fewest=FEWEST),
        "years": [one for one in range(year, year - _YEARS, -1) if one >= annual_report.FIRST_YEAR],
        "report_languages": [(code, said("measures_language", code)) for code in _LANGUAGES],
        "may_report": not request.actor.roles.isdisjoint(annual_report.READERS),
    }
    return show(request, "measures", context)


@page(*READERS)
def file(request: PageRequest) -> HttpResponse:
    """The same numbers as a file."""
    found = work_measured(house(), request.actor)
    forms: dict[str, tuple[str, Any]] = {
        "csv": ("text/csv; charset=utf-8", as_csv),
        "json": ("application/json", _json),
    }
    form = request.GET.get("as", "")
    if form not in forms:
        raise NotAvailable("page")
    media_type, write = forms[form]
    return _file(write(found), media_type, f"measures.{form}")


@page(Role.CO_CHAIR, Role.INSPECTOR)
def report(request: PageRequest) -> HttpResponse:
    """The annual report."""
    year, chosen = request.GET.get("year", ""), request.GET.get("language", "en")
    if not (year.isascii() and year.isdecimal()) or len(year) != len("2026") or chosen not in _LANGUAGES:
        raise NotAvailable("page")
    found = annual_report.annual_report(house(), request.actor, int(year), chosen)
    return _file(found.content, found.media_type, found.name)


def _json(found: Any) -> bytes:
    return json.dumps(as_json(found), indent=1, sort_keys=True).encode()


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _shown(count: Count) -> str:
    return said("statistics_page", "hidden") if count.shown is None else str(count.shown)
