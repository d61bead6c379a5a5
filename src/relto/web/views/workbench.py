"""The working group's table and its record: what waits for whom, the oldest questions, and every entry by filters."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from relto.alignment.coverage import WORDS
from relto.alignment.divergences import STATES
from relto.alignment.places import AGREED, IN_DISPUTE, ONE_SIDED, PLACED
from relto.base.errors import NotAvailable
from relto.services.alignment import reading, saying
from relto.services.alignment.workbench import workbench
from relto.store.queries.alignment import READERS
from relto.store.queries.alignment_places import PAGE
from relto.web.alignment_pages import chosen_forms, speaks, tried
from relto.web.forms import ReltoForm
from relto.web.pages import PageRequest, page, show
from relto.web.rule_book import Filter, filter_of
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.task_rows import task_rows
from relto.web.words import said

_LONGEST = 64
_NATION = 3
_STATES = (*STATES, ONE_SIDED, IN_DISPUTE, AGREED)


@page(*READERS)
def table(request: PageRequest) -> HttpResponse:
    """What does the working group need next?"""
    own = house()
    found = workbench(own, request.actor)
    mine = task_rows(found.mine)
    context = {
        "mine": mine,
        "partners": task_rows(found.partners),
        "questions": found.questions,
        "open_questions": found.open_questions,
        "meeting": found.meeting,
        "usual": found.usual,
        "laws": found.laws,
        "own": str(own.nation),
        "speaks": speaks(request),
    }
    return show(request, "workbench", context)


@page(*READERS)
def record(request: PageRequest) -> HttpResponse:
    """What has been said, and of what?"""
    own, actor = house(), request.actor
    asked = _asked(request)
    after = request.GET.get("after", "")[:_LONGEST]
    found = reading.record(own, actor, **asked, after=after)
    count = reading.count(own, actor, **asked)
    chosen = {name: value for name, value in asked.items() if value}
    more = urlencode({**chosen, "after": found[-1].entry}) if len(found) == PAGE else ""
    context = {
        "rows": found,
        "count": count,
        "filters": _filters(asked),
        "asked": asked,
        "chosen": chosen,
        "first": urlencode(chosen),
        "more": more,
        "later": bool(after),
        "speaks": speaks(request),
    }
    return show(request, "alignment_record", context)


@page(*READERS, methods=("GET", "HEAD", "POST"))
def say(request: PageRequest, what: str) -> HttpResponse:
    """What must both nations answer? Or: how do provisions stand to each other?"""
    divergence, relation = chosen_forms(request)
    forms: dict[str, tuple[ReltoForm | None, Callable[..., str]]] = {
        "divergence": (divergence, saying.raise_divergence),
        "relation": (relation, saying.relate),
    }
    form, verb = forms.get(what, (None, saying.relate))
    if form is None:
        raise NotAvailable("page")
    if request.method == "POST":
        own, actor = house(), request.actor
        told = tried(form, lambda given: verb(own, actor, **given))
        if told:
            return redirect(reverse("alignment_entry", kwargs={"entry": told}))
    return show(request, "alignment_say", {"what": what, "form": form}, status=422 if form.is_bound else 200)


def _asked(request: PageRequest) -> dict[str, str]:
    """What the address asks for; a kind, topic or state that there is not asks for nothing."""
    known = {"kind": set(PLACED), "topic": set(TOPICS), "state": set(_STATES), "word": set(WORDS)}
    asked = {name: value if (value := request.GET.get(name, "")) in values else "" for name, values in known.items()}
    whose = request.GET.get("whose", "")[:_NATION] if asked["word"] else ""
    return {**asked, "whose": whose, "provision": "".join(request.GET.get("provision", "")[:_LONGEST].split())}


def _filters(asked: dict[str, str]) -> list[Filter]:
    topics = sorted(((code, str(words)) for code, words in TOPICS.items()), key=lambda one: one[1])
    choices = {
        "kind": {code: said("alignment.kind", code) for code in PLACED},
        "topic": dict(topics),
        "state": {code: said("alignment.state", code) for code in _STATES},
    }
    return [filter_of(name, said("workbench_page", name), words, asked[name]) for name, words in choices.items()]
