"""How long a session lasts: until it is idle, is too old, or was ended; and at once when its person is suspended.

The pages about an item ask who acts by themselves; those of the account are not ours, and would not. Each session has
a row of its own, which its holder sees in a list and can end; both limits are settings of the node.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from relto.procedures.authentication import said_of
from relto.services import portal_sessions
from relto.store.models import Account
from relto.web import known_browsers
from relto.web.authentication import shown_by
from relto.web.signed_in import is_suspended
from relto.web.surroundings import house

_LAST_SEEN: Final = "relto.last_seen"
_BEGUN: Final = "relto.begun"
_SESSION: Final = "relto.session"
_MINUTE: Final = 60
WARNED_BEFORE: Final = timedelta(minutes=2)
_Next = Callable[[HttpRequest], HttpResponseBase]


def _seconds(name: str) -> int:
    return int(getattr(settings, name, 0))


def idle_limit() -> timedelta:
    """How long a session may lie unused."""
    return timedelta(seconds=_seconds("RELTO_IDLE_SECONDS"))


def longest() -> timedelta:
    """How long a session lasts at most, used or not."""
    return timedelta(seconds=_seconds("RELTO_SESSION_SECONDS"))


def present_session(request: HttpRequest) -> str:
    """The id of this session; empty when nobody is signed in."""
    return str(request.session.get(_SESSION, ""))


def listen() -> None:
    """Begin, renew and leave sessions as people sign in, confirm and sign out; called once when the portal starts."""
    user_logged_in.connect(_signed_in, dispatch_uid="relto.session.begun")
    user_logged_out.connect(_signed_out, dispatch_uid="relto.session.left")
    authentication_step_completed.connect(_confirmed, dispatch_uid="relto.session.confirmed")


class SessionLimits:
    """Middleware: a session over its limits, ended, or of a suspended person is no session."""

    def __init__(self, get_response: _Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Sign out or note the time, then answer. The time is written at most once a minute."""
        if isinstance(request.user, Account):
            now = int(time.time())
            last = request.session.get(_LAST_SEEN, 0)
            if _is_over(request, request.user, now):
                logout(request)
            elif now - last >= _MINUTE:
                request.session[_LAST_SEEN] = now
                portal_sessions.touch(house(), present_session(request))
        was_in = isinstance(request.user, Account)
        response = self.get_response(request)
        if was_in and not isinstance(request.user, Account):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        known_browsers.remember(request, response)
        return response


def _is_over(request: HttpRequest, account: Account, now: int) -> bool:
    idle = now - request.session.get(_LAST_SEEN, 0) > idle_limit().total_seconds()
    old = now - request.session.get(_BEGUN, 0) > longest().total_seconds()
    return idle or old or not portal_sessions.stands(present_session(request), account) or is_suspended(request)


def _signed_in(*, request: HttpRequest, user: Account, **_: object) -> None:
    now = int(time.time())
    request.session[_BEGUN] = request.session[_LAST_SEEN] = now
    how, new = said_of(shown_by(request, user)), not known_browsers.is_known(request, user)
    request.session[_SESSION] = portal_sessions.begin_session(house(), user, how, in_new_browser=new)


def _confirmed(*, request: HttpRequest, user: Account, **_: object) -> None:
    """She showed herself anew in a session that stands: its cookie of before is worth nothing from now on."""
    if isinstance(request.user, Account) and request.user.pk == user.pk:
        request.session.cycle_key()


def _signed_out(*, request: HttpRequest, **_: object) -> None:
    if session := present_session(request):
        portal_sessions.leave(house(), session)
