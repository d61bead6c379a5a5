"""A release case: may they have it? Gates, history and the decision on one page; and its withdrawal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.procedures.release import ASKED, IN_FORCE
from relto.services import releases, withdrawals
from relto.web.deciding import attempted, decided, decision_form, status_of
from relto.web.ending_forms import ReasonForm
from relto.web.flow import both_sides, flow_of_case, nations_said
from relto.web.gates import verdict
from relto.web.joint import closed_by_co_owner, words_on_case
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_AFTER = (
    _("You sign with your session; the decision and its reasons go into the ledger."),
    _("The node makes a manifest for the recipient and sends it over the link."),
    _("The partner's authority accepts. Until then nothing opens."),
)


@page(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def case(request: PageRequest, case: str) -> HttpResponse:
    """The case, with a form only for the officer whose decision it waits for."""
    own, actor = house(), request.actor
    detail = releases.case(own, actor, case)
    deciding = detail.state == ASKED and actor.holds(Role.RELEASE_OFFICER)
    found = verdict(detail.gates, detail.bundle_version, deciding=deciding, settled=detail.state in IN_FORCE)
    form = None
    if deciding:
        form = decision_form(request, found, permit="release", permit_words=_("Release to the named readers"))
        if request.method == "POST":
            entry = decided(form, lambda **said: releases.decide_release(own, actor, case, **said).entry)
            if entry is not None:
                return redirect(f"{reverse('case', args=[case])}?entry={entry}")
    context = {
        "case": detail,
        "verdict": found,
        "form": form,
        "receipt": receipt(request),
        "after": _AFTER,
        "owner_words": words_on_case(own.nation, detail),
        "closed_by_co_owner": closed_by_co_owner(detail),
        "may_withdraw": _may_withdraw(actor, detail.state),
        "flow": flow_of_case(own.nation, detail),
        "events": both_sides(detail.history, detail.nation),
        "nations_said": nations_said(own.nation, detail.nation),
    }
    context |= marked("case", case, detail.item.banner)
    return show(request, "case", context, status=status_of(form))


@page(Role.RELEASE_OFFICER, methods=("GET", "HEAD", "POST"))
def withdraw(request: PageRequest, case: str) -> HttpResponse:
    """What stops if I withdraw it, and what does not? The answer first; reason and button stand under it."""
    own, actor = house(), request.actor
    detail = releases.case(own, actor, case)
    if not _may_withdraw(actor, detail.state):
        raise NotAvailable("case")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempted(form, lambda said: withdrawals.withdraw_release(own, actor, case, reason=said["reason"]))
        if done is not None:
            return redirect(f"{reverse('case', args=[case])}?entry={done.entry}")
    context = {"case": detail, "form": form, **marked("case", case, detail.item.banner)}
    return show(request, "withdraw", context, status=status_of(form))


def _may_withdraw(actor: Actor, state: str) -> bool:
    return state in IN_FORCE and actor.holds(Role.RELEASE_OFFICER)
