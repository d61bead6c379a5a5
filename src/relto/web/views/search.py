"""Search: one box on every page. What was typed travels in the body, never in an address, and is kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from relto.base.errors import MalformedInput
from relto.procedures.actors import COMPANY_ROLES, Actor, Role
from relto.services.search import LONGEST, SHORTEST
from relto.services.search import search as searched
from relto.services.search_kinds import Hit
from relto.web.pages import PageRequest, page, show
from relto.web.rule_words import TOPICS
from relto.web.surroundings import house
from relto.web.words import language, said

_STATES: Final[Mapping[str, str]] = {
    "arrival": "state.arrival",
    "assurance": "state.assurance",
    "case": "state.case",
    "copy": "state.copy",
    "document": "state.item",
    "entry": "state.entry",
    "third_party": "state.third_party",
}


@dataclass(frozen=True, slots=True)
class HitRow:
    """One line of what was found: where it leads, what it is called, and its state in words."""

    hit: Hit
    url: str
    name: str
    state: str


@page(methods=("GET", "HEAD", "POST"))
def search(request: PageRequest) -> HttpResponse:
    """What of mine has this number, place, nation, day or text? An exact number leads straight to its page."""
    text = request.POST.get("text", "").strip() if request.method == "POST" else ""
    context: dict[str, Any] = {"sought": text, "shortest": SHORTEST, "longest": LONGEST}
    if not text:
        return show(request, "search", context)
    try:
        found = searched(house(), request.actor, text, language())
    except MalformedInput:
        problem = gettext("Write %(shortest)d to %(longest)d signs.") % {"shortest": SHORTEST, "longest": LONGEST}
        return show(request, "search", {**context, "problem": problem}, status=422)
    if found.exact is not None:
        return redirect(_url(request.actor, found.exact))
    groups = [
        (said("search.kind", group.kind), [_row(request.actor, hit) for hit in group.hits], group.more)
        for group in found.groups
    ]
    return show(request, "search", {**context, "groups": groups, "count": found.count})


def _row(actor: Actor, hit: Hit) -> HitRow:
    if hit.kind == "dossier":
        state = f"{said('procedure', hit.what)}: {said('state', f'{hit.what}.{hit.state}')}"
    elif hit.kind in {"provision", "rule"}:
        state = str(TOPICS.get(hit.what, hit.what)) if hit.kind == "provision" else said("gate", hit.what)
    elif hit.kind in _STATES:
        state = said(_STATES[hit.kind], hit.state)
    else:
        state = said("search.state", hit.state) if hit.state else ""
    return HitRow(hit, _url(actor, hit), hit.title or hit.number, state)


def _url(actor: Actor, hit: Hit) -> str:
    return _PLACES[hit.kind](actor, hit)


def _at(name: str) -> Callable[[Actor, Hit], str]:
    return lambda _actor, hit: reverse(name, args=[hit.id])


def _copy(actor: Actor, hit: Hit) -> str:
    """Its page in the register; to who witnesses its destruction and keeps no register, her step."""
    if actor.roles <= COMPANY_ROLES and not actor.holds(Role.SECURITY_OFFICER):
        return reverse("register_step", args=[hit.id, "witness"])
    return reverse("register_copy", args=[hit.id])


_PLACES: Final[Mapping[str, Callable[[Actor, Hit], str]]] = {
    "arrival": _at("arrival"),
    "assurance": _at("affected"),
    "authorisation": _at("authorisation"),
    "case": _at("case"),
    "copy": _copy,
    "decision": _at("decision"),
    "document": _at("document"),
    "dossier": _at("dossier"),
    "entry": lambda _actor, hit: f"{reverse('ledger')}?entry={hit.id}",
    "facility": lambda _actor, hit: reverse("subject", args=["facility", hit.id]),
    "inventory": _at("inventory"),
    "person": lambda _actor, hit: reverse("subject", args=["person", hit.id]),
    "provision": _at("rule_entry"),
    "rule": _at("rule_entry"),
    "third_party": _at("third_party_request"),
}
