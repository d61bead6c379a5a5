"""Dossiers: what waits for me, by when; which I may begin; one dossier with both sides' steps.

No procedure is known by name here: states, steps, limits and papers are those of its own data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.procedures.actors import AUTHORITY_ROLES, COMPANY_ROLES, Actor, Role
from relto.procedures.packs.registry import procedures
from relto.procedures.procedure import Procedure
from relto.services import active_bundle
from relto.services import dossiers as verbs
from relto.services.dossiers.editions import amendments
from relto.services.house import House
from relto.web.dossier_amendments import amended
from relto.web.dossier_lists import Asked, listed
from relto.web.dossier_pages import one_dossier
from relto.web.flow import Flow, flow_of_dossier
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house
from relto.web.views.dossier_statistics import READERS as COUNTED
from relto.web.words import said

PEOPLE: Final[tuple[Role, ...]] = tuple(sorted(COMPANY_ROLES | AUTHORITY_ROLES))
_LONGEST: Final = 64


@page(*PEOPLE)
def dossiers(request: PageRequest) -> HttpResponse:
    """What waits for me first, by when; then what waits on the other side; then the rest."""
    own, actor = house(), request.actor
    given = {name: request.GET.get(name, "").strip()[:_LONGEST] for name in ("procedure", "state", "number", "after")}
    asked = Asked(**given)
    missing = False
    if asked.number:
        try:
            return redirect("dossier", dossier=verbs.dossier(own, actor, asked.code).view.id)
        except NotAvailable:
            missing = True
    context = listed(own, actor, asked)
    may_count = bool(actor.roles.intersection(COUNTED))
    context |= {"missing": missing, "may_begin": bool(may_begin(actor)), "may_count": may_count}
    return show(request, "dossiers/list", context)


@page(*PEOPLE)
def new(request: PageRequest) -> HttpResponse:
    """Which procedures may I begin?"""
    rows = [
        (one.code, said("procedure", one.code), said("procedure", f"{one.code}.what"))
        for one in may_begin(request.actor)
    ]
    return show(request, "dossiers/new", {"rows": rows})


@page(*PEOPLE)
def one(request: PageRequest, dossier: str) -> HttpResponse:
    """Where does it stand, whose turn is it, and by when?"""
    own = house()
    detail = verbs.dossier(own, request.actor, dossier)
    bundle = active_bundle.active_or_none(own, own.now())
    changed = amendments(own, request.actor, detail.view.id)
    context = {**one_dossier(own, detail, bundle), "receipt": receipt(request)}
    context["amended"] = amended(own.nation, detail.view, procedures()[detail.view.procedure], changed)
    context["flow"] = _flow(own, context)
    return show(request, "dossiers/one", context)


def _flow(own: House, context: Mapping[str, Any]) -> Flow | None:
    """The way of a dossier between two nations, and on whose side it waits."""
    view, waits = context["view"], context["turn"]
    here = str(own.nation) if waits["here"] or waits["node"] else ""
    turn = (waits["partner"] or here) if view.is_open else ""
    return flow_of_dossier(str(own.nation), view.partner, context["sides"], turn, context["state"])


def may_begin(actor: Actor) -> list[Procedure]:
    """The procedures that a role of hers begins, in the order in which people meet them."""
    return [one for one in procedures().values() if one.begins & actor.roles]
