"""The working group's shared record: what is compared, where the sides differ, and what each says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.alignment.shared_record import DIVERGENCE
from relto.base.errors import NotAvailable
from relto.services import rule_book
from relto.services.alignment import reading, saying
from relto.services.alignment.matrix import search
from relto.services.alignment.proposals_about import proposals_about
from relto.store.queries.alignment import READERS
from relto.web.alignment_forms import CommentForm, NoteForm
from relto.web.alignment_pages import chosen_forms, parties_own_first, posted, speaks, tried, word
from relto.web.forms import ReltoForm
from relto.web.long_lists import part_of
from relto.web.matrix_rows import Row, asked, matrix_rows
from relto.web.meeting_pages import talked_about
from relto.web.pages import PageRequest, page, show
from relto.web.rule_book import sides_of_provisions
from relto.web.rule_record import word_between
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.words import said


@page(*READERS)
def coverage(request: PageRequest) -> HttpResponse:
    """What is compared, and what is not?"""
    (one, other), topics = reading.covered(house(), request.actor, request.GET.get("nation", "")[:3])
    rows = [
        {
            "code": topic.topic,
            "words": TOPICS.get(topic.topic, topic.topic),
            "rules": list(topic.rules.items()),
            "cells": [{"word": word("word", cell.word, cell.nation), "cell": cell} for cell in topic.cells],
        }
        for topic in topics
    ]
    text, topic = asked(request.GET)
    narrowed = bool(text or topic)
    open_words = {"not_compared", "one_sided", "in_dispute"}
    left = sum(any(cell.word in open_words for cell in topic.cells) for topic in topics)
    return show(
        request,
        "coverage",
        {
            "one": one,
            "other": other,
            "rows": rows,
            "left": left,
            "all": len(rows),
            "may_speak": speaks(request),
            "text": text,
            "topic": topic,
            "topics": sorted(TOPICS.items(), key=lambda named: str(named[1])),
            "narrowed": narrowed,
            "matrix": _matrix(request, text, topic) if narrowed else (),
        },
    )


def _matrix(request: PageRequest, text: str, topic: str) -> list[Row]:
    own, actor = house(), request.actor
    return matrix_rows(rule_book.rule_book(own, actor), search(own, actor, text=text, topic=topic))


@page(*READERS, methods=("GET", "HEAD", "POST"))
def entry(request: PageRequest, entry: str) -> HttpResponse:
    """What does each side say of it?"""
    own, actor = house(), request.actor
    found = reading.entry(own, actor, entry)
    divergence, relation = chosen_forms(request, found)
    comment, note = (
        (CommentForm(posted(request, "comment")), NoteForm(posted(request, "note")))
        if speaks(request)
        else (None, None)
    )
    if request.method == "POST":
        form, step = _said_here(request, found.view, (divergence, relation, comment, note))
        if tried(form, step):
            return redirect(reverse("alignment_entry", kwargs={"entry": entry}))
    comments = part_of(request, tuple(reversed(found.comments)), "comments")
    context = {
        "view": found.view,
        "title": found.view.title
        if found.view.kind == DIVERGENCE
        else word("relation", found.view.title, found.view.opened_by),
        "topic": TOPICS.get(found.view.topic, found.view.topic),
        "said_by": _sides(request, found),
        **_both_sides(request, found),
        "comments": comments.rows,
        "commented": comments,
        "notes": found.notes,
        "consequence": found.consequence,
        "proposals": proposals_about(own, actor, divergences=(entry,)) if found.view.kind == DIVERGENCE else (),
        "own": str(own.nation),
        **talked_about(own, actor, entry),
        "word_form": divergence if found.view.kind == DIVERGENCE else relation,
        "comment_form": comment,
        "note_form": note,
        "form": next((one for one in (divergence, relation, comment, note) if one is not None and one.is_bound), None),
    }
    return show(request, "alignment_entry", context, status=422 if request.method == "POST" else 200)


def _said_here(
    request: PageRequest, view: reading.EntryView, forms: tuple[ReltoForm | None, ...]
) -> tuple[ReltoForm, Callable[[dict[str, Any]], str]]:
    """The form that was sent, and what it does with its words."""
    own, actor = house(), request.actor
    divergence, relation, comment, note = forms
    verbs: dict[str, tuple[ReltoForm | None, Callable[[dict[str, Any]], str]]] = {
        "comment": (comment, lambda given: saying.comment(own, actor, about=view.entry, text=given["comment"])),
        "note": (note, lambda given: saying.note(own, actor, entry=view.entry, text=given["note"])),
        "divergence": (divergence, lambda given: saying.raise_divergence(own, actor, entry=view.entry, **given)),
        "relation": (relation, lambda given: saying.relate(own, actor, entry=view.entry, **given)),
    }
    form, step = verbs.get(request.POST.get("what", ""), (None, lambda _: ""))
    if form is None:
        raise NotAvailable("page")
    return form, step


def _sides(request: PageRequest, found: reading.EntryDetail) -> list[dict[str, Any]]:
    """Each nation's newest word, and its earlier ones."""
    parties = parties_own_first(request)
    nations = [*parties, *sorted({one.nation for one in found.words} - set(parties))]
    sides = []
    for nation in nations:
        line = [one for one in found.words if one.nation == nation]
        words = [
            {
                "at": one.at,
                "number": one.number,
                "text": one.body.get("question") or word("relation", one.body["relation"], nation),
                "reason": one.body.get("reason", ""),
                "state": said("alignment.state", one.body["state"]) if "state" in one.body else "",
                "options": one.body.get("options", ()),
                "confidence": said("alignment.confidence", one.body["confidence"]) if "confidence" in one.body else "",
            }
            for one in reversed(line)
        ]
        sides.append({"nation": nation, "newest": words[0] if words else None, "earlier": words[1:]})
    return sides


def _both_sides(request: PageRequest, found: reading.EntryDetail) -> dict[str, Any]:
    """The provisions that it is about, side by side, with the word that both nations said of them."""
    book = rule_book.rule_book(house(), request.actor)
    sides, together, relation = sides_of_provisions(book, house().nation, found.provisions)
    word_said = word_between(request, found.view.provisions)
    return {"sides": sides, "together": together, "relation": word_said or relation, "rules_version": book.version}
