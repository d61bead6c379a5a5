"""The ledger: how it stands, its newest entries in codes and words, and its export for the inspector."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from relto.procedures.actors import Role
from relto.services.export import export_chunks
from relto.services.ledger import ledger_view, newest_visible
from relto.web.pages import PageRequest, page, show
from relto.web.receipts import receipt
from relto.web.surroundings import house, log_files


@page()
def ledger(request: PageRequest) -> HttpResponse:
    """Sizes, and the newest entries that she may see."""
    own, actor = house(), request.actor
    context = {
        "ledger": ledger_view(own, actor),
        "entries": newest_visible(own, actor),
        "receipt": receipt(request),
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
