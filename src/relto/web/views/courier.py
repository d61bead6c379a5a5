"""What goes by courier, what came: bundles out and in, what waits, what has no receipt, and who had which medium."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from relto.base.errors import ReltoError
from relto.exchange.courier_file import MEDIA_TYPE
from relto.procedures.actors import Role
from relto.services.courier_making import bundle_stream, make_bundle
from relto.services.courier_view import MAKERS, READERS, courier_page
from relto.services.media import media_register
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house, log_files

_MOST_LINES = 20


@page(*READERS, methods=("GET", "HEAD", "POST"))
def courier(request: PageRequest) -> HttpResponseBase:
    """The lists; an operator makes the next bundle for a partner here."""
    own, actor = house(), request.actor
    problem, status = "", 200
    if request.method == "POST":
        actor.require(*MAKERS)
        try:
            made = make_bundle(own, actor, request.POST.get("partner", "")[:3], files=log_files())
        except ReltoError as error:
            problem, status = error.full_code, error.http_status
        else:
            return redirect(f"{reverse('courier')}#{made.partner}-{made.number}")
    context = {
        "view": courier_page(own, actor),
        "media": media_register(own, actor)[:_MOST_LINES],
        "may_make": actor.holds(Role.OPERATOR),
        "problem": problem,
    }
    return show(request, "courier", context, status=status)


@page(*MAKERS)
def bundle_file(request: PageRequest, partner: str, number: int) -> HttpResponse | StreamingHttpResponse:
    """A bundle that was made here, the same bytes each time."""
    size, chunks = bundle_stream(house(), request.actor, partner, number)
    answer = StreamingHttpResponse(chunks, content_type=MEDIA_TYPE)
    answer["Content-Length"] = str(size)
    answer["Content-Disposition"] = f'attachment; filename="courier-{house().nation}-{partner}-{number}.tar"'
    return answer
