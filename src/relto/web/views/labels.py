"""The page of markings: what does it say, how do both nations write it, what joins with it, what does it map to?

Nothing of it is stored. A marking is sent in the body of a form, never in an address.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import translation

from relto.adapters.label_answers import answer_label, kind_of
from relto.labels.answering.given import Surroundings
from relto.services.label_questions import surroundings
from relto.web.marking_forms import BuildForm, MarkingForm
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house

_AUTHORITY = "authority"


@page(methods=("GET", "HEAD", "POST"))
def markings(request: PageRequest) -> HttpResponse:
    """What does this marking say?"""
    holding = surroundings(house())
    builds = request.method == "POST" and request.POST.get("do") == "build"
    form = MarkingForm(request.POST) if request.method == "POST" and not builds else MarkingForm()
    build = _build_form(request.POST if builds else None, holding)
    context: dict[str, Any] = {"form": form, "build": build, "wrong": build if builds else form}
    if builds and build.is_valid():
        request_ = {"policy": "USA", "kind": "banner", "label": build.label_object()}
        read = _ask("render", request_, holding)
        if read["ok"]:
            text = read["rendered"]["banner"]
            form = MarkingForm({"text": text, "policy": "USA"})
            context |= {"form": form, "wrong": form}
        else:
            context["read"] = read
    if form.is_bound and form.is_valid():
        context |= _looked_at(form, holding)
    failed = bool(context["wrong"].errors) or not context.get("read", {"ok": True})["ok"]
    return show(request, "labels", context, status=422 if failed else 200)


def _build_form(data: Any, holding: Surroundings) -> BuildForm:
    levels = {level.name: level.hierarchy for policy in holding.policies for level in policy.levels}
    highest_first = sorted(levels, key=lambda name: -levels[name])
    return BuildForm(data, levels=highest_first, nations=sorted(policy.nation for policy in holding.policies))


def _looked_at(form: MarkingForm, holding: Surroundings) -> dict[str, Any]:
    """All that there is to say of a marking."""
    data = form.cleaned_data
    given = {"text": data["text"], "kind": kind_of(data["text"]), "policy": data["policy"]}
    found: dict[str, Any] = {"read": _ask("parse", given, holding), "given": given}
    if not found["read"]["ok"] or given["kind"] == _AUTHORITY:
        return found
    found["meaning"] = _ask("convert", {"label": given, "to": "banner"}, holding)
    if found["meaning"]["ok"]:
        found["mapped"] = _ask("map", {"label": given}, holding)
        review = form.review_instant()
        if review is not None:
            making = {"originator_id": f"urn:relto:{house().nation.lower()}", "review_by": review}
            found["written"] = _ask("convert", {"label": given | making, "to": "xml"}, holding)
    if data["other"]:
        other = {"text": data["other"], "kind": kind_of(data["other"]), "policy": data["policy"]}
        found["joined"] = _ask("join", {"labels": [given, other]}, holding)
    return found


def _ask(operation: str, request: object, holding: Surroundings) -> dict[str, Any]:
    return answer_label(operation, request, holding, translation.get_language() or "en")
