"""Assurances: whom do we vouch for, who is vouched for to us, until when."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import Role
from relto.services.assurances import list_assurances
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house


@page(Role.REGISTRAR)
def assurances(request: PageRequest) -> HttpResponse:
    """Given and received, newest word first."""
    found = list_assurances(house(), request.actor)
    given = [one for one in found if one.direction == "given"]
    return show(request, "assurances", {"given": given, "received": [one for one in found if one not in given]})
