"""The control register: what do we hold, what went where."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import Role
from relto.services.register import lines
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house


@page(Role.SECURITY_OFFICER, Role.RELEASE_OFFICER, Role.REGISTRAR, Role.INSPECTOR)
def register(request: PageRequest) -> HttpResponse:
    """The lines she may see, newest first."""
    return show(request, "register", {"lines": lines(house(), request.actor)})
