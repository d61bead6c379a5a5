"""What custodians recovered, as far as it was imported, and which records are overdue (promise 2)."""

from __future__ import annotations

from django.http import HttpResponse

from relto.procedures.actors import AUTHORITY_ROLES
from relto.services.custodian_records import recovery_book
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house


@page(*sorted(AUTHORITY_ROLES))
def recoveries(request: PageRequest) -> HttpResponse:
    """The records, newest first, and what the numbers of the custodians' keys show."""
    return show(request, "recoveries", {"book": recovery_book(house(), request.actor)})
