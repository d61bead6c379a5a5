"""The roadmap for carrying the annex out: where each topic stands, who owes what, when both sides meet next."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.formats import date_format

from relto.adapters.words import sentence
from relto.alignment.roadmap import ALL, NONE, NOTHING, PART, STEPS, UNITS, Step
from relto.services.alignment.roadmap import roadmap_of
from relto.store.queries.alignment import READERS
from relto.web.meeting_pages import action_lines, meeting_line
from relto.web.pages import PageRequest, page, show
from relto.web.roadmap_chart import roadmap_chart
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.words import language, said

_ICONS = {NOTHING: "gap", NONE: "wait", PART: "needs", ALL: "holds"}


@page(*READERS)
def roadmap(request: PageRequest) -> HttpResponse:
    """How far is each topic on the way to a rule in force?"""
    own = house()
    found = roadmap_of(own, request.actor, request.GET.get("nation", "")[:3])
    chart = roadmap_chart(found.reached, len(found.topics))
    context = {
        "found": found,
        "steps": [said("roadmap.step", code) for code in STEPS],
        "rows": [
            {"words": TOPICS.get(road.topic, road.topic), "cells": [_cell(step) for step in road.steps]}
            for road in found.topics
        ],
        "chart": chart,
        "bars": [
            (bar, said("roadmap.step", bar.code), sentence("roadmap.topics", language(), done=bar.done, of=bar.of))
            for bar in chart.bars
        ],
        "owed": action_lines(own, found.owed),
        "coming": meeting_line(found.coming) if found.coming is not None else None,
        "not_after": date_format(found.proposed.not_after, "F Y") if found.proposed.not_after is not None else "",
    }
    return show(request, "meetings/roadmap", context)


def _cell(step: Step) -> dict[str, Any]:
    """A step in words with its unit: 3 of 5 provisions."""
    unit = UNITS[step.code]
    words = (
        sentence(f"roadmap.nothing.{unit}", language())
        if step.word == NOTHING
        else sentence(f"roadmap.count.{unit}", language(), done=step.done, of=step.of)
    )
    return {"step": said("roadmap.step", step.code), "icon": _ICONS[step.word], "words": words}
