"""The control register: what do we hold, what went where."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import Role
from relto.services.register import count, lines
from relto.web.long_lists import Counted, part_of
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.views.holdings import KEEPERS

_LINES = 50


@page(*KEEPERS, Role.GOVERNMENT_REPRESENTATIVE)
def register(request: PageRequest) -> HttpResponse:
    """The lines she may see, newest first; copies and custody only for those who keep them."""
    own, actor = house(), request.actor
    listed = Counted(count(actor), lambda first, most: lines(own, actor, first, most))
    part = part_of(request, listed, "lines", _LINES)
    context = {"lines": part.rows, "part": part, "keeps": bool(request.actor.roles.intersection(KEEPERS))}
    return show(request, "register", context)
