"""Facilities and people of the nation: who is cleared, who is suspended; suspending with its consequences before it."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import NotAvailable
from relto.base.instants import Instant
from relto.procedures.actors import Actor, Role
from relto.procedures.assurance import SUSPENDED
from relto.services import organisation, portal_sessions, suspensions
from relto.services.affected import Affected, AffectedAssurance
from relto.services.assurances import list_assurances
from relto.services.house import House
from relto.services.portal_sessions import SessionView
from relto.web.deciding import attempted, status_of
from relto.web.ending_forms import ReasonForm
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.session_limits import idle_limit, longest
from relto.web.surroundings import house

KINDS = ("facility", "person")


@page(Role.REGISTRAR)
def people(request: PageRequest) -> HttpResponse:
    """Who is cleared here, and who is suspended?"""
    own, actor = house(), request.actor
    context = {"facilities": organisation.facilities(own, actor), "people": organisation.people_of(own, actor)}
    return show(request, "people", context)


@page(Role.REGISTRAR, methods=("GET", "HEAD", "POST"))
def standing(request: PageRequest, kind: str, subject: str) -> HttpResponse:
    """What stops if I suspend it, or what starts again if I reinstate? The answer first; the button under it."""
    own, actor = house(), request.actor
    if kind not in KINDS:
        raise NotAvailable("subject")
    since, name = _found(own, actor, kind, subject)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        verb = suspensions.suspend if since is None else suspensions.reinstate
        wanted = request.POST.get("does")
        if wanted == "end_sessions" and kind == "person":
            ended = portal_sessions.end_all(own, actor, person=subject)
            return redirect(f"{reverse('subject', args=[kind, subject])}?entry={ended.entry}")
        if wanted != ("suspend" if since is None else "reinstate"):
            # The page is older than what another registrar did meanwhile: look again before deciding.
            return redirect("subject", kind=kind, subject=subject)
        done = attempted(form, lambda said: verb(own, actor, kind=kind, subject=subject, reason=said["reason"]))
        if done is not None:
            return redirect(f"{reverse('subject', args=[kind, subject])}?entry={done.entry}")
    context = {
        "kind": kind,
        "subject": subject,
        "name": name,
        "since": since,
        "affected": _cut(own, actor, kind, subject, suspended=since is not None),
        "herself": subject == actor.person,
        "sessions": _sessions(own, actor, kind, subject),
        "form": form,
        "receipt": receipt(request),
    }
    return show(request, "subject", context, status=status_of(form))


def _sessions(own: House, actor: Actor, kind: str, subject: str) -> list[SessionView]:
    """Where a person is signed in; of a facility nothing."""
    if kind != "person":
        return []
    return portal_sessions.sessions_of(own, actor, person=subject, longest=longest(), idle=idle_limit())


def _found(own: House, actor: Actor, kind: str, subject: str) -> tuple[Instant | None, str]:
    """Since when it is suspended, and a person's name. Raises NotAvailable("subject")."""
    if kind == "facility":
        place = next((one for one in organisation.facilities(own, actor) if one.code == subject), None)
        if place is not None:
            return place.suspended_at, ""
    else:
        person = next((one for one in organisation.people_of(own, actor) if one.pseudonym == subject), None)
        if person is not None:
            return person.suspended_at, person.name
    raise NotAvailable("subject")


def _cut(own: House, actor: Actor, kind: str, subject: str, *, suspended: bool) -> Affected:
    """What a suspension would cut; of a standing one what it cut, its suspended assurances included."""
    found = suspensions.consequences(own, actor, kind=kind, subject=subject)
    if not suspended:
        return found
    people = {one.pseudonym for one in found.people}
    held = tuple(
        AffectedAssurance(one.id, one.recipient, one.subject_kind, one.subject)
        for one in list_assurances(own, actor, "given", SUSPENDED)
        if one.governs
        if one.subject == subject or (one.subject_kind == "person" and one.subject in people)
    )
    return replace(found, assurances=held)
