"""The ledger: how it stands, its newest entries in codes and words, and its export for the inspector."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from relto.base.errors import NotAvailable
from relto.procedures.actors import AUTHORITY_ROLES, Actor, Role
from relto.services.export import export_chunks
from relto.services.house import House
from relto.services.ledger import EntryView, entry_state, ledger_view
from relto.store.models import LedgerEntry
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house, log_files

_SHOWN = 20


@page()
def ledger(request: PageRequest) -> HttpResponse:
    """Sizes, and the newest entries that she may see."""
    own, actor = house(), request.actor
    context = {
        "ledger": ledger_view(own, actor),
        "entries": _newest(own, actor),
        "may_export": actor.holds(Role.INSPECTOR),
    }
    return show(request, "ledger", context)


@page(Role.INSPECTOR)
def export(request: PageRequest) -> HttpResponseBase:
    """The tar stream that `relto verify` reads."""
    files = log_files()
    chunks = export_chunks(house(), request.actor, files)
    response = StreamingHttpResponse(chunks, content_type="application/x-tar")
    response["Content-Disposition"] = f'attachment; filename="ledger-{house().nation.lower()}.tar"'
    return response


def _newest(own: House, actor: Actor) -> list[EntryView]:
    """The newest entries that she may see; `entry_state` looks at her scope again for each."""
    scope = Q(actor=actor.person)
    if actor.roles & (AUTHORITY_ROLES | {Role.OPERATOR}):
        scope = Q()
    elif actor.holds(Role.SECURITY_OFFICER) and actor.company:
        scope |= Q(company=actor.company)
    found = []
    for entry in LedgerEntry.objects.filter(scope).order_by("-serial").values_list("entry", flat=True)[:_SHOWN]:
        try:
            found.append(entry_state(own, actor, entry))
        except NotAvailable:
            continue
    return found
