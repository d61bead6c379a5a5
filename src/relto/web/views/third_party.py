"""Passing an item on to a third party: asked for by its holder, answered by its originator, on both nations' desks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.procedures.item import HELD
from relto.procedures.third_party import ASKED, CONSENTED, FORWARDED
from relto.services import items
from relto.services import third_party as verbs
from relto.services.house import House
from relto.services.third_party_asking import request_third_party
from relto.services.third_party_retransfer import retransfer
from relto.services.third_party_view import ThirdPartyDetail, ThirdPartyView
from relto.store.queries.third_party import MADE
from relto.web.deciding import attempted, decided, decision_form, status_of
from relto.web.ending_forms import ConsentForm, ForwardForm, ReasonForm, ThirdPartyForm, first_instant, last_instant
from relto.web.forms import ReltoForm
from relto.web.gates import Verdict, verdict
from relto.web.long_lists import part_of
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_OFFICERS = (Role.RELEASE_OFFICER, Role.SECURITY_OFFICER)
_AFTER = {
    "forward": (
        _("The request goes to the originator's authority, signed, over the link."),
        _("Its answer comes back signed, and stands in both ledgers."),
        _("Until it consents, nothing may be passed on."),
    ),
    "consent": (
        _("Your answer is signed and sent to the holder; it names this item, recipient, purpose and period."),
        _("The holder's own authorisations are still needed. It decides at the moment of passing on."),
        _("You can withdraw the consent. What was passed on before stays passed on."),
    ),
    "retransfer": (
        _("You sign with your session; the decision and its reasons go into the ledger."),
        _("The register gets a line that names the recipient."),
        _("relto moves nothing to a third nation: hand it over by the agreed channel."),
    ),
}


@page(*_OFFICERS)
def requests(request: PageRequest) -> HttpResponse:
    """What was asked, and on whom it waits."""
    found = verbs.third_party_requests(house(), request.actor)
    context = {
        "made": part_of(request, [one for one in found if one.direction == MADE], "made"),
        "received": part_of(request, [one for one in found if one.direction != MADE], "received"),
        "may_ask": request.actor.holds(Role.SECURITY_OFFICER),
    }
    return show(request, "third_party_list", context)


@page(Role.SECURITY_OFFICER, methods=("GET", "HEAD", "POST"))
def ask(request: PageRequest, item: str) -> HttpResponse:
    """A company asks that an item which it holds may go further."""
    own, actor = house(), request.actor
    found = items.item(own, actor, item)
    if found.held_as != "received" or found.state != HELD:
        raise NotAvailable("item")
    form = ThirdPartyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = attempted(
            form,
            lambda said: request_third_party(
                own,
                actor,
                item=item,
                nation=said["nation"],
                recipient=said["recipient"],
                purpose=said["purpose"],
                valid_from=first_instant(said["valid_from"]),
                valid_until=last_instant(said["valid_until"]),
            ),
        )
        if made is not None:
            return redirect(f"{reverse('third_party_request', args=[made.id])}?entry={made.entry}")
    context = {"form": form, "item": found, **marked("item", item, found.banner)}
    return show(request, "third_party_ask", context, status=status_of(form))


@page(*_OFFICERS, methods=("GET", "HEAD", "POST"))
def one(request: PageRequest, third_party: str) -> HttpResponse:
    """One request, with a form only for the officer on whom it waits."""
    own, actor = house(), request.actor
    detail = verbs.third_party_request(own, actor, third_party)
    step = step_of(actor, detail)
    found = None
    if detail.gates and detail.retransferred_at is None:
        found = verdict(detail.gates, detail.bundle_version, deciding=step == "retransfer")
    form, entry = _answer(request, own, detail, step, found)
    if entry is not None:
        return redirect(f"{reverse('third_party_request', args=[third_party])}?entry={entry}")
    context = {
        "request_": detail,
        "step": step,
        "verdict": found,
        "form": form,
        "receipt": receipt(request),
        "after": _AFTER.get(step, ()),
        "made": detail.direction == MADE,
        "may_withdraw": _may_withdraw(actor, detail),
    }
    context |= marked("third-party", third_party, detail.item.banner)
    return show(request, "third_party", context, status=status_of(form))


@page(Role.RELEASE_OFFICER, methods=("GET", "HEAD", "POST"))
def withdraw(request: PageRequest, third_party: str) -> HttpResponse:
    """What stops if I withdraw the consent, and what does not?"""
    own, actor = house(), request.actor
    detail = verbs.third_party_request(own, actor, third_party)
    if not _may_withdraw(actor, detail):
        raise NotAvailable("third_party_request")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        done = attempted(form, lambda said: verbs.withdraw_consent(own, actor, third_party, reason=said["reason"]))
        if done is not None:
            return redirect(f"{reverse('third_party_request', args=[third_party])}?entry={done.entry}")
    context = {"request_": detail, "form": form, **marked("third-party", third_party, detail.item.banner)}
    return show(request, "third_party_withdraw", context, status=status_of(form))


def step_of(actor: Actor, view: ThirdPartyView) -> str:
    """Which decision waits for this actor: forward, consent, retransfer, or "" for none."""
    if not actor.holds(Role.RELEASE_OFFICER):
        return ""
    if view.direction != MADE:
        return "consent" if view.state == FORWARDED else ""
    if view.state == CONSENTED and view.retransferred_at is None:
        return "retransfer"
    return "forward" if view.state == ASKED else ""


def _may_withdraw(actor: Actor, view: ThirdPartyView) -> bool:
    return view.direction != MADE and view.state == CONSENTED and actor.holds(Role.RELEASE_OFFICER)


def _answer(
    request: PageRequest, own: House, detail: ThirdPartyDetail, step: str, found: Verdict | None
) -> tuple[ReltoForm | None, str | None]:
    """The form of the step that waits for her, and the entry of what she decided with it."""
    actor, posted = request.actor, request.method == "POST"
    data = request.POST if posted else None
    if step == "forward":
        forward = ForwardForm(data)
        done = (
            attempted(forward, lambda said: verbs.forward_third_party(own, actor, detail.id, **said))
            if posted
            else None
        )
        return forward, done.entry if done is not None else None
    if step == "consent":
        consent = ConsentForm(data, asked=detail)
        done = attempted(consent, lambda said: _consent(own, actor, detail.id, consent, said)) if posted else None
        return consent, done.entry if done is not None else None
    if step == "retransfer" and found is not None and (posted or found.kind != "fails"):
        passing = decision_form(request, found, permit="retransfer", permit_words=_("Pass it on"), refusable=False)
        entry = None
        if posted:
            entry = decided(
                passing,
                lambda **said: retransfer(own, actor, detail.id, reason=said["reason"], accepts=said["accepts"]).entry,
            )
        return passing, entry
    return None, None


def _consent(own: House, actor: Actor, identity: str, form: ConsentForm, said: Mapping[str, Any]) -> ThirdPartyDetail:
    start, end = form.period
    return verbs.decide_third_party(
        own,
        actor,
        identity,
        outcome=said["outcome"],
        reason=said["reason"],
        valid_from=start,
        valid_until=end,
    )
