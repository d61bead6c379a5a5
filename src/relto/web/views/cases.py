"""A release case: may they have it? Gates, history and the decision on one page; after signing, the receipt."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.procedures.actors import Role
from relto.procedures.release import ASKED
from relto.services import releases
from relto.web.deciding import decided
from relto.web.forms import DecisionForm
from relto.web.gates import verdict
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_AFTER = (
    _("You sign with your session; the decision and its reasons go into the ledger."),
    _("The node makes a new two-share manifest and sends it over the link."),
    _("The partner's authority accepts. Until then nothing opens."),
)


@page(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def case(request: PageRequest, case: str) -> HttpResponse:
    """The case, with a form only for the officer whose decision it waits for."""
    own, actor = house(), request.actor
    detail = releases.case(own, actor, case)
    deciding = detail.state == ASKED and actor.holds(Role.RELEASE_OFFICER)
    found = verdict(detail.gates, detail.bundle_version, deciding=deciding)
    form = None
    if deciding:
        form = DecisionForm(
            request.POST if request.method == "POST" else None,
            permit="release",
            permit_words=_("Release to the named readers"),
            gaps=found.gaps,
        )
        if request.method == "POST":
            entry = decided(form, lambda **said: releases.decide_release(own, actor, case, **said).entry)
            if entry is not None:
                return redirect(f"{reverse('case', args=[case])}?entry={entry}")
    context = {"case": detail, "verdict": found, "form": form, "receipt": receipt(request), "after_release": _AFTER}
    context |= marked("case", case, detail.item.banner)
    return show(request, "case", context, status=422 if form is not None and form.is_bound else 200)
