"""A person's calendar of due dates, read by her calendar program: the address is the key, nobody signs in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.http import require_safe

from relto.adapters.calendar_feed import MEDIA_TYPE
from relto.base.errors import NotAvailable
from relto.services.dossiers.feeds import read_feed
from relto.web.surroundings import house


@require_safe
def calendar(_request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind an address; an unknown and an ended one look the same."""
    try:
        answer = HttpResponse(read_feed(house(), secret), content_type=MEDIA_TYPE)
    except NotAvailable:
        return HttpResponseNotFound(content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'attachment; filename="relto.ics"'
    return answer
