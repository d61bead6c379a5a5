"""How am I reminded? A calendar of due dates for any calendar program, and notices by mail; off until asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from relto.base.errors import NotAvailable
from relto.procedures.actors import Actor
from relto.services import notices
from relto.services.dossiers import feeds
from relto.web.deciding import attempted, status_of
from relto.web.forms import ReltoForm, a_text
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house
from relto.web.words import language, said

_MOST_KINDS = 20
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the brackets


class AddressForm(ReltoForm):
    """Where to be told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is suggested."""
        super().__init__(*args, **kwargs)
        words = said("reminders_page", "address"), said("reminders_page", "address_hint")
        field: forms.CharField = a_text(*words, _LONGEST_ADDRESS)
        field.widget = forms.EmailInput(attrs={"autocomplete": "email"})
        self.fields["address"] = field


@page(methods=("GET", "HEAD", "POST"))
def reminders(request: PageRequest) -> HttpResponse:
    """Which reminders does the person get, and how does she change that? A calendar address is shown once."""
    own, actor, spoken = house(), request.actor, language()
    what = request.POST.get("what", "") if request.method == "POST" else ""
    form = AddressForm(request.POST if what == "begin_mail" else None)

    def told(given: Mapping[str, Any]) -> bool:
        notices.begin_notices(own, actor, given["address"], spoken)
        return True

    url = ""
    if what == "open_calendar":
        url = f"{own.urls.portal}/{spoken}/calendar/{feeds.open_feed(own, actor, spoken)}.ics"
    elif what == "close_calendar":
        feeds.close_feed(own, actor)
    elif what == "end_mail":
        notices.end_notices(own, actor)
    elif what == "wish":
        daily = request.POST.get("daily") == "yes"
        notices.wish(own, actor, kinds=request.POST.getlist("kinds")[:_MOST_KINDS], daily=daily)
    elif what == "begin_mail":
        if attempted(form, told):
            return redirect("reminders")
    elif request.method == "POST":
        raise NotAvailable("page")
    if what in {"close_calendar", "end_mail", "wish"}:
        return redirect("reminders")
    context = {"url": url, "has_calendar": feeds.has_feed(actor), "form": form} | _wishes(actor)
    return show(request, "reminders", context, status=status_of(form))


def _wishes(actor: Actor) -> dict[str, Any]:
    """What she is told of, as the page's choices."""
    found = notices.wishes_of(actor)
    kinds = [(kind, said("reminders_page", f"kind_{kind}"), kind in found.kinds) for kind in notices.MAY_DECLINE]
    return {"told": found.told, "kinds": kinds, "daily": found.daily}
