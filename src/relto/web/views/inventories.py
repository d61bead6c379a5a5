"""Inventories: open one, look for each copy, sign the result."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import ReltoError
from relto.procedures.actors import Role
from relto.services import active_bundle
from relto.services import inventories as verbs
from relto.services.house import House
from relto.web.deciding import attempted, status_of
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.register_forms import ExtraForm, InventoryForm
from relto.web.surroundings import house
from relto.web.views.holdings import KEEPERS


@page(*KEEPERS, methods=("GET", "HEAD", "POST"))
def inventories(request: PageRequest) -> HttpResponse:
    """When did we count last, and what was missing? The form opens the next one."""
    own, actor = house(), request.actor
    form = None
    if actor.holds(Role.SECURITY_OFFICER):
        data = request.POST if request.method == "POST" else None
        form = InventoryForm(data, levels=_levels(own), now=own.now())
        if request.method == "POST":
            done = attempted(form, lambda _said: verbs.open_inventory(own, actor, as_of=form.as_of, level=form.level))
            if done is not None:
                return redirect(f"{reverse('inventory', args=[done.id])}?entry={done.entry}")
    context = {"inventories": verbs.inventories(own, actor), "form": form}
    return show(request, "inventories", context, status=status_of(form))


@page(*KEEPERS, methods=("GET", "HEAD", "POST"))
def inventory(request: PageRequest, inventory: str) -> HttpResponse:
    """Which copies are still to be looked for? Each is answered by itself; the result is signed when none is left."""
    own, actor = house(), request.actor
    keeps = actor.holds(Role.SECURITY_OFFICER)
    form = ExtraForm(request.POST if request.method == "POST" and request.POST.get("does") == "extra" else None)
    if request.method == "POST" and keeps:
        does = request.POST.get("does", "")
        done = None
        if does == "extra":
            done = attempted(
                form,
                lambda said: verbs.check_copy(own, actor, inventory, result=verbs.EXTRA, note=said["note"]),
            )
        elif does == "sign":
            done = verbs.sign_inventory(own, actor, inventory)
        else:
            copy = request.POST.get("copy", "")[:64]
            done = verbs.check_copy(own, actor, inventory, result=does, copy=copy)
        if done is not None:
            return redirect(f"{reverse('inventory', args=[inventory])}?entry={done.entry}")
    found = verbs.inventory(own, actor, inventory)
    context = {
        "inventory": found,
        "form": form,
        "counts": keeps and found.state == "open",
        "receipt": receipt(request),
    }
    return show(request, "inventory", context, status=status_of(form))


def _levels(own: House) -> list[str]:
    """The levels of the own policy, the highest first; none before an agreement is in force."""
    try:
        return [level.name for level in reversed(active_bundle.own_policy(own).levels)]
    except ReltoError:
        return []
