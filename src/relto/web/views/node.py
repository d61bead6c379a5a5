"""How the node stands: ready, not compared since its start, or in quarantine; why, and what is lost."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import Role
from relto.services.ledger_alarm import newest_check
from relto.services.quarantine import standing_view
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house

_SEE_MESSAGES = frozenset({Role.OPERATOR, Role.INSPECTOR, Role.RELEASE_OFFICER, Role.REGISTRAR})


@page()
def node(request: PageRequest) -> HttpResponse:
    """May this node sign and release now? Codes and counts; no content."""
    context = {
        "view": standing_view(house()),
        "messages": bool(_SEE_MESSAGES & request.actor.roles),
        "check": newest_check(),
    }
    return show(request, "node", context)
