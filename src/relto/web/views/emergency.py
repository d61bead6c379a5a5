"""Who holds a role only because of an emergency? An operator asks, another person confirms, and everybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.procedures.actors import AUTHORITY_ROLES, Role
from relto.services import emergency_roles
from relto.services.texts import LONGEST_REASON
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm, a_text, one_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import said

_LONGEST_ID = 32


class EmergencyForm(ReltoForm):
    """For whom, which role, why, and for how many hours."""

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        """`longest`: the most hours that the node allows."""
        super().__init__(*args, **kwargs)
        words = {name: said("emergency_page", name) for name in ("person", "role", "reason", "hours")}
        self.fields["person"] = a_text(words["person"], "prs_…", _LONGEST_ID)
        roles = [(role.value, said("role", role)) for role in sorted(AUTHORITY_ROLES)]
        self.fields["role"] = one_of(roles, words["role"])
        self.fields["reason"] = a_text(words["reason"], longest=LONGEST_REASON, area=True)
        self.fields["hours"] = forms.IntegerField(label=words["hours"], min_value=1, max_value=longest)


@page(*emergency_roles.READERS, methods=("GET", "HEAD", "POST"))
def emergency(request: PageRequest) -> HttpResponse:
    """What was asked in an emergency, what stands, what is over. Asks, confirms, ends."""
    own, actor = house(), request.actor
    longest = int(getattr(settings, "RELTO_EMERGENCY_HOURS", emergency_roles.LONGEST_HOURS))
    what, which = request.POST.get("what", ""), request.POST.get("emergency", "")[:_LONGEST_ID]
    form = EmergencyForm(request.POST if what == "ask" else None, longest=longest)

    def ask(given: Mapping[str, Any]) -> bool:
        emergency_roles.ask(own, actor, **given, longest=longest)
        return True

    if what == "ask" and attempted(form, ask):
        return redirect("emergency")
    if what in {"confirm", "end"}:
        verb = emergency_roles.confirm if what == "confirm" else emergency_roles.end
        verb(own, actor, emergency=which)
        return redirect("emergency")
    if request.method == "POST" and what != "ask":
        raise NotAvailable("page")
    context = {
        "emergencies": emergency_roles.emergencies(own, actor),
        "me": actor.person,
        "form": form if actor.holds(Role.OPERATOR) else None,
    }
    return show(request, "emergency", context, status=status_of(form))
