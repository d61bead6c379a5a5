"""Documents: what may I open, and why not; the sealed container for opening on one's own machine."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from relto.base.errors import NotAvailable
from relto.procedures.actors import Role
from relto.services import items
from relto.services.ledger import entries_for
from relto.services.opening_history import last_opening
from relto.services.openings import may_open
from relto.web.pages import PageRequest, marked, page, show
from relto.web.receipts import receipt
from relto.web.refusal import missing_things
from relto.web.surroundings import house

_READERS = (Role.ENGINEER, Role.SECURITY_OFFICER)


@page(*_READERS)
def mine(request: PageRequest) -> HttpResponse:
    """The documents she may know of."""
    return show(request, "documents", {"items": items.my_items(house(), request.actor)})


@page(*_READERS)
def may_it_open(request: PageRequest, item: str) -> HttpResponse:
    """May I open it: the gates as they stand, or what is missing and who can supply it."""
    own, actor = house(), request.actor
    answer = may_open(own, actor, item)
    missing = missing_things(answer.gates, answer.bundle_version)
    context = {"answer": answer, "missing": missing}
    try:
        found = items.item(own, actor, item)
    except NotAvailable:
        # A colleague gave her the number: she learns what is missing, and nothing about the document.
        if answer.permitted or not missing:
            raise
        return show(request, "refused", {**context, "sentence": missing[0].sentence, "item_id": item}, status=403)
    context |= {
        "item": found,
        "last": last_opening(own, actor, item),
        "entries": entries_for(own, actor, item),
        "receipt": receipt(request),
        "may_ask_release": actor.holds(Role.SECURITY_OFFICER)
        and found.held_as == "own"
        and found.state == "registered",
    }
    return show(request, "document", {**context, **marked("item", item, found.banner)})


@page(*_READERS)
def download(request: PageRequest, item: str) -> HttpResponseBase:
    """The sealed container: ciphertext, opened on her own machine."""
    found = items.container(house(), request.actor, item)
    response = StreamingHttpResponse(found.chunks, content_type="application/octet-stream")
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}"
    return response
