"""At the nation's own provider: there and back. It says who she is; her roles are this node's own."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from relto.base.errors import NotAuthenticated, NotVerified, Unreachable
from relto.base.instants import instant_text, read_instant
from relto.ports.identity import Asked
from relto.procedures.authentication import Method
from relto.services.actors import actor_of_person
from relto.services.openid_sign_in import (
    Answered,
    answered,
    ask,
    note_provider_session,
    redirect_uri,
    sign_out_everywhere,
)
from relto.store.models import Account
from relto.web.authentication import record
from relto.web.failures import not_available
from relto.web.pages import show
from relto.web.session_limits import present_session
from relto.web.surroundings import house, identity_provider

_LOG = logging.getLogger(__name__)
_ASKED: Final = "relto.provider"


@require_POST
def begin(request: HttpRequest) -> HttpResponseBase:
    """To the provider; `confirm` in the form: she shows herself there anew, for a decision.

    Only her own press of a button begins it: another site could send her browser to an address, and a provider that
    knows her would sign her in without a word. A page leads on, because a form may be answered by this portal alone
    (`form-action`), and browsers hold redirects to that too.
    """
    own, provider = house(), identity_provider()
    if provider is None:
        return not_available(request)
    confirming = "confirm" in request.POST and isinstance(request.user, Account)
    asked = ask(own, confirming=confirming)
    try:
        address = provider.address(asked, redirect_uri=redirect_uri(own))
    except (Unreachable, NotVerified):
        return _not_now(request)
    request.session[_ASKED] = {
        "state": asked.state,
        "nonce": asked.nonce,
        "verifier": asked.verifier,
        "confirming": "" if asked.confirming is None else instant_text(asked.confirming),
        "language": translation.get_language() or "en",
        "next": _own_path(request.POST.get("next", "")),
    }
    answer = show(request, "provider", {"why": "leaving", "address": address})
    answer["Refresh"] = f"0;url={address}"
    return answer


@require_safe
def callback(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider: signed in, confirmed, or told why not. An answer is taken once."""
    provider, kept = identity_provider(), request.session.pop(_ASKED, None)
    if provider is None:
        return not_available(request)
    with translation.override(kept["language"] if kept else translation.get_language()):
        if kept is None:
            return _refused(request, "stale")
        said = request.GET
        try:
            found = answered(
                house(),
                provider,
                _asked(kept),
                state=said.get("state", ""),
                code="" if "error" in said else said.get("code", ""),
                issuer=said.get("iss"),
            )
            if found.account is None:
                return _refused(request, "unknown", found.code)
            actor_of_person(house(), found.account.person_id)
        except (Unreachable, NotVerified):
            return _not_now(request)
        except NotAuthenticated:
            return _refused(request, "refused")
        return _signed_in(request, found.account, found, kept)


@csrf_exempt
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """The provider itself says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0 section 2.5).

    No cookie and no person is behind it: the token alone counts, and no other site can make one.
    """
    own, provider = house(), identity_provider()
    if provider is None:
        return not_available(request)
    token = request.POST.get("logout_token", "")
    try:
        sign_out_everywhere(own, provider, token=token)
    except Unreachable:
        return JsonResponse({"error": "temporarily_unavailable"}, status=503)
    except (NotVerified, NotAuthenticated):
        _LOG.warning("sign_in.failed oidc logout")
        return JsonResponse({"error": "invalid_request"}, status=400)
    return HttpResponse(status=200, content_type="text/plain; charset=utf-8")


def _signed_in(request: HttpRequest, account: Account, found: Answered, kept: dict[str, Any]) -> HttpResponseBase:
    present = request.user
    if kept["confirming"]:
        if not isinstance(present, Account) or present.pk != account.pk:
            return _refused(request, "other")
        record(request, account, Method.OIDC)
        note_provider_session(present_session(request), found)  # its own may be a new one: a sign-out names that
        return redirect("step_up")
    if isinstance(present, Account):
        logout(request)
    record(request, account, Method.OIDC)
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    note_provider_session(present_session(request), found)
    return HttpResponseRedirect(kept["next"] or reverse("home"))


def _asked(kept: dict[str, Any]) -> Asked:
    since = read_instant(kept["confirming"], field="confirming") if kept["confirming"] else None
    return Asked(kept["state"], kept["nonce"], kept["verifier"], since)


def _own_path(path: str) -> str:
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def _refused(request: HttpRequest, why: str, code: str = "") -> HttpResponse:
    _LOG.warning("sign_in.failed oidc %s", why)
    return show(request, "provider", {"why": why, "code": code}, status=401)


def _not_now(request: HttpRequest) -> HttpResponse:
    return show(request, "provider", {"why": "away", "code": ""}, status=503)
