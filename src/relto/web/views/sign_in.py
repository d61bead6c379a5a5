"""Where am I signed in, and is it still me? Own sessions, and the page on which a decision's taker confirms herself."""

from __future__ import annotations

from typing import Final, cast

from allauth.account import views as allauth_views
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from relto.base.errors import NotAvailable
from relto.services import portal_sessions
from relto.store.models import Account
from relto.web.authentication import for_a_decision, may_enter
from relto.web.pages import PageRequest, page, show
from relto.web.session_limits import WARNED_BEFORE, idle_limit, longest, present_session
from relto.web.step_up import held
from relto.web.surroundings import house, identity_provider

_MOST_FIELDS: Final = 2000


@page(methods=("GET", "HEAD", "POST"))
def sessions(request: PageRequest) -> HttpResponse:
    """Where am I signed in? Ends one, or all but this one."""
    own, actor, present = house(), request.actor, present_session(request)
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what == "others":
            portal_sessions.end_others(own, actor, present=present)
        elif what == "one":
            portal_sessions.end_own(own, actor, session=request.POST.get("session", "")[:64])
        else:
            raise NotAvailable("page")
        return redirect("sessions")
    found = portal_sessions.own_sessions(own, actor, longest=longest(), idle=idle_limit(), present=present)
    return show(request, "sessions", {"sessions": found, "others": any(not one.mine for one in found)})


@page()
def step_up(request: PageRequest) -> HttpResponse:
    """Show that it is you; then what was written is sent by a button."""
    account = request.user
    if not isinstance(account, Account):
        raise NotAvailable("page")
    kept, entered = held(request), may_enter(request, account)
    if kept is None and entered:
        return redirect("home")
    confirmed = entered and (kept is None or for_a_decision(request, account) is not None)
    fields = QueryDict(kept["form"], mutable=False) if kept is not None else QueryDict("")
    types = _factors(account)
    back = "?" + urlencode({"next": reverse("step_up")})
    context = {
        "decision": kept is not None,
        "confirmed": confirmed,
        "path": kept["path"] if kept is not None else "",
        "fields": [(name, value) for name, values in fields.lists() for value in values][:_MOST_FIELDS],
        "provider": identity_provider() is not None,
        "totp": reverse("mfa_reauthenticate") + back if "totp" in types else "",
        "passkey": reverse("mfa_reauthenticate_webauthn") + back if "webauthn" in types else "",
    }
    return show(request, "step_up", context)


def confirm(request: HttpRequest) -> HttpResponseBase:
    """Before she changes how she signs in: by her second factor; by her password only while she has no other."""
    types = _factors(request.user) if isinstance(request.user, Account) else set()
    if types:
        name = "mfa_reauthenticate" if "totp" in types else "mfa_reauthenticate_webauthn"
        query = request.GET.urlencode()
        return redirect(reverse(name) + (f"?{query}" if query else ""))
    return cast("HttpResponseBase", allauth_views.reauthenticate(request))


def _factors(account: Account) -> set[str]:
    kinds = Authenticator.objects.filter(user_id=account.pk).values_list("type", flat=True)
    return {str(kind) for kind in kinds} & {"totp", "webauthn"}


@page()
def stay(request: PageRequest) -> HttpResponse:
    """Opening this page is use: the other ones stay signed in too."""
    return show(request, "stay")


def idle_sheet(request: HttpRequest) -> HttpResponse:
    """The style sheet that shows, two minutes before, that an unused session ends; a page needs no script for it."""
    del request
    after = int((idle_limit() - WARNED_BEFORE).total_seconds())
    text = (
        ".relto-idle { position: sticky; top: 0; z-index: 2; visibility: hidden; height: 0; overflow: hidden; "
        "background: var(--relto-needs-tint); border-bottom: 2px solid var(--relto-needs); "
        f"animation: relto-idle 1s step-end {after}s forwards; }}\n"
        "@keyframes relto-idle { to { visibility: visible; height: auto; } }\n"
        "@media print { .relto-idle { display: none; } }\n"
    )
    answer = HttpResponse(text, content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
