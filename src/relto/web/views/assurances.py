"""Assurances: whom do we vouch for, who is vouched for to us, until when; giving, renewing and revoking our word."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import NotAvailable, Refused, ReltoError, Unreachable
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import REVOKED
from relto.services import active_bundle, organisation
from relto.services import assurances as verbs
from relto.services.house import House
from relto.services.organisation import FacilityView, PersonView
from relto.web.office_forms import AssuranceForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house


@page(Role.REGISTRAR, methods=("GET", "HEAD", "POST"))
def assurances(request: PageRequest) -> HttpResponse:
    """Given and received, newest word first, and a form to give one."""
    own, actor = house(), request.actor
    form = _form(request, own, actor)
    if request.method == "POST" and form is not None and form.is_valid():
        kind, subject = form.subject
        try:
            given = verbs.give_assurance(
                own,
                actor,
                subject_kind=kind,
                subject=subject,
                recipient=form.cleaned_data["recipient"],
                valid_until=form.valid_until,
            )
        except (Unreachable, Refused):
            raise
        except ReltoError as error:
            form.take_error(error, error_sentence(error, translation.get_language() or "en"))
        else:
            return redirect(f"{reverse('assurances')}?entry={given.entry}")
    found = verbs.list_assurances(own, actor)
    given_ones = [one for one in found if one.direction == "given"]
    context = {
        "given": given_ones,
        "received": [one for one in found if one.direction != "given"],
        "form": form,
        "receipt": receipt(request),
    }
    return show(request, "assurances", context, status=422 if form is not None and form.is_bound else 200)


@page(Role.REGISTRAR, methods=("POST",))
def renew(request: PageRequest, assurance: str) -> HttpResponse:
    """Confirm an assurance as of now."""
    renewed = verbs.renew_assurance(house(), request.actor, assurance=assurance)
    return redirect(f"{reverse('assurances')}?entry={renewed.entry}")


@page(Role.REGISTRAR, methods=("GET", "HEAD", "POST"))
def revoke(request: PageRequest, assurance: str) -> HttpResponse:
    """What stops if I revoke? The consequence first; the button stands under it."""
    own, actor = house(), request.actor
    if request.method == "POST":
        revoked = verbs.revoke_assurance(own, actor, assurance=assurance)
        return redirect(f"{reverse('assurances')}?entry={revoked.entry}")
    found = next((one for one in verbs.list_assurances(own, actor) if one.id == assurance), None)
    if found is None or found.direction != "given" or found.status == REVOKED:
        raise NotAvailable("assurance")
    return show(request, "revoke", {"one": found})


def _form(request: PageRequest, own: House, actor: Actor) -> AssuranceForm | None:
    """None before there is an agreement, and so a partner to vouch to."""
    try:
        parties = active_bundle.active(own).parties
    except ReltoError:
        return None
    return AssuranceForm(
        request.POST if request.method == "POST" else None,
        facilities=[one for one in organisation.facilities(own, actor) if _cleared_facility(own, one)],
        people=[one for one in organisation.people_of(own, actor) if _cleared_person(own, one)],
        partners=sorted(set(parties) - {own.nation}),
    )


def _cleared_facility(own: House, one: FacilityView) -> bool:
    return one.suspended_at is None and bool(one.level) and one.valid_until > own.now()


def _cleared_person(own: House, one: PersonView) -> bool:
    cleared = bool(one.clearance_level and one.facility) and one.suspended_at is None
    return cleared and one.valid_until is not None and one.valid_until > own.now()
