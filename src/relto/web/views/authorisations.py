"""Disclosure and export authorisations: which stand, until when; recording one, and withdrawing one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.services import authorisations as verbs
from relto.services.affected import affected_by_authorisation
from relto.services.house import House
from relto.services.programmes import programmes
from relto.web.deciding import attempted, status_of
from relto.web.ending_forms import ReasonForm, first_instant, last_instant
from relto.web.office_forms import AuthorisationForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_HOLDERS = (Role.REGISTRAR, Role.SECURITY_OFFICER)


@page(*_HOLDERS)
def authorisations(request: PageRequest) -> HttpResponse:
    """What may go abroad at all, under which authorisation, until when?"""
    own, actor = house(), request.actor
    lines = [(one, _is_hers(actor, one)) for one in verbs.authorisations(own, actor)]
    return show(request, "authorisations", {"lines": lines, "now": own.now(), "receipt": receipt(request)})


@page(*_HOLDERS, methods=("GET", "HEAD", "POST"))
def record(request: PageRequest) -> HttpResponse:
    """Record one: the authority's disclosure authorisation (registrar), or the company's licence (security officer)."""
    own, actor = house(), request.actor
    codes = [one.code for one in programmes(own, actor)]
    form = AuthorisationForm(request.POST if request.method == "POST" else None, programmes=codes)
    if request.method == "POST":
        made = attempted(form, lambda said: _record(own, actor, form, said))
        if made is not None:
            return redirect(f"{reverse('authorisations')}?entry={made.entry}")
    context = {"form": form, "disclosure": actor.holds(Role.REGISTRAR)}
    return show(request, "record_authorisation", context, status=status_of(form))


@page(*_HOLDERS)
def one(request: PageRequest, authorisation: str) -> HttpResponse:
    """Which releases does it alone cover; after its withdrawal: which does nothing cover any more?"""
    own, actor = house(), request.actor
    context = {
        "one": _found(own, actor, authorisation),
        "affected": affected_by_authorisation(own, actor, authorisation),
        "receipt": receipt(request),
    }
    return show(request, "authorisation", context)


@page(*_HOLDERS, methods=("GET", "HEAD", "POST"))
def withdraw(request: PageRequest, authorisation: str) -> HttpResponse:
    """What stops if I withdraw it? The releases that it alone covers first; reason and button stand under them."""
    own, actor = house(), request.actor
    found = _found(own, actor, authorisation)
    if found.withdrawn_at is not None:
        raise NotAvailable("authorisation")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempted(
            form, lambda said: verbs.withdraw_authorisation(own, actor, authorisation, reason=said["reason"])
        )
        if done is not None:
            return redirect(f"{reverse('authorisation', args=[authorisation])}?entry={done.entry}")
    context = {"one": found, "form": form, "affected": affected_by_authorisation(own, actor, authorisation)}
    return show(request, "authorisation", context, status=status_of(form))


def _record(own: House, actor: Actor, form: AuthorisationForm, said: Mapping[str, Any]) -> verbs.AuthorisationView:
    verb = verbs.record_disclosure if actor.holds(Role.REGISTRAR) else verbs.record_export
    programme, item = form.scope
    return verb(
        own,
        actor,
        reference=said["reference"],
        nation=said["nation"],
        programme=programme,
        item=item,
        valid_from=first_instant(said["valid_from"]),
        valid_until=last_instant(said["valid_until"]),
    )


def _found(own: House, actor: Actor, authorisation: str) -> verbs.AuthorisationView:
    """One that is the actor's to withdraw. Raises NotAvailable("authorisation")."""
    found = next((one for one in verbs.authorisations(own, actor) if one.id == authorisation), None)
    if found is None or not _is_hers(actor, found):
        raise NotAvailable("authorisation")
    return found


def _is_hers(actor: Actor, one: verbs.AuthorisationView) -> bool:
    role = Role.REGISTRAR if one.kind == "disclosure" else Role.SECURITY_OFFICER
    return actor.holds(role) and (one.kind == "disclosure" or one.company == actor.company)
