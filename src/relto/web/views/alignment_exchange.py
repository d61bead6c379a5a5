"""The alignment as files: both rule books out, rows in; what a file would say is told before it is said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from relto.adapters.words import error_sentence, sentence
from relto.base.errors import NotAvailable, ReltoError, Unreachable
from relto.services.alignment.exporting import MEDIA_TYPES, export_alignment
from relto.services.alignment.importing import ImportTold, import_alignment
from relto.store.queries.alignment import READERS
from relto.web.alignment_pages import speaks
from relto.web.forms import FileChoice, ReltoForm, one_of
from relto.web.pages import PageRequest, page, show
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.words import language, said

_MOST_ROWS = 100


class ExchangeForm(ReltoForm):
    """A file of rows, what it is, and whether it is only weighed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is chosen."""
        super().__init__(*args, **kwargs)
        choose = {"required": said("exchange_page", "choose_file"), "empty": said("exchange_page", "empty_file")}
        self.fields["file"] = forms.FileField(
            label=said("exchange_page", "file"),
            help_text=said("exchange_page", "file_hint"),
            widget=FileChoice,
            error_messages=choose,
        )
        self.fields["as"] = one_of(
            [(code, said("exchange_form", code)) for code in MEDIA_TYPES], said("exchange_page", "form")
        )
        steps = [(code, said("exchange_step", code)) for code in ("weigh", "say")]
        self.fields["step"] = one_of(steps, said("exchange_page", "step"), said("exchange_page", "step_hint"))


@page(*READERS, methods=("GET", "HEAD", "POST"))
def exchange(request: PageRequest) -> HttpResponse:
    """How do the rule books get out of here, and rows in?"""
    if request.method == "POST" and not speaks(request):
        raise NotAvailable("page")
    form = None
    if speaks(request):
        form = ExchangeForm(request.POST, request.FILES) if request.method == "POST" else ExchangeForm()
    told = _read_in(request, form) if form is not None and form.is_bound and form.is_valid() else None
    context = {
        "form": form,
        "told": told,
        "counts": [(said("import.outcome", code), count) for code, count in told.counts.items()] if told else (),
        "rows": _rows(told) if told else (),
        "more": max(0, len(told.rows) - _MOST_ROWS) if told else 0,
        "forms": list(MEDIA_TYPES),
        "topics": sorted(((code, str(words)) for code, words in TOPICS.items()), key=lambda one: one[1]),
    }
    return show(request, "alignment_exchange", context, status=422 if form is not None and form.errors else 200)


@page(*READERS)
def file(request: PageRequest) -> HttpResponseBase:
    """The file itself."""
    topic = request.GET.get("topic", "")
    found = export_alignment(
        house(), request.actor, request.GET.get("as", "")[:8], topic=topic if topic in TOPICS else ""
    )
    answer = StreamingHttpResponse(found.chunks, content_type=found.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer


def _read_in(request: PageRequest, form: ExchangeForm) -> ImportTold | None:
    given = form.cleaned_data
    try:
        return import_alignment(house(), request.actor, given["file"].read(), given["as"], apply=given["step"] == "say")
    except Unreachable:
        raise
    except ReltoError as error:
        form.add_error("file", error_sentence(error, language()))
        return None


def _rows(told: ImportTold) -> list[dict[str, Any]]:
    return [
        {
            "row": one,
            "outcome": said("import.outcome", one.outcome),
            "why": sentence(one.reason, language()) if one.reason else "",
        }
        for one in told.rows[:_MOST_ROWS]
    ]
