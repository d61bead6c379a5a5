"""A company's security officer: what waits, asking for a release, and refusals with their full reasons."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.procedures.assurance import VALID
from relto.rules.facts import Action
from relto.services import arrivals, items, releases
from relto.services.assurances import list_assurances
from relto.services.house import House
from relto.services.item_view import ItemView
from relto.services.organisation import facilities, people_of
from relto.services.refusals import company_refusals, explain
from relto.web.deciding import attempted, status_of
from relto.web.gates import verdict
from relto.web.long_lists import Counted, part_of
from relto.web.next_step import next_step
from relto.web.pages import PageRequest, marked, page, show
from relto.web.refusal import missing_things
from relto.web.release_form import OwnSide, ReleaseForm
from relto.web.surroundings import house
from relto.web.views.arrivals import to_dispose_of
from relto.web.waiting import today as waits_today

_OFFICER = Role.SECURITY_OFFICER


@page(_OFFICER)
def today(request: PageRequest) -> HttpResponse:
    """What must I do today: the company's requests, and what is ready to be asked for."""
    own, actor = house(), request.actor
    reference = request.GET.get("reference", "").strip()
    if reference:
        return redirect("refusal", reference=reference[:64])
    waits = waits_today(own, actor)
    on_the_way = {row.one.id for row in waits["sent"]}
    ready = Counted(
        items.not_asked_for_count(actor), lambda first, most: items.items_not_asked_for(own, actor, first, most)
    )
    asked = Counted(
        releases.case_count(actor, on_the_way),
        lambda first, most: releases.newest_cases(own, actor, on_the_way, first, most),
    )
    context = waits | {
        "cases": part_of(request, asked, "cases"),
        "ready": part_of(request, ready, "ready"),
        "refusals": company_refusals(own, actor),
        "due": [one for one in arrivals.arrivals_to_dispose_of(own, actor) if to_dispose_of(one)],
    }
    return show(request, "company", context)


@page(_OFFICER, methods=("GET", "HEAD", "POST"))
def ask_release(request: PageRequest, item: str) -> HttpResponse:
    """Ask the own authority to release an item."""
    own, actor = house(), request.actor
    found = items.item(own, actor, item)
    if found.held_as != "own":
        raise NotAvailable("item")
    form = _release_form(request, own, found)
    if request.method == "POST":
        case = attempted(
            form,
            lambda said: releases.request_release(
                own,
                actor,
                item=item,
                nation=form.nation,
                facility=said["facility"],
                readers=form.readers,
                purpose=said["purpose"],
                **form.home,
            ),
        )
        if case is not None:
            return redirect(f"{reverse('case', args=[case.id])}?entry={case.entry}")
    context = {"form": form, "item": found, **marked("item", item, found.banner)}
    return show(request, "ask_release", context, status=status_of(form))


def _release_form(request: PageRequest, own: House, item: ItemView) -> ReleaseForm:
    """The form for an item; a joint one goes to its other owner only."""
    actor = request.actor
    received = [one for one in list_assurances(own, actor, "received", VALID) if one.governs]
    vouched = [one for one in received if not item.joint or one.issuer in item.owners]
    own_side = None
    if item.joint:
        people = [one for one in people_of(own, actor) if one.facility and one.suspended_at is None]
        places = [one.code for one in facilities(own, actor) if one.suspended_at is None]
        own_side = OwnSide(places, [one for one in people if one.facility in places])
    return ReleaseForm(
        request.POST if request.method == "POST" else None,
        facilities=[one for one in vouched if one.subject_kind == "facility"],
        people=[one for one in vouched if one.subject_kind == "person"],
        own_side=own_side,
    )


@page(_OFFICER, Role.ENGINEER, Role.RELEASE_OFFICER)
def refusal(request: PageRequest, reference: str) -> HttpResponse:
    """Which rule, what fixes it: all for the security officer of the asker's company, her own part for the asker."""
    own, actor = house(), request.actor
    view = explain(own, actor, reference)
    try:
        item = items.item(own, actor, view.item) if view.item else None
    except NotAvailable:
        item = None  # a release officer, or somebody who may not know of the document
    sealed_with = view.action == Action.OPEN and item is not None and item.joint and item.held_as == "own"
    context = {
        "refusal": view,
        "missing": missing_things(view.gates, view.bundle_version, sealed_with=sealed_with),
        "verdict": verdict(view.gates, view.bundle_version, sealed_with=sealed_with) if view.full else None,
        "next_step": next_step(own, actor, view, item),
        "asked": "asked" in request.GET and view.actor == request.actor.person,
    }
    return show(request, "refusal", context)
