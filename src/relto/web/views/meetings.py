"""Meetings of the working group: when both sides meet, what was decided, who owes what; plan, agenda, minutes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format

from relto.alignment.meetings import CANCELLED, HELD
from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services.alignment import meeting_papers, meetings
from relto.services.alignment.actions import actions
from relto.store.queries.alignment import READERS
from relto.web.alignment_pages import parties_own_first, speaks, tried
from relto.web.forms import ReltoForm
from relto.web.long_lists import part_of
from relto.web.meeting_forms import AgendaForm, CancelForm, MinutesForm, PlanForm, plan_initial
from relto.web.meeting_pages import action_lines, meeting_line
from relto.web.pages import PageRequest, page, show
from relto.web.signing import signature_boxes
from relto.web.surroundings import house
from relto.web.words import language

_POSTED = ("GET", "HEAD", "POST")
_LONGEST_DIGEST = 64
_OWED = 10
"""So many actions stand beside the meetings; their own page has them all."""
_LANGUAGES = (("en", "English"), ("hi", "हिन्दी"), ("both", "English + हिन्दी"))


@page(*READERS)
def meetings_page(request: PageRequest) -> HttpResponse:
    """When do both sides meet, and what did they decide?"""
    own, actor = house(), request.actor
    coming = meetings.next_meeting(own, actor)
    open_actions = [one for one in actions(own, actor) if one.state not in {"done", "withdrawn"}]
    held = part_of(request, meetings.meetings(own, actor), "meetings")
    decided = part_of(request, meetings.decisions(own, actor), "decisions")
    owed = part_of(request, open_actions, "owed", _OWED)
    context = {
        "rows": [meeting_line(one) for one in held.rows],
        "held": held,
        "decisions": [_decision(one) for one in decided.rows],
        "decided": decided,
        "coming": coming,
        "not_after": date_format(coming.not_after, "F Y") if coming.not_after is not None else "",
        "actions": action_lines(own, owed.rows),
        "owed": owed,
        "speaks": speaks(request),
    }
    return show(request, "meetings/list", context)


@page(*READERS)
def meeting(request: PageRequest, entry: str) -> HttpResponse:
    """Who owes what by when?"""
    own, actor = house(), request.actor
    found = meetings.meeting(own, actor, entry)
    said = {one.entry: one.text for one in found.last.minutes}
    items = [
        {
            "item": one,
            "said": _text(said[one.entry]) if one.entry in said else None,
            "decisions": [(it.code, _text(it.text)) for it in found.last.decisions if it.entry == one.entry],
        }
        for one in found.last.agenda
    ]
    offers = meetings.offers(own, actor, entry) if found.last.state != CANCELLED else ()
    context = {
        "line": meeting_line(found.view),
        "last": found.last,
        "items": items,
        "offers": offers,
        "actions": action_lines(own, found.actions),
        "agreed": found.agreed,
        "agreed_version": found.agreed_version,
        "agreed_decisions": _agreed_decisions(found),
        "lines": found.lines,
        "signatures": signature_boxes(request, entry),
        "papers": meeting_papers.papers_of(found),
        "paper_languages": _LANGUAGES,
        "begun": own.now() >= found.last.starts,
        "held": found.last.state == HELD,
        "over": found.last.state == CANCELLED,
        "speaks": speaks(request),
    }
    return show(request, "meetings/one", context)


@page(Role.CO_CHAIR, methods=_POSTED)
def new(request: PageRequest) -> HttpResponse:
    """When and where do both sides meet next?"""
    return _plan(request, "", None)


@page(Role.CO_CHAIR, methods=_POSTED)
def plan(request: PageRequest, entry: str) -> HttpResponse:
    """What changes in the plan?"""
    return _plan(request, entry, meetings.meeting(house(), request.actor, entry))


def _plan(request: PageRequest, entry: str, found: meetings.MeetingDetail | None) -> HttpResponse:
    own, actor = house(), request.actor
    coming = meetings.next_meeting(own, actor)
    initial = plan_initial(found.last) if found is not None else {"number": coming.number}
    form = PlanForm(_posted(request), initial=initial, parties=parties_own_first(request))

    def step(_given: dict[str, Any]) -> str:
        return meetings.plan(own, actor, form.plan, entry=entry, digest=_digest(request))

    return _answered(request, "plan", form, step, found, coming=coming)


@page(Role.CO_CHAIR, methods=_POSTED)
def agenda(request: PageRequest, entry: str) -> HttpResponse:
    """What is it about?"""
    own, actor = house(), request.actor
    found = meetings.meeting(own, actor, entry)
    form = AgendaForm(
        _posted(request),
        items=found.last.agenda,
        offers=meetings.offers(own, actor, entry),
        parties=parties_own_first(request),
    )

    def step(_given: dict[str, Any]) -> str:
        return meetings.set_agenda(own, actor, entry, form.chosen, digest=_digest(request))

    return _answered(request, "agenda", form, step, found)


@page(Role.CO_CHAIR, methods=_POSTED)
def minutes(request: PageRequest, entry: str) -> HttpResponse:
    """What was said and decided?"""
    own, actor = house(), request.actor
    found = meetings.meeting(own, actor, entry)
    form = MinutesForm(_posted(request), meeting=found.last)

    def step(_given: dict[str, Any]) -> str:
        return meetings.minute(own, actor, entry, minutes=form.minutes, decided=form.decisions, digest=_digest(request))

    return _answered(request, "minutes", form, step, found)


@page(Role.CO_CHAIR, methods=_POSTED)
def cancel(request: PageRequest, entry: str) -> HttpResponse:
    """Why is it called off?"""
    own, actor = house(), request.actor
    found = meetings.meeting(own, actor, entry)
    form = CancelForm(_posted(request))

    def step(given: dict[str, Any]) -> str:
        return meetings.cancel(own, actor, entry, reason=given["reason"], digest=_digest(request))

    return _answered(request, "cancel", form, step, found)


@page(*READERS)
def paper(request: PageRequest, entry: str, code: str, spoken: str) -> HttpResponse:
    """A paper of the meeting in one language or in both (PDF)."""
    made = meeting_papers.meeting_paper(house(), request.actor, entry, code, spoken)
    return _file(made.content, made.media_type, made.name)


@page(*READERS)
def calendar(request: PageRequest, entry: str) -> HttpResponse:
    """The meeting as a calendar entry."""
    made = meeting_papers.meeting_calendar(house(), request.actor, entry, language())
    return _file(made.content, made.media_type, made.name)


def _answered(
    request: PageRequest,
    what: str,
    form: ReltoForm,
    step: Callable[[dict[str, Any]], str],
    found: meetings.MeetingDetail | None,
    **more: Any,
) -> HttpResponse:
    """The page of a form, or the meeting that it changed."""
    if request.method == "POST":
        told = tried(form, step)
        if told:
            return redirect("meeting", entry=told)
    if found is not None and found.last.state == CANCELLED:
        raise NotAvailable("alignment", field="entry")
    context = {
        "what": what,
        "form": form,
        "line": meeting_line(found.view) if found is not None else None,
        "digest": found.digest if found is not None else "",
        **more,
    }
    return show(request, "meetings/change", context, status=422 if form.is_bound else 200)


def _posted(request: PageRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _digest(request: PageRequest) -> str:
    return request.POST.get("digest", "")[:_LONGEST_DIGEST]


def _decision(one: meetings.DecisionRow) -> dict[str, Any]:
    return {"row": one, "text": _text(one.text)}


def _agreed_decisions(found: meetings.MeetingDetail) -> list[tuple[str, dict[str, str]]]:
    if found.agreed is None or found.agreed.state != HELD:
        return []
    return [(one.code, _text(one.text)) for one in found.agreed.decisions]


def _text(words: Any) -> dict[str, str]:
    """The reader's language first; `lang` of what is shown, and what stands in the other."""
    spoken = language() if language() in words else next(iter(words))
    other = next((one for one in words if one != spoken), "")
    return {"text": words[spoken], "lang": spoken, "other": words.get(other, ""), "other_lang": other}


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
