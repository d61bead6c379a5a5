"""An arrival: does the own authority accept it? And after a withdrawal: what became of what was held."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.base.errors import NotAvailable
from relto.procedures.acceptance import ACCEPTED, ARRIVED, WITHDRAWN
from relto.procedures.actors import Actor, Role
from relto.services import arrivals as verbs
from relto.services import withdrawals
from relto.services.arrival_view import ArrivalView
from relto.services.withdrawal_notices import ASKED
from relto.web.deciding import attempted, decided, decision_form, status_of
from relto.web.ending_forms import DispositionForm, ReasonForm
from relto.web.flow import both_sides, flow_of_arrival, nations_said
from relto.web.gates import verdict
from relto.web.joint import withdrawn_here, words_on_arrival
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_AFTER = (
    _("You sign with your session; the decision and its reasons go into the ledger."),
    _("The register gives a control number, and the partner gets the custody receipt."),
    _("The named readers can ask to open it; each opening is decided anew."),
)


@page(Role.RELEASE_OFFICER, Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def arrival(request: PageRequest, arrival: str) -> HttpResponse:
    """The arrival, with a form while it waits for her: to accept it, or to say what was done with it."""
    own, actor = house(), request.actor
    detail = verbs.arrival(own, actor, arrival)
    deciding = detail.state == ARRIVED and actor.holds(Role.RELEASE_OFFICER)
    stage = {"deciding": deciding, "settled": detail.state == ACCEPTED}
    found = verdict(detail.gates, detail.bundle_version, **stage)
    other = verdict(detail.co_release_gates, detail.bundle_version, **stage) if detail.joint else None
    done, form, entry = None, None, None
    if deciding:
        verdicts = (found,) if other is None else (found, other)
        form = decision_form(request, *verdicts, permit="accept", permit_words=_("Accept it into custody"))
        if request.method == "POST":
            entry = decided(form, lambda **said: verbs.decide_arrival(own, actor, arrival, **said).entry)
    elif to_dispose_of(detail) and actor.holds(Role.SECURITY_OFFICER):
        done = DispositionForm(request.POST if request.method == "POST" else None)
        if request.method == "POST":
            recorded = attempted(done, lambda said: withdrawals.record_disposition(own, actor, arrival, **said))
            entry = recorded.entry if recorded is not None else None
    if entry is not None:
        return redirect(f"{reverse('arrival', args=[arrival])}?entry={entry}")
    context = {
        "arrival": detail,
        "verdict": found,
        "other": other,
        "form": form or done,
        "deciding": deciding,
        "receipt": receipt(request),
        "after": _AFTER,
        "owner_words": words_on_arrival(own.nation, detail),
        "withdrawn_here": withdrawn_here(detail),
        "may_withdraw": _may_withdraw(actor, detail),
        "flow": flow_of_arrival(own.nation, detail),
        "events": both_sides(detail.history, detail.sender),
        "nations_said": nations_said(own.nation, detail.sender),
    }
    context |= marked("arrival", arrival, detail.item.banner)
    return show(request, "arrival", context, status=status_of(form or done))


@page(Role.RELEASE_OFFICER, methods=("GET", "HEAD", "POST"))
def withdraw(request: PageRequest, arrival: str) -> HttpResponse:
    """What stops if I withdraw what both own, for both nations, and what does not? The reason stands under it."""
    own, actor = house(), request.actor
    detail = verbs.arrival(own, actor, arrival)
    if not _may_withdraw(actor, detail):
        raise NotAvailable("arrival")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempted(form, lambda said: withdrawals.withdraw_co_release(own, actor, arrival, reason=said["reason"]))
        if done is not None:
            return redirect(f"{reverse('arrival', args=[arrival])}?entry={done.entry}")
    context = {"arrival": detail, "form": form, **marked("arrival", arrival, detail.item.banner)}
    return show(request, "withdraw_joint", context, status=status_of(form))


def to_dispose_of(arrival: ArrivalView) -> bool:
    """Withdrawn by the partner after it was held here, or asked back, and not yet said what was done with it."""
    return arrival.state == WITHDRAWN and arrival.disposition in {"", ASKED} and not withdrawn_here(arrival)


def _may_withdraw(actor: Actor, arrival: ArrivalView) -> bool:
    return arrival.joint and arrival.state == ACCEPTED and actor.holds(Role.RELEASE_OFFICER)
