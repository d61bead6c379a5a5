"""Programmes and who is assigned to them: need-to-know, given with a reason and ended with one."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor, Role
from relto.services import organisation
from relto.services import programmes as verbs
from relto.services.house import House
from relto.services.organisation import PersonView
from relto.services.programmes import ProgrammeView
from relto.web.deciding import attempted, status_of
from relto.web.ending_forms import ReasonForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house

_ASSIGNERS = (Role.REGISTRAR, Role.SECURITY_OFFICER)


@dataclass(frozen=True, slots=True)
class ProgrammeLines:
    """A programme with the people whom the actor may assign to it, each with whether she is assigned."""

    programme: ProgrammeView
    people: tuple[tuple[PersonView, bool], ...]


@page(*_ASSIGNERS)
def programmes(request: PageRequest) -> HttpResponse:
    """Who is assigned to what?"""
    own, actor = house(), request.actor
    people = [one for one in organisation.people_of(own, actor) if _assignable(actor, one)]
    lines = [
        ProgrammeLines(one, tuple((person, one.code in person.programmes) for person in people))
        for one in verbs.programmes(own, actor)
    ]
    return show(request, "programmes", {"lines": lines, "receipt": receipt(request)})


@page(*_ASSIGNERS, methods=("GET", "HEAD", "POST"))
def member(request: PageRequest, programme: str, person: str) -> HttpResponse:
    """What stops if I end her assignment, or what begins if I assign her? The answer first; the button under it."""
    own, actor = house(), request.actor
    found, her = _found(own, actor, programme, person)
    is_member = programme in her.programmes
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if request.POST.get("does") != ("end" if is_member else "assign"):
            # The page is older than what somebody else did meanwhile: look again before deciding.
            return redirect("member", programme=programme, person=person)
        verb = verbs.end_membership if is_member else verbs.assign_member
        done = attempted(form, lambda said: verb(own, actor, programme=programme, person=person, reason=said["reason"]))
        if done is not None:
            return redirect(f"{reverse('programmes')}?entry={done.entry}")
    context = {"programme": found, "person": her, "assigned": is_member, "form": form}
    return show(request, "member", context, status=status_of(form))


def assigned(own: House, actor: Actor, programme: str, person: str) -> bool | None:
    """Whether the person is assigned now; None when the page about it is not this actor's."""
    try:
        _programme, her = _found(own, actor, programme, person)
    except NotAvailable:
        return None
    return programme in her.programmes


def _found(own: House, actor: Actor, programme: str, person: str) -> tuple[ProgrammeView, PersonView]:
    """Raises NotAvailable for what the actor may not see, and for whom she may not assign."""
    found = next((one for one in verbs.programmes(own, actor) if one.code == programme), None)
    her = organisation.person(own, actor, person)
    if found is None or not _assignable(actor, her):
        raise NotAvailable("programme")
    return found, her


def _assignable(actor: Actor, one: PersonView) -> bool:
    """A company's people: those of an authority decide about releases, and read none."""
    return bool(one.company) and (actor.holds(Role.REGISTRAR) or one.company == actor.company)
