"""Who is to hold which role of the authority? One person asks, a second one confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.procedures.actors import COMPANY_ROLES, Role
from relto.services import organisation, role_changes
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm, Select, one_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import said


class RoleChangeForm(ReltoForm):
    """Whose role, which, and whether it is given or taken."""

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        """`people`: pseudonym and name of those who work for the authority."""
        super().__init__(*args, **kwargs)
        self.fields["person"] = forms.ChoiceField(
            label=said("roles_page", "person"),
            choices=[("", said("proposal_form", "nothing_chosen")), *people],
            widget=Select,
        )
        roles = [(role.value, said("role", role)) for role in Role if role not in COMPANY_ROLES]
        self.fields["role"] = one_of(roles, said("roles_page", "role"))
        does = [(one, said("roles_page", one)) for one in role_changes.DOES]
        self.fields["does"] = one_of(does, said("roles_page", "does"))


@page(*role_changes.READERS, methods=("GET", "HEAD", "POST"))
def roles(request: PageRequest) -> HttpResponse:
    """What waits for a second person? Asks, confirms, declines."""
    own, actor = house(), request.actor
    asks = actor.holds(Role.REGISTRAR)
    people = organisation.people_of(own, actor) if asks else []
    names = [(one.pseudonym, f"{one.name} ({one.pseudonym})") for one in people if one.company is None]
    what, change = request.POST.get("what", ""), request.POST.get("change", "")[:64]
    form = RoleChangeForm(request.POST if what == "ask" else None, people=names)

    def ask(given: Mapping[str, Any]) -> bool:
        role_changes.ask_change(own, actor, person=given["person"], role=given["role"], does=given["does"])
        return True

    if what == "ask" and attempted(form, ask):
        return redirect("role_changes")
    if what in {"confirm", "decline"}:
        verb = role_changes.confirm_change if what == "confirm" else role_changes.decline_change
        verb(own, actor, change=change)
        return redirect("role_changes")
    if request.method == "POST" and what != "ask":
        raise NotAvailable("page")
    found = role_changes.changes(own, actor)
    context = {
        "waiting": [one for one in found if one.state == role_changes.WAITS],
        "decided": [one for one in found if one.state != role_changes.WAITS],
        "form": form if asks else None,
    }
    return show(request, "role_changes", context, status=status_of(form))
