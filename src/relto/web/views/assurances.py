"""Assurances: whom do we vouch for, who is vouched for to us, until when; giving, renewing and revoking our word."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable, ReltoError
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import REVOKED
from relto.services import active_bundle, organisation
from relto.services import assurances as verbs
from relto.services.affected import affected_by_assurance
from relto.services.house import House
from relto.services.organisation import FacilityView, PersonView
from relto.web.deciding import attempted, status_of
from relto.web.long_lists import Counted, part_of
from relto.web.office_forms import AssuranceForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house


@page(Role.REGISTRAR, methods=("GET", "HEAD", "POST"))
def assurances(request: PageRequest) -> HttpResponse:
    """Given and received, newest word first, and a form to give one."""
    own, actor = house(), request.actor
    form = _form(request, own, actor)
    if request.method == "POST" and form is not None:
        given = attempted(form, lambda said: _give(own, actor, form, said["recipient"]))
        if given is not None:
            return redirect(f"{reverse('assurances')}?entry={given.entry}")
    context = {
        "given": part_of(request, _of(own, actor, "given"), "given"),
        "received": part_of(request, _of(own, actor, "received"), "received"),
        "form": form,
        "receipt": receipt(request),
    }
    return show(request, "assurances", context, status=status_of(form))


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
    found = verbs.one_assurance(own, actor, assurance)
    if found.direction != "given" or found.status == REVOKED:
        raise NotAvailable("assurance")
    return show(request, "revoke", {"one": found})


@page(Role.REGISTRAR, Role.RELEASE_OFFICER)
def affected(request: PageRequest, assurance: str) -> HttpResponse:
    """Which own releases rest on a word of the partner: those that stay closed while it does not hold."""
    own, actor = house(), request.actor
    cut = affected_by_assurance(own, actor, assurance)
    found = verbs.one_assurance(own, actor, assurance)
    return show(request, "affected", {"one": found, "affected": cut, "desk": actor.holds(Role.RELEASE_OFFICER)})


def _of(own: House, actor: Actor, direction: str) -> Counted[verbs.AssuranceView]:
    """Those of a direction, of which only the lines that are shown are read."""
    return Counted(
        verbs.assurance_count(own, actor, direction),
        lambda first, most: verbs.list_assurances(own, actor, direction, first=first, most=most),
    )


def _give(own: House, actor: Actor, form: AssuranceForm, recipient: str) -> verbs.AssuranceView:
    kind, subject = form.subject
    return verbs.give_assurance(
        own, actor, subject_kind=kind, subject=subject, recipient=recipient, valid_until=form.valid_until
    )


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
