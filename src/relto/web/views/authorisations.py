"""Disclosure and export authorisations: which stand, until when; and withdrawing one."""

from __future__ import annotations

from django.http import HttpResponse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.services import authorisations as verbs
from relto.web.deciding import attempted, status_of
from relto.web.ending_forms import ReasonForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt_of
from relto.web.surroundings import house

_HOLDERS = (Role.REGISTRAR, Role.SECURITY_OFFICER)


@page(*_HOLDERS)
def authorisations(request: PageRequest) -> HttpResponse:
    """What may go abroad at all, under which authorisation, until when?"""
    own, actor = house(), request.actor
    lines = [(one, _may_withdraw(actor, one)) for one in verbs.authorisations(own, actor)]
    return show(request, "authorisations", {"lines": lines, "now": own.now()})


@page(*_HOLDERS, methods=("GET", "HEAD", "POST"))
def withdraw(request: PageRequest, authorisation: str) -> HttpResponse:
    """What stops if I withdraw it? After it: which releases nothing of its kind covers any more."""
    own, actor = house(), request.actor
    found = next((one for one in verbs.authorisations(own, actor) if one.id == authorisation), None)
    if found is None or not _may_withdraw(actor, found):
        raise NotAvailable("authorisation")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempted(
            form, lambda said: verbs.withdraw_authorisation(own, actor, authorisation, reason=said["reason"])
        )
        if done is not None:
            context = {"one": done, "affected": done.affected, "receipt": receipt_of(actor, done.entry)}
            return show(request, "authorisation", context)
    return show(request, "authorisation", {"one": found, "form": form}, status=status_of(form))


def _may_withdraw(actor: Actor, one: verbs.AuthorisationView) -> bool:
    role = Role.REGISTRAR if one.kind == "disclosure" else Role.SECURITY_OFFICER
    return one.withdrawn_at is None and actor.holds(role) and (one.kind == "disclosure" or one.company == actor.company)
