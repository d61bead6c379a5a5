"""Coming in and going out: the front door, the first page of a role, the account, and training nodes' sign-in links."""

from __future__ import annotations

from typing import cast

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from relto.base.errors import NotAuthenticated, Refused
from relto.procedures.authentication import Method
from relto.services.role_changes import READERS
from relto.services.sign_in_links import redeem
from relto.store.models import Account
from relto.web.authentication import record
from relto.web.failures import not_available
from relto.web.frame import navigation
from relto.web.pages import PageRequest, page, show
from relto.web.surroundings import house


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """To the language of the account, or of the browser."""
    language = translation.get_language() or "en"
    if isinstance(request.user, Account) and request.user.language in dict(settings.LANGUAGES):
        language = request.user.language
    return HttpResponseRedirect(f"/{language}/")


@page()
def home(request: PageRequest) -> HttpResponse:
    """To the first page of her role."""
    places = navigation(request.actor)
    return redirect(places[0][0] if places else "account")


@page()
def account(request: PageRequest) -> HttpResponse:
    """Who is signed in, as what, and how."""
    return show(request, "account", {"sees_roles": bool(request.actor.roles.intersection(READERS))})


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """A page with one button: fetching a link ahead of a click does not use it up. Training nodes only."""
    own = house()
    if own.kind != "training":
        return not_available(request)
    if request.method != "POST":
        return show(request, "sign_in_link")
    try:
        found = Account.objects.get(pk=redeem(own, token))
    except (NotAuthenticated, Refused, Account.DoesNotExist):
        return show(request, "sign_in_link", {"used": True}, status=401)
    record(request, found, Method.TRAINING)
    with translation.override(found.language):
        return cast(
            "HttpResponseBase",
            perform_login(request, Login(user=found, redirect_url=f"/{found.language}/")),
        )
