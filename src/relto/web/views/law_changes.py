"""Changes of law: both nations' notices, one of them with what it touches, recording the own nation's, its paper."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from relto.adapters.words import error_sentence
from relto.alignment.law_changes import CLOSED, CONSULTING, WITHDRAWN
from relto.alignment.touched_by_law import LOADED, OLDER, Touched
from relto.base.errors import NotAvailable, ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.services.alignment import law_changes, saying
from relto.services.alignment.law_notices import notice
from relto.store.queries.alignment import READERS
from relto.web.alignment_pages import posted, speaks, tried
from relto.web.law_forms import LawAnswerForm, LawChangeForm, LawCommentForm, law_initial
from relto.web.long_lists import part_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language

_LONGEST = 200
_LONGEST_ENTRY = 32
_POSTED = ("GET", "HEAD", "POST")
_LANGUAGES = (("en", "English"), ("hi", "हिन्दी"), ("both", "English + हिन्दी"))


@page(*READERS)
def law_list(request: PageRequest) -> HttpResponse:
    """Which texts of either nation change?"""
    listed = part_of(request, law_changes.law_changes(house(), request.actor), "notices")
    return show(request, "laws/list", {"rows": listed.rows, "listed": listed, "speaks": speaks(request)})


@page(Role.CO_CHAIR, methods=_POSTED)
def new(request: PageRequest) -> HttpResponse:
    """Which text of your nation has a new edition?"""
    own, actor = house(), request.actor
    entry = request.GET.get("entry", "")[:_LONGEST_ENTRY]
    before = law_changes.law_change(own, actor, entry) if entry else None
    if before is not None and before.row.nation != own.nation:
        raise NotAvailable("page")
    replaces = request.GET.get("replaces", "")[:_LONGEST]
    initial = law_initial(before.change) if before is not None else {"source": replaces, "replaces": replaces}
    form = LawChangeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        told = tried(form, lambda given: law_changes.record_law_change(own, actor, entry=entry, **given))
        if told:
            return redirect("law_change", entry=told)
    context = {
        "form": form,
        "texts": [(one, urlencode({"replaces": one.text})) for one in law_changes.known(own, actor)],
        "before": before,
    }
    return show(request, "laws/new", context, status=422 if form.is_bound else 200)


@page(*READERS, methods=_POSTED)
def one(request: PageRequest, entry: str) -> HttpResponse:
    """What changes in that nation's law, and what does it touch?"""
    own, actor = house(), request.actor
    found = law_changes.law_change(own, actor, entry)
    comment = LawCommentForm(posted(request, "comment")) if speaks(request) else None
    answers = speaks(request) and found.row.nation != own.nation and found.row.state == CONSULTING
    reply = LawAnswerForm(posted(request, "answer")) if answers else None
    problem = ""
    if request.method == "POST":
        told, problem = _done(request, entry, comment, reply)
        if told:
            return redirect(reverse("law_change", kwargs={"entry": entry}))
    own_notice = found.row.nation == own.nation and speaks(request)
    context = {
        "found": found,
        "row": found.row,
        "change": found.change,
        "touched": found.touched,
        "resting": _by_topic(found.touched),
        "procedures": sorted(Counter((one.procedure, one.kind) for one in found.touched.procedures).items()),
        "earlier": list(reversed(found.versions[:-1])),
        "comment_form": comment,
        "answer_form": reply,
        "form": next((one for one in (comment, reply) if one is not None and one.is_bound), None),
        "problem": problem,
        "ends": (CLOSED, WITHDRAWN) if own_notice and found.row.state == CONSULTING else (),
        "own_notice": own_notice,
        "begin": _begin(found) if speaks(request) else "",
        "paper_languages": _LANGUAGES,
    }
    return show(request, "laws/one", context, status=422 if request.method == "POST" else 200)


@page(*READERS)
def paper(request: PageRequest, entry: str, spoken: str) -> HttpResponseBase:
    """The notice as PDF."""
    made = notice(house(), request.actor, entry, spoken)
    answer = HttpResponse(made.content, content_type=made.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


def _done(
    request: PageRequest, entry: str, comment: LawCommentForm | None, reply: LawAnswerForm | None
) -> tuple[str, str]:
    """(what was told, what went wrong) of the button that was pressed."""
    own, actor = house(), request.actor
    what = request.POST.get("what", "")
    if what == "answer" and reply is not None:
        return tried(reply, lambda given: law_changes.answer_consultation(own, actor, entry, **given)), ""
    if comment is None or what not in {"comment", CLOSED, WITHDRAWN}:
        raise NotAvailable("page")
    if what == "comment":
        return tried(comment, lambda given: saying.comment(own, actor, about=entry, text=given["comment"])), ""
    try:
        return law_changes.end_consultation(own, actor, entry, what), ""
    except Unreachable:
        raise
    except ReltoError as error:
        return "", error_sentence(error, language())


def _by_topic(touched: Touched) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The provisions that the notice does not name: (word, (topic, ids)), the older edition first."""
    found: dict[str, dict[str, list[str]]] = {OLDER: {}, LOADED: {}}
    for one in touched.resting:
        found[one.word].setdefault(one.topic, []).append(one.provision)
    return [(word, sorted(topics.items())) for word, topics in found.items() if topics]


def _begin(found: law_changes.LawChangeDetail) -> str:
    """The address at which a proposal begins from the notice: its topic, when there is one, and its provisions."""
    topics, provisions = found.begin["topics"], found.begin["provisions"]
    asked: dict[str, Any] = {"provisions": " ".join(provisions)}
    if len(topics) == 1:
        asked["topic"] = topics[0]
    if found.touched.divergences:
        asked["divergences"] = " ".join(found.touched.divergences)
    return f"{reverse('proposal_new')}?{urlencode(asked)}"
