"""Rehearsals for the working group: what may be rehearsed and how it is run, and what rehearsals of drafts showed."""

from __future__ import annotations

from django.http import HttpResponse

from relto.services.alignment import rehearsed
from relto.store.queries.alignment import READERS
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language


@page(*READERS)
def rehearsals(request: PageRequest) -> HttpResponse:
    """What can both staffs rehearse, and what did rehearsals of drafts show?"""
    own, actor = house(), request.actor
    spoken = language()
    scenarios = [
        {
            "code": one.code,
            "title": one.title[spoken],
            "trains": one.trains[spoken],
            "steps": one.steps,
            "days": one.days,
            "injects": one.injects,
        }
        for one in rehearsed.scenarios(own, actor)
    ]
    titles = {one["code"]: one["title"] for one in scenarios}
    told = [
        {"told": one, "title": titles.get(one.rehearsed.scenario, one.rehearsed.scenario)}
        for one in rehearsed.rehearsals(own, actor)
    ]
    return show(request, "rehearsals", {"scenarios": scenarios, "told": told})
