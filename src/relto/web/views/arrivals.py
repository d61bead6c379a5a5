"""An arrival: does the own authority accept it? The same page as a case, from the other side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.procedures.acceptance import ARRIVED
from relto.procedures.actors import Role
from relto.services import arrivals as verbs
from relto.web.deciding import decided
from relto.web.forms import DecisionForm
from relto.web.gates import verdict
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_AFTER = (
    _("You sign with your session; the decision and its reasons go into the ledger."),
    _("The register gives a control number, and the partner gets the custody receipt."),
    _("The named readers can ask to open it; both nations decide each time."),
)


@page(Role.RELEASE_OFFICER, methods=("GET", "HEAD", "POST"))
def arrival(request: PageRequest, arrival: str) -> HttpResponse:
    """The arrival, with a form while it waits."""
    own, actor = house(), request.actor
    detail = verbs.arrival(own, actor, arrival)
    deciding = detail.state == ARRIVED
    found = verdict(detail.gates, detail.bundle_version, deciding=deciding)
    form = None
    if deciding:
        form = DecisionForm(
            request.POST if request.method == "POST" else None,
            permit="accept",
            permit_words=_("Accept it into custody"),
            gaps=found.gaps,
        )
        if request.method == "POST":
            entry = decided(form, lambda **said: verbs.decide_arrival(own, actor, arrival, **said).entry)
            if entry is not None:
                return redirect(f"{reverse('arrival', args=[arrival])}?entry={entry}")
    context = {
        "arrival": detail,
        "verdict": found,
        "form": form,
        "receipt": receipt(request),
        "after_acceptance": _AFTER,
    }
    context |= marked("arrival", arrival, detail.item.banner)
    return show(request, "arrival", context, status=422 if form is not None and form.is_bound else 200)
