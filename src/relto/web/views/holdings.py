"""A company's register: what do we hold, where; recording a copy, a movement, an end; signing a destruction too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.procedures.copies import STEPS
from relto.services import copies, inventories, items
from relto.services.copy_view import CopyView, Holding
from relto.services.house import House
from relto.services.open_copies import kept_count, open_copies
from relto.services.organisation import facilities, people_of
from relto.services.translations import record_translation
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm
from relto.web.long_lists import Counted, part_of
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.register_forms import Places, RecordForm, ReproductionForm, StepForm, TranslationForm
from relto.web.surroundings import house

_CHOICES = 200
"""So many of the newest own documents may be chosen as a translation."""
KEEPERS = (Role.SECURITY_OFFICER, Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)


@page(*KEEPERS)
def holdings(request: PageRequest) -> HttpResponse:
    """What do we hold, where?"""
    own, actor = house(), request.actor
    held = Counted(kept_count(actor), lambda first, most: copies.holdings(own, actor, first, most))
    part = part_of(request, held, "held")
    matters = open_copies(actor)
    counted = [one for one in inventories.inventories(own, actor) if one.state == "open"]
    context = {
        "holdings": part.rows,
        "part": part,
        "present": matters.present,
        "open": matters.first,
        "open_count": matters.count,
        "inventories": counted,
        "keeps": actor.holds(Role.SECURITY_OFFICER),
    }
    return show(request, "holdings", context)


@page(*KEEPERS)
def item(request: PageRequest, item: str) -> HttpResponse:
    """Which copies of it do we hold?"""
    own, actor = house(), request.actor
    found = copies.item_holding(own, actor, item)
    context = {"holding": found, "keeps": actor.holds(Role.SECURITY_OFFICER), "receipt": receipt(request)}
    return show(request, "register_item", {**context, **marked("custody", item, found.banner)})


@page(Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def new(request: PageRequest, item: str, what: str) -> HttpResponse:
    """A copy that exists, copies that were made, or a translation: one form each."""
    own, actor = house(), request.actor
    found = copies.item_holding(own, actor, item)
    if what not in _NEW:
        raise NotAvailable("page")
    form, verb = _NEW[what](request, own, actor, found)
    if request.method == "POST":
        done = attempted(form, lambda _said: verb())
        if done is not None:
            return redirect(done)
    context = {"form": form, "holding": found, "what": what, "demands": _asked(found, what)}
    return show(request, "register_new", {**context, **marked("custody", item, found.banner)}, status=status_of(form))


@page(*KEEPERS, Role.ENGINEER)
def copy(request: PageRequest, copy: str) -> HttpResponse:
    """Where is this copy, and what happened to it?"""
    found = copies.one_copy(house(), request.actor, copy)
    context = {"copy": found, "receipt": receipt(request), "reads_custody": bool(request.actor.roles & set(KEEPERS))}
    return show(request, "register_copy", {**context, **_marked(request, found)})


@page(Role.SECURITY_OFFICER, Role.ENGINEER, methods=("GET", "HEAD", "POST"))
def step(request: PageRequest, copy: str, step: str) -> HttpResponse:
    """One step: what it states, and what follows from it."""
    own, actor = house(), request.actor
    found = copies.one_copy(own, actor, copy)
    if step not in STEPS or step not in found.steps:
        raise NotAvailable("page")
    places = _places(own, actor) if STEPS[step].fields else Places([], [])
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, step=step, copy=found, places=places, me=actor.person)
    if request.method == "POST":
        done = attempted(form, lambda _said: copies.take_step(own, actor, copy, step, form.given))
        if done is not None:
            # Who signed as the second person may know of the copy no more: what she did is told on her own page.
            place = (
                reverse("register_copy", args=[copy]) if actor.holds(Role.SECURITY_OFFICER) else reverse("documents")
            )
            return redirect(f"{place}?entry={done.entry}")
    context = {"form": form, "copy": found, "step": step, **_marked(request, found)}
    return show(request, "register_step", context, status=status_of(form))


def _record(request: PageRequest, own: House, actor: Actor, found: Holding) -> tuple[ReltoForm, Callable[[], str]]:
    form = RecordForm(_data(request), places=_places(own, actor))

    def verb() -> str:
        made = copies.record_copy(own, actor, found.item, **form.cleaned_data)
        return f"{reverse('register_copy', args=[made.id])}?entry={made.entry}"

    return form, verb


def _reproduce(request: PageRequest, own: House, actor: Actor, found: Holding) -> tuple[ReltoForm, Callable[[], str]]:
    form = ReproductionForm(_data(request), places=_places(own, actor), holding=found)
    return form, lambda: _to_item(copies.reproduce(own, actor, found.item, form.made))


def _translate(request: PageRequest, own: House, actor: Actor, found: Holding) -> tuple[ReltoForm, Callable[[], str]]:
    others = [one for one in items.own_registered(own, actor, _CHOICES) if one.id != found.item]
    form = TranslationForm(_data(request), places=_places(own, actor), own=others)
    return form, lambda: _to_item(record_translation(own, actor, found.item, **form.cleaned_data))


_NEW: dict[str, Callable[..., tuple[ReltoForm, Callable[[], str]]]] = {
    "record": _record,
    "reproduce": _reproduce,
    "translate": _translate,
}
_ASKED = {
    "record": {"copy_number", "records", "working_paper_days"},
    "reproduce": {"copy_number", "records", "reproduction_consent"},
    "translate": {"translation"},
}


def _asked(found: Holding, what: str) -> list[Any]:
    return [one for one in found.demands if one.demand in _ASKED[what]]


def _to_item(done: Holding) -> str:
    return f"{reverse('register_item', args=[done.item])}?entry={done.entry}"


def _places(own: House, actor: Actor) -> Places:
    people = [one for one in people_of(own, actor) if one.suspended_at is None]
    return Places([one for one in facilities(own, actor) if one.company == actor.company], people)


def _data(request: PageRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _marked(request: PageRequest, found: CopyView) -> dict[str, str]:
    """Its marking; a print sheet of its own only for who may read the item's custody."""
    context = marked("custody", found.item, found.banner)
    if not request.actor.roles & set(KEEPERS):
        context.pop("print_kind")
    return context
