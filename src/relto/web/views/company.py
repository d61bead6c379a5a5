"""A company's security officer: what waits, asking for a release, and refusals with their full reasons."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import Conflict, NotAvailable, Refused, ReltoError, Unreachable
from relto.procedures.actors import Role
from relto.services import items, releases
from relto.services.assurances import AssuranceView, list_assurances
from relto.services.refusals import company_refusals, explain
from relto.web.forms import ReleaseForm
from relto.web.gates import verdict
from relto.web.pages import PageRequest, marked, page, show
from relto.web.refusal import missing_things
from relto.web.surroundings import house

_OFFICER = Role.SECURITY_OFFICER


@page(_OFFICER)
def today(request: PageRequest) -> HttpResponse:
    """What must I do today: the company's requests, and what is ready to be asked for."""
    own, actor = house(), request.actor
    cases = releases.cases(own, actor)
    asked = {case.item.id for case in cases}
    ready = [
        item
        for item in items.my_items(own, actor)
        if item.held_as == "own" and item.state == "registered" and item.id not in asked
    ]
    reference = request.GET.get("reference", "").strip()
    if reference:
        return redirect("refusal", reference=reference[:64])
    return show(request, "company", {"cases": cases, "ready": ready, "refusals": company_refusals(own, actor)})


@page(_OFFICER, methods=("GET", "HEAD", "POST"))
def ask_release(request: PageRequest, item: str) -> HttpResponse:
    """Ask the own authority to release an item."""
    own, actor = house(), request.actor
    found = items.item(own, actor, item)
    if found.held_as != "own":
        raise NotAvailable("item")
    vouched = _newest([one for one in list_assurances(own, actor) if one.direction == "received"])
    form = ReleaseForm(
        request.POST if request.method == "POST" else None,
        facilities=[one for one in vouched if one.subject_kind == "facility" and one.status == "valid"],
        people=[one for one in vouched if one.subject_kind == "person" and one.status == "valid"],
    )
    if request.method == "POST" and form.is_valid():
        try:
            case = releases.request_release(
                own,
                actor,
                item=item,
                nation=form.nation,
                facility=form.cleaned_data["facility"],
                readers=form.readers,
                purpose=form.cleaned_data["purpose"],
            )
        except (Unreachable, Refused):
            raise
        except ReltoError as error:
            if isinstance(error, Conflict):
                error.field = None
            form.take_error(error, error_sentence(error, translation.get_language() or "en"))
        else:
            return redirect(f"{reverse('case', args=[case.id])}?entry={case.entry}")
    context = {"form": form, "item": found, **marked("item", item, found.banner)}
    return show(request, "ask_release", context, status=422 if form.is_bound else 200)


@page(_OFFICER, Role.ENGINEER, Role.RELEASE_OFFICER)
def refusal(request: PageRequest, reference: str) -> HttpResponse:
    """Which rule, what fixes it: all for the security officer of the asker's company, her own part for the asker."""
    view = explain(house(), request.actor, reference)
    context = {
        "refusal": view,
        "missing": missing_things(view.gates, view.bundle_version),
        "verdict": verdict(view.gates, view.bundle_version) if view.full else None,
    }
    return show(request, "refusal", context)


def _newest(assurances: list[AssuranceView]) -> list[AssuranceView]:
    """The last word on each subject, by subject."""
    found: dict[str, AssuranceView] = {}
    for one in sorted(assurances, key=lambda one: one.status_at):
        found[one.subject] = one
    return sorted(found.values(), key=lambda one: (one.facility, one.subject))
