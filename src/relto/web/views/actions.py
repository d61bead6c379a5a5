"""Actions of the working group: who owes what by when, agreed by both or by nobody."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from relto.alignment.shared_record import MEETING
from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services.alignment import actions as verbs
from relto.services.alignment import meeting_papers
from relto.services.alignment.titles import title_of
from relto.store.queries.alignment import READERS, entry_of
from relto.web.alignment_pages import parties_own_first, speaks, tried
from relto.web.long_lists import part_of
from relto.web.meeting_forms import ActionForm, ClosingForm
from relto.web.meeting_pages import action_line, action_lines
from relto.web.pages import PageRequest, page, show
from relto.web.signing import signature_boxes
from relto.web.surroundings import house
from relto.web.words import language, said

_POSTED = ("GET", "HEAD", "POST")
_LONGEST_DIGEST = 64
_LANGUAGES = (("en", "English"), ("hi", "हिन्दी"), ("both", "English + हिन्दी"))


@page(*READERS)
def listed(request: PageRequest) -> HttpResponse:
    """What is owed, by whom, by when?"""
    own = house()
    found = verbs.actions(own, request.actor)
    is_open = {"proposed", "agreed", "amended"}
    still = part_of(request, [one for one in found if one.state in is_open], "open")
    over = part_of(request, [one for one in found if one.state not in is_open], "closed")
    context = {
        "open": action_lines(own, still.rows),
        "still": still,
        "closed": action_lines(own, over.rows),
        "over": over,
        "paper_languages": _LANGUAGES,
    }
    return show(request, "meetings/actions", context)


@page(Role.CO_CHAIR, methods=_POSTED)
def new(request: PageRequest, entry: str) -> HttpResponse:
    """Who owes what by when?"""
    own, actor = house(), request.actor
    about = entry_of(entry)
    if about is None:
        raise NotAvailable("alignment", field="about")
    form = ActionForm(request.POST if request.method == "POST" else None, parties=parties_own_first(request))
    if request.method == "POST":
        told = tried(form, lambda given: verbs.act(own, actor, about=entry, **given))
        if told:
            return redirect("action", entry=entry, action=told)
    context = {
        "form": form,
        "about": entry,
        "about_title": title_of(about),
        "is_meeting": about.kind == MEETING,
    }
    return show(request, "meetings/action_new", context, status=422 if form.is_bound else 200)


@page(*READERS, methods=_POSTED)
def action(request: PageRequest, entry: str, action: str) -> HttpResponse:
    """Is it done, and do both sides say so?"""
    own, actor = house(), request.actor
    found = verbs.action(own, actor, action)
    row = found.view
    if row.about != entry:
        raise NotAvailable("alignment", field="entry")
    forms = _forms(request, row) if speaks(request) else {}
    if request.method == "POST" and _changed(request, row, forms):
        return redirect("action", entry=entry, action=action)
    context = {
        "line": action_line(own, row),
        "lines": [(one.nation, [_version(it) for it in one.versions]) for one in found.lines],
        "signatures": signature_boxes(request, action),
        "edit_form": forms.get("edit"),
        "close_form": forms.get("close"),
        "form": next((one for one in forms.values() if one is not None and one.is_bound), None),
        "is_meeting": row.about_kind == MEETING,
    }
    return show(request, "meetings/action", context, status=422 if request.method == "POST" else 200)


@page(*READERS)
def of_entry(request: PageRequest, entry: str) -> HttpResponse:
    """To the page of an action, which stands below what it comes from."""
    found = verbs.action(house(), request.actor, entry)
    return redirect("action", entry=found.view.about, action=entry)


@page(*READERS)
def paper(request: PageRequest, spoken: str) -> HttpResponse:
    """Every action that is not closed, as PDF."""
    made = meeting_papers.action_list(house(), request.actor, spoken)
    answer = HttpResponse(made.content, content_type=made.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


def _forms(request: PageRequest, row: verbs.ActionRow) -> dict[str, ActionForm | ClosingForm | None]:
    """The forms of a co-chair: say it anew with what was said last, or close it."""
    initial = {
        **{f"what_{spoken}": text for spoken, text in row.what.items()},
        "owner": str(row.owner),
        "role": row.role,
        "due": row.due.isoformat(),
    }
    is_open = row.says == "open"
    return {
        "edit": ActionForm(_posted(request, "edit"), initial=initial, parties=parties_own_first(request)),
        "close": ClosingForm(_posted(request, "close")) if is_open else None,
    }


def _changed(request: PageRequest, row: verbs.ActionRow, forms: dict[str, Any]) -> bool:
    """Whether what was sent is said now."""
    own, actor = house(), request.actor
    digest = request.POST.get("digest", "")[:_LONGEST_DIGEST]
    edit, close = forms.get("edit"), forms.get("close")
    if edit is not None and edit.is_bound:
        return bool(
            tried(
                edit,
                lambda given: verbs.act(own, actor, about=row.about, entry=row.entry, digest=digest, **given),
            )
        )
    if close is not None and close.is_bound:
        return bool(tried(close, lambda given: verbs.close(own, actor, row.entry, digest=digest, **given)))
    raise NotAvailable("page")


def _posted(request: PageRequest, what: str) -> Any:
    return request.POST if request.method == "POST" and request.POST.get("what") == what else None


def _version(one: Any) -> dict[str, Any]:
    texts = one.body["done"] if one.body["state"] != "open" else one.body["what"]
    spoken = language() if language() in texts else next(iter(texts), "en")
    return {
        "number": one.number,
        "at": one.at,
        "text": texts.get(spoken, ""),
        "lang": spoken,
        "due": one.body["due"],
        "state": said("action_page.says", one.body["state"]),
    }
