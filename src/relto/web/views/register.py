"""The control register: what do we hold, what went where."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import Role
from relto.services.register import lines
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.views.holdings import KEEPERS


@page(*KEEPERS, Role.GOVERNMENT_REPRESENTATIVE)
def register(request: PageRequest) -> HttpResponse:
    """The lines she may see, newest first; copies and custody only for those who keep them."""
    context = {"lines": lines(house(), request.actor), "keeps": bool(request.actor.roles.intersection(KEEPERS))}
    return show(request, "register", context)
