"""The reading room: a document in the browser, page by page, where the operator allows its level; nothing is kept.

Each answer is made for one signed-in session and says so (Cache-Control: no-store). The picture of a page is drawn with
its reader and the time; the words on it stand beside it for those who do not see pictures.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation

from relto.adapters.words import error_sentence
from relto.base.errors import NotAvailable, Refused, ReltoError
from relto.procedures.actors import Role
from relto.services import items, reading_room
from relto.services.reading_room import Seat
from relto.web.pages import PageRequest, marked, page, show
from relto.web.session_limits import present_session
from relto.web.surroundings import house, readings

_READERS = (Role.ENGINEER, Role.SECURITY_OFFICER)


@page(*_READERS, methods=("GET", "HEAD", "POST"))
def read(request: PageRequest, item: str) -> HttpResponseBase:
    """May it be read here, and the button that opens it."""
    own, seat = house(), _seat(request)
    found = items.item(own, request.actor, item)
    is_on = reading_room.is_on(own, request.actor, item, seat)
    problem = ""
    if request.method == "POST":
        try:
            reading_room.begin(own, request.actor, item, seat)
        except Refused as error:
            reference = error.details.get("reference")
            if reference:
                return redirect("refusal", reference=str(reference))
            problem = _said(error)
        except ReltoError as error:
            if isinstance(error, NotAvailable):
                raise
            problem = _said(error)
        else:
            return redirect("read_page", item=item, number=1)
    context = {"item": found, "is_on": is_on, "problem": problem, **marked("item", item, found.banner)}
    return show(request, "read", context, status=400 if problem else 200)


@page(*_READERS)
def read_page(request: PageRequest, item: str, number: int) -> HttpResponseBase:
    """One page: its picture, its words, the way to the others, and the way out."""
    own, seat = house(), _seat(request)
    try:
        view = reading_room.reading(own, request.actor, item, seat)
    except Refused:
        return redirect("document", item=item)  # it says what is missing now, and who can supply it
    if not 1 <= number <= view.pages:
        raise NotAvailable("page")
    context = {
        "reading": view,
        "number": number,
        "before": number - 1,
        "after": number + 1 if number < view.pages else 0,
        "words": reading_room.words(own, request.actor, item, seat, number),
        "navigation": (),
        **marked("item", item, view.banner),
    }
    return show(request, "read_page", context)


@page(*_READERS)
def read_picture(request: PageRequest, item: str, number: int) -> HttpResponse:
    """The picture of a page."""
    drawn = reading_room.page(house(), request.actor, item, _seat(request), number)
    return HttpResponse(drawn, content_type="image/png")


@page(*_READERS, methods=("POST",))
def read_close(request: PageRequest, item: str) -> HttpResponseBase:
    """Close and lock."""
    reading_room.close(house(), item, _seat(request))
    return redirect("document", item=item)


def _said(error: ReltoError) -> str:
    return error_sentence(error, translation.get_language() or "en")


def _seat(request: PageRequest) -> Seat:
    return Seat(readings(), present_session(request))
